export { type AdaptationConfiguration, type AdaptedModel, adaptModel } from "./adapt.node.ts";
export {
  type AnytimeCurve,
  type AnytimeEvaluation,
  type AnytimeOptions,
  type AnytimePoint,
  evaluateAnytime,
} from "./anytime.ts";
export { type Classification, type ClassifyOptions, classify, contextFor } from "./classifier.ts";
export { type ArmResult, type Comparison, compareArms } from "./compare-arms.node.ts";
export {
  parseConfiguration,
  type TrainingConfiguration,
  type TrainingConfigurationInput,
} from "./configuration.ts";
export {
  type Conversion,
  type ConversionOptions,
  convertFastSnn,
  measureSequentialError,
} from "./convert.node.ts";
export { type Evaluation, evaluate } from "./evaluate.ts";
export { evaluateSpiking, type SpikingEvaluation } from "./evaluate-spiking.ts";
export { spikingGraphOf, spikingModelOf, type UnrolledOptions, unrolledOnnx } from "./export.ts";
export { type FitConfiguration, type FittedModel, fitRun } from "./fit-run.node.ts";
export { type AnyModel, isSpikingModel, loadAnyModel, loadModel } from "./model-path.node.ts";
export { modelFromOnnx } from "./onnx-model.node.ts";
export { recipes } from "./presets.ts";
export type { ProgressReporter } from "./progress.ts";
export {
  briefFineTuning,
  checkQuantizable,
  quantizeModel,
  type RetrainingOptions,
  retrainingDefaults,
  retrainingSettings,
} from "./quantize.node.ts";
export { quickstart } from "./quickstart.node.ts";
export { type CortexSettings, cortexSettings, quickstartCortex } from "./quickstart-cortex.node.ts";
export { recordRaster } from "./raster.ts";
export { type LoadedResponseModel, loadResponseModel } from "./response-model-path.node.ts";
export { hashRecordings, type InputSize, loadRecordings } from "./response-recordings.node.ts";
export { describeResponses, type ReportContext } from "./response-report.ts";
export { RunFolder } from "./run-folder.node.ts";
export {
  type ScoredRecording,
  type ScoringOptions,
  scoreRecording,
  scoresAsJson,
} from "./score-responses.ts";
export { decodeSpikingModel, encodeSpikingModel, type SpikingModel } from "./spiking-model.ts";
export {
  convertSpikingResNet,
  type SpikingResNetConversion,
  type SpikingResNetOptions,
} from "./spiking-resnet.ts";
export { loadEventNetwork } from "./stream/model.node.ts";
export { placeSensor } from "./stream/placement.ts";
export {
  type StreamDecision,
  type StreamOptions,
  type StreamSummary,
  streamEvents,
} from "./stream/stream.ts";
export { WindowCounter } from "./stream/windows.ts";
export { type TrainOptions, train } from "./train.node.ts";
