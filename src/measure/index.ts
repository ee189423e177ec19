export {
  ActivityMeter,
  type LayerRates,
  type NetworkActivity,
  networkActivity,
  type SpikeTotals,
} from "./activity.ts";
export { type Bits, bitBudget, sAce } from "./bit-budget.ts";
export { energyCaveats, energyNanojoules, type Operations, PICOJOULES, type Precision } from "./energy.ts";
export { connectionSparsity, type Footprint, footprint } from "./footprint.ts";
export { GraphMeter, type StepCost } from "./graph-meter.ts";
export { type Latency, type LatencyOptions, measureLatency, percentile } from "./latency.ts";
export { LatencyHistogram } from "./latency-histogram.ts";
export { type MacsOptions, macs, macsByLayer } from "./macs.ts";
export { changedMembranes } from "./membrane-updates.ts";
export { type LayerOperations, OperationCounter, type OperationCounts } from "./operations.ts";
