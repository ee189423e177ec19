export {
  type AdaptationArm,
  type AdaptationStart,
  chooseImages,
  countParameters,
  startAdaptation,
  subjectOf,
} from "./adaptation.ts";
export { ResponseBatches, type TrainingTrials } from "./batches.ts";
export type { Core, CoreConditions, FeatureMap } from "./core.ts";
export * from "./metrics/index.ts";
export {
  applyAdaptation,
  coreHash,
  decodeResponseModel,
  encodeAdaptation,
  encodeResponseModel,
} from "./model-file.ts";
export {
  type AdaptationPath,
  type CoreShape,
  type Modulation,
  type PathConditions,
  type PathKind,
  type PathSpecification,
  pathKinds,
} from "./paths/path.ts";
export { Predictor, type PredictorOptions } from "./predict.ts";
export {
  type AdaptationTraining,
  adaptationTraining,
  inputSize,
  type ResponsePreset,
  type ResponsePresetName,
  type ResponseTraining,
  responsePresets,
  trainingFor,
} from "./presets.ts";
export {
  type ReadModulation,
  type ReadoutCenters,
  readModulations,
  readoutCenters,
} from "./read-parameters.ts";
export type { Readout, ReadoutConditions } from "./readout.ts";
export {
  ResponseModel,
  type SubjectInputs,
  type SubjectParts,
  type SubjectScales,
} from "./response-model.ts";
export { attentionRollouts, type Rollout, rollOut } from "./rollout.ts";
export { responseModelFromSensorium } from "./sensorium-weights.ts";
export type {
  CoreSpecification,
  ResponseModelInput,
  ResponseModelSpecification,
  SubjectSpecification,
} from "./specification.ts";
export { type SyntheticOptions, synthesizeRecording, synthesizeSubjects } from "./synthetic/synthesize.ts";
export { compileResponseStep, type ResponseObjective } from "./training.ts";
export { prepareTrials, type SubjectTrials, setScales, standardize, trialsOf } from "./trials.ts";
