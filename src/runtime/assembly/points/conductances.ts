import { exp } from "./exp";
import { append, bits, flush, neuronAt, parameter } from "./lanes";

/**
 * One step of leaky integrate-and-fire neurons with exponential conductances, by exponential Euler: with the
 * conductances of the start of the step, g = g_L + gₑ + gᵢ and v∞ = (I + gₑ Eₑ + gᵢ Eᵢ) / g,
 *
 *   v ← v∞ + (v − v∞) exp(−g h / C),   gₑ ← aₑ gₑ,   gᵢ ← aᵢ gᵢ,   fires where v > θ.
 *
 * v of held (refractory) neurons stays.
 *
 * @param state regions v, gₑ, gᵢ, `bytes` apart
 * @param from first byte of every region that moves, on a boundary of 64; `to` is the first that does not
 * @param parameters g_L, I = g_L E_L + the current from outside, Eₑ, Eᵢ, −h / C, aₑ, aᵢ, θ (see lanes.ts)
 * @param held a region of masks
 * @returns how many fire
 */
export function stepConductances<T>(
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
    const g = v128.add<T>(v128.add<T>(parameter(parameters, 0, stride, mask, at), e), i);
    let current = parameter(parameters, 1, stride, mask, at);
    current = v128.add<T>(current, v128.mul<T>(e, parameter(parameters, 2, stride, mask, at)));
    current = v128.add<T>(current, v128.mul<T>(i, parameter(parameters, 3, stride, mask, at)));
    const goal = v128.div<T>(current, g);
    const kept = exp<T>(v128.mul<T>(g, parameter(parameters, 4, stride, mask, at)));
    const moved = v128.add<T>(goal, v128.mul<T>(v128.sub<T>(v, goal), kept));
    v128.store(state + at, v128.bitselect(v, moved, hold));
    v128.store(state + bytes + at, flush<T>(v128.mul<T>(parameter(parameters, 5, stride, mask, at), e)));
    v128.store(state + 2 * bytes + at, flush<T>(v128.mul<T>(parameter(parameters, 6, stride, mask, at), i)));
    const fire = v128.andnot(v128.gt<T>(moved, parameter(parameters, 7, stride, mask, at)), hold);
    if (v128.any_true(fire)) end = append(bits<T>(fire), neuronAt<T>(at), end);
  }
  return <i32>((end - spikes) >> 2);
}
