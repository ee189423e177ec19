export {
  type CalibratedRule,
  type Certainty,
  calibrateRules,
  type DecideOptions,
  type Decision,
  decide,
  type RecordedEvidence,
  type StoppingRule,
  type SweepPoint,
  stoppingRules,
} from "./anytime/index.ts";
export {
  chooseEngine,
  type EngineChoice,
  type EngineName,
  type EngineOptions,
  engineChoiceText,
  makeEngine,
} from "./choose-engine.ts";
export { type SpikingOptions, spikingContext } from "./context.ts";
export {
  DenseEngine,
  type DenseEngineOptions,
  type Integration,
  nodeShapes,
} from "./dense/index.ts";
export { constantCurrent, type Encoder, latency, poisson } from "./encoders.ts";
export type { SpikingEngine, StepResults } from "./engine.ts";
export { type CameraEvents, EventEngine, type EventEngineOptions } from "./event/index.ts";
export {
  decodeSpikingGraph,
  encodeSpikingGraph,
  type Firing,
  type Membrane,
  type NeuronNode,
  type Numbers,
  nodesOf,
  type Operation,
  type SpikingGraph,
  type SpikingNode,
  scalar,
} from "./graph/index.ts";
export {
  type IntegrateAndFireOptions,
  integrateAndFire,
  type LeakyOptions,
  leakyIntegrateAndFire,
} from "./leaky.ts";
export {
  type Connections,
  type DeltaSynapsesParameters,
  deltaSynapses,
  drawConnections,
  type ExponentialConductancesParameters,
  type ExponentialCurrentsParameters,
  exponentialConductances,
  exponentialCurrents,
  type NeuronRange,
  neuronRange,
  type PerNeuron,
  type PointModel,
  PointNetwork,
  type PointNetworkOptions,
  type PointRun,
  type PointRunOptions,
  type Population,
  type Projection,
  type SpikeRecord,
  type SynapseList,
  type SynapseTarget,
  type TraubMilesParameters,
  traubMiles,
} from "./network/index.ts";
export { type Neuron, simulate, type Trace } from "./neuron.ts";
export {
  type NirExport,
  type NirImportOptions,
  nirFromSpikingGraph,
  spikingGraphFromNir,
} from "./nir/index.ts";
export { ClassReadout, type ReadoutKind } from "./readout.ts";
export { type SignedOptions, signedIntegrateAndFire } from "./signed.ts";
export {
  arctangent,
  fastSigmoid,
  gaussian,
  rectangular,
  type Surrogate,
  sigmoidal,
  spike,
  triangular,
} from "./surrogates.ts";
