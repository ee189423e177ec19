export { levelsOf, quantizedRelu } from "./activation-quantizer.ts";
export { calibrateOnBatches, calibrateThresholds } from "./calibrate.ts";
export {
  type ConvertedOptions,
  convertedContext,
  type QuantizationOptions,
  quantizedContext,
} from "./contexts.ts";
export { type FineTunedLayer, type FineTuneOptions, fineTune } from "./fine-tune.ts";
export { type LayerError, meanOverSteps, sequentialError } from "./sequential-error.ts";
export { powerOfTwoLevels, quantizedWeight } from "./weight-quantizer.ts";
