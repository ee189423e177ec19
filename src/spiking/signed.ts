import {
  add,
  both,
  constant,
  greater,
  greaterEqual,
  lessEqual,
  mask,
  mul,
  stopGradient,
  sub,
  type Tensor,
} from "../tensor/index.ts";
import type { Neuron } from "./neuron.ts";

interface SignedState {
  /** V_t; undefined before the first step, when it is θ/2. */
  readonly membrane: Tensor | undefined;
  /** N_t, the running spike count. */
  readonly count: Tensor | undefined;
}

export interface SignedOptions {
  /** θ, shape (): the amplitude that travels with each spike. */
  readonly threshold: Tensor;
  /** False for neurons that only fire upwards; true, the default, for those that can take a spike back. */
  readonly signed?: boolean;
}

/** How far below 0 a membrane must be to take a spike back. */
const EPSILON = 1e-3;

/**
 * The signed integrate-and-fire neuron of Fast-SNN (Hu et al., 2023): starting from V = θ/2,
 *
 *   V += I;  s = [V ≥ θ];  V −= s·θ;  N += s
 *   n = [V ≤ −ε] · [N > 0];  V += n·θ;  N −= n;   output (s − n)·θ
 *
 * Since s and n exclude each other, both are decided from the charged membrane.
 */
export function signedIntegrateAndFire({ threshold, signed = true }: SignedOptions): Neuron<SignedState> {
  return {
    name: signed ? "signed integrate-and-fire" : "integrate-and-fire",
    initial: () => ({ membrane: undefined, count: undefined }),
    step: ({ membrane, count }, current) => {
      const charged = add(current, membrane ?? mul(threshold, constant(0.5)));
      const up = mask(greaterEqual(charged, threshold));
      const down =
        signed && count !== undefined
          ? mask(both(lessEqual(charged, constant(-EPSILON)), greater(count, constant(0.5))))
          : undefined;
      const spikes = down === undefined ? up : sub(up, down);
      const output = mul(spikes, threshold);
      const next = sub(charged, output);
      const total = count === undefined ? spikes : add(count, spikes);
      return {
        output: stopGradient(output),
        membrane: next,
        state: { membrane: next, count: signed ? total : undefined },
      };
    },
  };
}
