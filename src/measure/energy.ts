import { StriateError } from "../error.ts";

export type Precision = "fp32" | "fp16" | "int8";

/**
 * Picojoules of one multiply-accumulate and of one accumulate in 45 nm CMOS at 0.9 V (Horowitz, ISSCC 2014, "Computing's
 * energy problem"): an accumulate is one addition, a multiply-accumulate an addition and a multiplication.
 */
export const PICOJOULES: Readonly<Record<Precision, { readonly mac: number; readonly ac: number }>> = {
  fp32: { mac: 4.6, ac: 0.9 },
  fp16: { mac: 1.5, ac: 0.4 },
  int8: { mac: 0.23, ac: 0.03 },
};

export interface Operations {
  /** Multiply-accumulates, for each image. */
  readonly macs: number;
  /** Accumulates, for each image. */
  readonly acs: number;
}

/** Estimated energy of the arithmetic of one image, in nanojoules; `energyCaveats` says what it leaves out. */
export function energyNanojoules({ macs, acs }: Operations, precision: Precision = "fp32"): number {
  const energy = PICOJOULES[precision];
  if (energy === undefined) {
    throw new StriateError(
      `the precision "${precision}" is not known, expected ${Object.keys(PICOJOULES).join(", ")}`,
    );
  }
  for (const [name, count] of Object.entries({ macs, acs })) {
    if (!(Number.isFinite(count) && count >= 0))
      throw new StriateError(`${name} is ${count}, expected a count of operations`);
  }
  return (macs * energy.mac + acs * energy.ac) / 1000;
}

/** What the energy estimate rests on and leaves out, a sentence each: to be printed wherever the estimate is. */
export const energyCaveats: readonly string[] = [
  "The estimate is operations times the energy of one operation in 45 nm CMOS (Horowitz, ISSCC 2014): 4.6 pJ for a 32-bit floating-point multiply–accumulate, 0.9 pJ for an accumulate. Nothing was measured on a chip.",
  "It counts synaptic operations only. Updates of membrane potentials, thresholds, resets, biases and pooling are left out.",
  "It leaves out memory: reading weights, keeping membrane potentials over the steps, and moving and addressing spikes, which often cost more than the arithmetic.",
  "Most papers on spiking networks count accumulates only, as here for every layer whose input is spikes; a layer that receives graded values, such as the first one on an image or one after an average pooling, is counted in multiply–accumulates.",
  "An image that is the same at every step goes through the first layer once; where it is computed anew at every step, that layer costs T times as much.",
  "A dense network that skips zeros, or one quantised to few bits, is often as cheap or cheaper: an 8-bit integer multiply–accumulate takes 0.23 pJ (see STEP, arXiv 2505.11151, and Shen et al., “Are Conventional SNNs Really Efficient?”, CVPR 2024).",
];
