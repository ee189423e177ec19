import type { Connections } from "./connections.ts";
import type { PerNeuron, PointModel, SynapseTarget } from "./model.ts";

/** Neurons of one model. */
export interface Population {
  /** Names its spikes in results, and it in messages. */
  readonly name: string;
  readonly size: number;
  readonly model: PointModel;
  /** State variables at the start, by name; those absent are at rest. */
  readonly initial?: Readonly<Record<string, PerNeuron>>;
}

/** Neurons first to first + count − 1 of a population. */
export interface NeuronRange {
  readonly population: Population;
  readonly first: number;
  readonly count: number;
}

/** The neurons of a population from `first` up to, and without, `end`. */
export function neuronRange(population: Population, first: number, end: number): NeuronRange {
  return { population, first, count: end - first };
}

/** Synapses of one kind from some neurons to others. */
export interface Projection {
  /** Names it in messages, and the stream of random numbers that draws its connections. */
  readonly name: string;
  readonly from: Population | NeuronRange;
  readonly to: Population | NeuronRange;
  readonly target: SynapseTarget;
  readonly connections: Connections;
  /** In the unit of the model (mV or nS): one number, or one a synapse for listed connections. */
  readonly weight: number | ArrayLike<number>;
  /**
   * ms, a multiple of the step: one number, or one a synapse for listed connections; 0 when absent. A spike in step n
   * with delay 0 acts on the state of step n + 1, as in Brian2; NEST says 1 step for the same.
   */
  readonly delay?: number | ArrayLike<number>;
}

export const rangeOf = (part: Population | NeuronRange): NeuronRange =>
  "population" in part ? part : { population: part, first: 0, count: part.size };
