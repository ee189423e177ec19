import type { Context } from "../nn/layer.ts";
import {
  type IntegrateAndFireOptions,
  integrateAndFire,
  type LeakyOptions,
  leakyIntegrateAndFire,
} from "./leaky.ts";
import { simulate } from "./neuron.ts";

export interface SpikingOptions {
  /** Number of time steps T. */
  readonly steps: number;
  readonly neuron:
    | ({ readonly kind: "if" } & IntegrateAndFireOptions)
    | ({ readonly kind: "lif" } & LeakyOptions);
  readonly training?: boolean;
}

/**
 * Evaluation as a directly trained spiking network: every activation unit is a layer of neurons. The network's output
 * is one array of logits a step; their mean over the steps is what training compares with the labels.
 */
export function spikingContext({ steps, neuron, training = false }: SpikingOptions): Context {
  const { kind, ...options } = neuron;
  const model = kind === "if" ? integrateAndFire(options) : leakyIntegrateAndFire(options);
  return {
    training,
    activate: (_unit, current) => simulate(model, current, steps).outputs,
    weight: (parameter) => parameter.tensor,
    updates: new Map(),
  };
}
