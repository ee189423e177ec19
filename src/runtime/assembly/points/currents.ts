import { append, bits, flush, neuronAt, parameter } from "./lanes";

/**
 * One step of leaky integrate-and-fire neurons with exponential currents, solved exactly: with v from rest,
 *
 *   v ← a v + kₑ e + kᵢ i,   e ← aₑ e,   i ← aᵢ i,   fires where v > θ.
 *
 * v of held (refractory) neurons stays.
 *
 * @param state regions v, e, i, `bytes` apart
 * @param from first byte of every region that moves, on a boundary of 64; `to` is the first that does not
 * @param parameters a, kₑ, kᵢ, aₑ, aᵢ, θ (see lanes.ts)
 * @param held a region of masks
 * @returns how many fire
 */
export function stepCurrents<T>(
  state: usize,
  bytes: usize,
  from: usize,
  to: usize,
  parameters: usize,
  stride: usize,
  mask: usize,
  held: usize,
  spikes: usize,
): i32 {
  let end = spikes;
  for (let at = from; at < to; at += 16) {
    const v = v128.load(state + at);
    const e = v128.load(state + bytes + at);
    const i = v128.load(state + 2 * bytes + at);
    const hold = v128.load(held + at);
    const leaked = v128.mul<T>(parameter(parameters, 0, stride, mask, at), v);
    const pushed = v128.add<T>(leaked, v128.mul<T>(parameter(parameters, 1, stride, mask, at), e));
    const moved = v128.add<T>(pushed, v128.mul<T>(parameter(parameters, 2, stride, mask, at), i));
    v128.store(state + at, v128.bitselect(v, moved, hold));
    v128.store(state + bytes + at, flush<T>(v128.mul<T>(parameter(parameters, 3, stride, mask, at), e)));
    v128.store(state + 2 * bytes + at, flush<T>(v128.mul<T>(parameter(parameters, 4, stride, mask, at), i)));
    const fire = v128.andnot(v128.gt<T>(moved, parameter(parameters, 5, stride, mask, at)), hold);
    if (v128.any_true(fire)) end = append(bits<T>(fire), neuronAt<T>(at), end);
  }
  return <i32>((end - spikes) >> 2);
}
