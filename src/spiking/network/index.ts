export { type Connections, drawConnections, type SynapseList } from "./connections.ts";
export { type DeltaSynapsesParameters, deltaSynapses } from "./delta-synapses.ts";
export {
  type ExponentialConductancesParameters,
  exponentialConductances,
} from "./exponential-conductances.ts";
export { type ExponentialCurrentsParameters, exponentialCurrents } from "./exponential-currents.ts";
export type { PerNeuron, PointModel, SynapseTarget } from "./model.ts";
export { PointNetwork, type PointNetworkOptions, type PointRun, type PointRunOptions } from "./network.ts";
export { type NeuronRange, neuronRange, type Population, type Projection } from "./population.ts";
export type { SpikeRecord } from "./recorder.ts";
export { type TraubMilesParameters, traubMiles } from "./traub-miles.ts";
