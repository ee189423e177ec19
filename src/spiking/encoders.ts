import type { Signal } from "../nn/layer.ts";
import {
  clip,
  constant,
  greaterEqual,
  less,
  lessEqual,
  mask,
  mul,
  randomUniform,
  round,
  sub,
  type Tensor,
} from "../tensor/index.ts";

/** Turns images with values in [0, 1] into what the network receives at each of `steps` steps. */
export type Encoder = (images: Tensor, steps: number) => Signal;

/** The image itself as an input current, the same at every step. */
export const constantCurrent: Encoder = (images) => [images];

/** At each step a spike with probability equal to the value, drawn from the run's seed. */
export const poisson: Encoder = (images, steps) =>
  Array.from({ length: steps }, (_, t) => mask(less(randomUniform(images.shape, `poisson${t}`), images)));

/**
 * One spike for each value, the earlier the brighter: value x fires at step round((1 − x)·(steps − 1)); a value of 0
 * never fires.
 */
export const latency: Encoder = (images, steps) => {
  const time = round(mul(sub(constant(1), clip(images, 0, 1)), constant(steps - 1)));
  const lit = mask(less(constant(0), images));
  return Array.from({ length: steps }, (_, t) => {
    const due = mul(mask(greaterEqual(time, constant(t))), mask(lessEqual(time, constant(t))));
    return mul(due, lit);
  });
};
