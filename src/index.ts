/**
 * Striate without a runtime: everything that is the same in Node and in a browser. Import "striate/node" or
 * "striate/web" instead to compile and run; each has all of this, and registers its runtime.
 *
 * The rooms are exported flat. Where two of them use one name, this file says which one keeps it.
 */

export * from "./convert/index.ts";
/** The meter; the figure that draws it is `sequentialErrorFigure`. */
export { sequentialError } from "./convert/index.ts";
/** A way of adapting a model and a metric of every neuron; what reports show of them are `Reported…`. */
export type { AdaptationArm, NeuronScores } from "./cortex/index.ts";
export * from "./cortex/index.ts";
export { StriateError } from "./error.ts";
export * from "./formats/index.ts";
export * from "./measure/index.ts";
export * from "./nn/batches.ts";
export * from "./nn/fit.ts";
export * from "./nn/index.ts";
export * from "./nn/model-file.ts";
export * from "./report/index.ts";
export {
  type AdaptationArm as ReportedArm,
  type NeuronScores as ReportedNeuronScores,
  sequentialError as sequentialErrorFigure,
} from "./report/index.ts";
export * from "./runtime/index.ts";
export { log as runtimeLog } from "./runtime/index.ts";
export * from "./runtime/memory.ts";
export * from "./runtime/optimizer.ts";
export * from "./runtime/random.ts";
export * from "./spiking/index.ts";
export * from "./tensor/index.ts";
/** The natural logarithm; the runtime's warnings are `runtimeLog`. */
export { log } from "./tensor/index.ts";
