import type { Signal } from "../nn/layer.ts";
import {
  abs,
  add,
  constant,
  greater,
  max,
  maximum,
  minimum,
  neg,
  sign,
  type Tensor,
  where,
} from "../tensor/index.ts";
import { spikesOfSignal } from "./spike-signal.ts";

/** 1 where x is not 0, and 0 elsewhere. */
export const binarize = (x: Tensor): Tensor => abs(sign(x));

/** At how many steps each element was not 0; the shape of one step. */
export function activeCounts(signal: Signal): Tensor {
  const unsigned = spikesOfSignal(signal)?.signed === false;
  return unsigned ? abs(signal.map(sign).reduce(add)) : signal.map(binarize).reduce(add);
}

/** Above any magnitude that counts as one. */
export const BEYOND = 3e38;

/** The least and the greatest magnitude of a non-zero value; `BEYOND` and 0 when all are 0. */
export function magnitudes(signal: Signal): { least: Tensor; greatest: Tensor } {
  const sizes = signal.map(abs);
  const lit = sizes.map((x) => where(greater(x, constant(0)), x, constant(BEYOND)));
  return { least: neg(max(neg(lit.reduce(minimum)))), greatest: max(sizes.reduce(maximum)) };
}
