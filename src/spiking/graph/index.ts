export { decodeSpikingGraph, encodeSpikingGraph, holdsSpikingGraph } from "./file.ts";
export { nodesOf, type Schedule, type SpikingGraph, type SpikingNode, schedule } from "./graph.ts";
export {
  type Conv2dNode,
  type DelayNode,
  type Firing,
  type LinearNode,
  type MaxPoolNode,
  type Membrane,
  type MoveNode,
  type NeuronNode,
  type Numbers,
  type Operation,
  type PoolNode,
  type ScaleNode,
  scalar,
  type ThresholdNode,
} from "./node.ts";
