import { append, bits, neuronAt } from "./lanes";

/**
 * Leaky integrate-and-fire neurons whose input is the sum of two exponentially decaying currents,
 *
 *   τ dv/dt = −v + e + i,   τₑ de/dt = −e,   τᵢ di/dt = −i     (v from rest),
 *
 * in the coordinates in which nothing moves between inputs: u = v + κₑ e + κᵢ i decays with τ alone when
 * κ = τₛ / (τ − τₛ). Kept are U = u / s, E = e / sₑ, I = i / sᵢ, where every s has decayed since a common start; a step
 * multiplies three numbers, s, and looks for
 *
 *   v = s U − κₑ sₑ E − κᵢ sᵢ I > θ.
 *
 * Neurons that are refractory have U far below zero. Looking writes nothing, so that a step reads 3 numbers a neuron
 * where the usual update reads and writes 4.
 *
 * @param decayed s
 * @param excited κₑ sₑ
 * @param inhibited κᵢ sᵢ
 * @param threshold θ from rest: one number in 16 bytes (mask 0), or a region (mask all ones)
 * @param spikes where the numbers of the neurons that fire are written, in order
 * @returns how many fire
 */
export function findModal<T>(
  membrane: usize,
  excitation: usize,
  inhibition: usize,
  bytes: usize,
  decayed: T,
  excited: T,
  inhibited: T,
  threshold: usize,
  mask: usize,
  spikes: usize,
): i32 {
  const s = v128.splat<T>(decayed);
  const e = v128.splat<T>(excited);
  const i = v128.splat<T>(inhibited);
  let end = spikes;
  for (let at: usize = 0; at < bytes; at += 64) {
    const above0 = above<T>(membrane, excitation, inhibition, s, e, i, threshold, mask, at);
    const above1 = above<T>(membrane, excitation, inhibition, s, e, i, threshold, mask, at + 16);
    const above2 = above<T>(membrane, excitation, inhibition, s, e, i, threshold, mask, at + 32);
    const above3 = above<T>(membrane, excitation, inhibition, s, e, i, threshold, mask, at + 48);
    if (v128.any_true(v128.or(v128.or(above0, above1), v128.or(above2, above3)))) {
      const lanes = <i32>(16 / sizeof<T>());
      const first = neuronAt<T>(at);
      end = append(bits<T>(above0), first, end);
      end = append(bits<T>(above1), first + lanes, end);
      end = append(bits<T>(above2), first + 2 * lanes, end);
      end = append(bits<T>(above3), first + 3 * lanes, end);
    }
  }
  return <i32>((end - spikes) >> 2);
}

function above<T>(
  membrane: usize,
  excitation: usize,
  inhibition: usize,
  s: v128,
  e: v128,
  i: v128,
  threshold: usize,
  mask: usize,
  at: usize,
): v128 {
  const u = v128.mul<T>(s, v128.load(membrane + at));
  const pushed = v128.sub<T>(u, v128.mul<T>(e, v128.load(excitation + at)));
  const v = v128.sub<T>(pushed, v128.mul<T>(i, v128.load(inhibition + at)));
  return v128.gt<T>(v, v128.load(threshold + (at & mask)));
}

/** findModal for neurons without currents, whose inputs are jumps of the potential: v = s U > θ. */
export function findDecaying<T>(
  membrane: usize,
  bytes: usize,
  decayed: T,
  threshold: usize,
  mask: usize,
  spikes: usize,
): i32 {
  const s = v128.splat<T>(decayed);
  let end = spikes;
  for (let at: usize = 0; at < bytes; at += 16) {
    const v = v128.mul<T>(s, v128.load(membrane + at));
    const fire = v128.gt<T>(v, v128.load(threshold + (at & mask)));
    if (v128.any_true(fire)) end = append(bits<T>(fire), neuronAt<T>(at), end);
  }
  return <i32>((end - spikes) >> 2);
}
