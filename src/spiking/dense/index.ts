export type { Integration } from "../integration.ts";
export { DenseEngine, type DenseEngineOptions } from "./engine.ts";
export { nodeShapes } from "./shapes.ts";
export { type Trace, type TraceOptions, traceSteps } from "./trace.ts";
