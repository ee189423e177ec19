import type { PointKernels } from "../../runtime/kernels/points.ts";
import type { Arena } from "./arena.ts";
import type { SpikeHistory } from "./history.ts";

/** One number for all neurons, or one for each. */
export type PerNeuron = number | ArrayLike<number>;

/** What a synapse acts on. Models without synaptic currents take "potential": the spike moves v by its weight. */
export type SynapseTarget = "excitatory" | "inhibitory" | "potential";

/** A kind of point neuron with its parameters: what exponentialCurrents and its like return. */
export interface PointModel {
  readonly name: string;
  readonly targets: readonly SynapseTarget[];
  /** Unit of a synapse's weight. */
  readonly weightUnit: "mV" | "nS";
  /** State variables, those that `initial` may set and `state` reads. */
  readonly variables: readonly string[];
  /** Refractory time in ms. */
  readonly refractory: number;
  /** Reserves and later runs a population of such neurons. */
  group(setting: GroupSetting): NeuronGroup;
}

export interface GroupSetting {
  /** The population's, for messages. */
  readonly name: string;
  readonly size: number;
  /** ms */
  readonly step: number;
  readonly refractorySteps: number;
  /** How many threads a step may be shared by, and the address of what they tell each other. */
  readonly threads: number;
  readonly crew: number;
  readonly initial: Readonly<Record<string, PerNeuron>>;
  readonly arena: Arena;
  readonly history: SpikeHistory;
}

/** An array that spikes add to; `gain` turns a weight into what is added in this step. */
export interface Receiver {
  readonly address: number;
  gain: number;
}

/** A population in memory. In each step: advance, then synapses deliver into receivers, then settle. */
export interface NeuronGroup {
  /** Writes the initial state; called once, when the memory is there. */
  fill(kernels: PointKernels): void;
  /** State update and threshold: adds this step's spikes to the history. */
  advance(): void;
  receivers(target: SynapseTarget): readonly Receiver[];
  /** Resets the neurons that fired. */
  settle(): void;
  read(variable: string): Float64Array;
}
