export { type BuildOptions, buildSpikingGraph } from "./build.ts";
export { type CapturedNetwork, type CapturedUnit, captureNetwork } from "./capture.ts";
export {
  type CompensatedLayer,
  type Compensation,
  type CompensationOptions,
  compensate,
} from "./compensate.ts";
export type { Correction } from "./correction.ts";
export { type CalibrationBatches, measureScales, type ScaleOptions } from "./scales.ts";
