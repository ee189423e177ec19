import { type Tensor, withScope } from "../tensor/index.ts";
import type { Activation } from "./layers/activation.ts";
import type { Parameter } from "./parameter.ts";

/**
 * What flows between layers: one array for each time step, or a single one that is the same at every step. A layer
 * without memory computes a constant signal once.
 */
export type Signal = readonly Tensor[];

/** How a network is being evaluated: what its activation units do, and whether it is in training. */
export interface Context {
  /** True to normalise by the statistics of the batch and to record them. */
  readonly training: boolean;
  /** The output of an activation unit for its input current. */
  activate(unit: Activation, current: Signal): Signal;
  /** Weights as a layer uses them: themselves, or quantised. */
  weight(parameter: Parameter, layer: Layer): Tensor;
  /** Told of the input of every layer that has weights, and of its output: for measurements. */
  observe?(layer: Layer, input: Signal, output: Signal): void;
  /** In training, the new values of running statistics. */
  readonly updates: Map<Parameter, Tensor>;
}

export interface Layer {
  /** Path of the layer in the network, such as "block1/conv2". */
  readonly name: string;
  readonly parameters: readonly Parameter[];
  /** Layers inside this one, in order. */
  readonly children?: readonly Layer[];
  call(x: Signal, context: Context): Signal;
}

/** Applies a function without memory at every step. */
export const eachStep = (x: Signal, apply: (x: Tensor) => Tensor): Signal => x.map(apply);

/** Applies a function of two signals at every step; a constant signal goes with every step of the other. */
export function eachStepOf(a: Signal, b: Signal, apply: (a: Tensor, b: Tensor) => Tensor): Signal {
  const steps = Math.max(a.length, b.length);
  return Array.from({ length: steps }, (_, t) =>
    apply(a[a.length === 1 ? 0 : t]!, b[b.length === 1 ? 0 : t]!),
  );
}

/** Calls a layer with its name in the scope of shape errors. */
export const callLayer = (layer: Layer, x: Signal, context: Context): Signal =>
  withScope(layer.name, () => layer.call(x, context));

/** A layer and everything inside it, in order. */
export const flattenLayers = (layer: Layer): Layer[] => [
  layer,
  ...(layer.children ?? []).flatMap(flattenLayers),
];
