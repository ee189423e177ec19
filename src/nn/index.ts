export {
  type Architecture,
  type ArchitectureInput,
  architectureSpecification,
  convolutionUnit,
  type GraphArchitecture,
  type LayeredArchitecture,
} from "./architecture.ts";
export { denseContext } from "./dense.ts";
export { filled, glorotUniform, heNormal, normal, ones, torchUniform, zeros } from "./initializers.ts";
export { type Context, eachStep, eachStepOf, type Layer, type Signal } from "./layer.ts";
export { Activation } from "./layers/activation.ts";
export { Attention, LayerNormalization } from "./layers/attention.ts";
export { Residual, Sequence } from "./layers/composition.ts";
export { Convolution } from "./layers/convolution.ts";
export { Dropout } from "./layers/dropout.ts";
export { Linear } from "./layers/linear.ts";
export { BatchNormalization } from "./layers/normalization.ts";
export { AveragePooling, Flatten, GlobalAveragePooling, MaxPooling } from "./layers/pooling.ts";
export { crossEntropy, meanSquaredError, oneHot, poissonLoss, poissonLossFromLog } from "./losses.ts";
export { buildNetwork, Network, type NetworkState } from "./network.ts";
export { OnnxEvaluator } from "./onnx/evaluator.ts";
export { GraphLayer } from "./onnx/graph-layer.ts";
export type { GraphSpecification } from "./onnx/graph-specification.ts";
export type { HostArray } from "./onnx/host-array.ts";
export { networkFromOnnx } from "./onnx/network-from-onnx.ts";
export type { GraphValue } from "./onnx/value.ts";
export { Parameter } from "./parameter.ts";
export { constantRate, cosine, Plateau, type Schedule, stepwise } from "./schedules.ts";
export { TrainingStep } from "./training-step.ts";
