export { DenseEngine, type DenseEngineOptions } from "./engine.ts";
export type { Integration } from "./neurons.ts";
export { nodeShapes } from "./shapes.ts";
export { type Trace, type TraceOptions, traceSteps } from "./trace.ts";
