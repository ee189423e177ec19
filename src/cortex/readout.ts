import type { Parameter } from "../nn/parameter.ts";
import type { Tensor } from "../tensor/index.ts";
import type { FeatureMap } from "./core.ts";

export interface ReadoutConditions {
  /** (N, 2): how far the pupil moves all positions, in the units of positions. */
  readonly shift?: Tensor | undefined;
  /** In training, standard normal numbers (n, neurons, 2) that move the positions at random. */
  readonly noise?: ((n: number) => Tensor) | undefined;
}

/** Features → one number for each neuron, before the output's nonlinearity: (N, neurons). */
export interface Readout {
  readonly name: string;
  readonly neurons: number;
  readonly parameters: readonly Parameter[];
  /** Shape (neurons): added at the end. */
  readonly bias: Parameter;
  call(features: FeatureMap, conditions: ReadoutConditions): Tensor;
  /** What training keeps small. */
  penalty(): Tensor;
  /** Minus the logarithm of how likely its parameters are, where something is known of them before training. */
  departure?(): Tensor | undefined;
  noise?(n: number): Tensor;
}
