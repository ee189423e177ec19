export { grad, gradientSources } from "./grad.ts";
export { encodeOnnx, type OnnxModel, type OnnxNode, type OnnxValue, OPSET } from "./onnx-model.ts";
export { attention } from "./operators/attention.ts";
export { add, broadcastTo, div, maximum, minimum, mul, power, sub } from "./operators/binary.ts";
export { channelAffine, channelScale, channelSum } from "./operators/channel-affine.ts";
export { both, equal, greater, greaterEqual, less, lessEqual, where } from "./operators/compare.ts";
export { concat } from "./operators/concat.ts";
export { type ConvolutionOptions, conv2d } from "./operators/conv2d.ts";
export {
  customGradient,
  customGradients,
  stopGradient,
  straightThrough,
} from "./operators/custom-gradient.ts";
export { dot } from "./operators/dot.ts";
export { dropout } from "./operators/dropout.ts";
export { gather } from "./operators/gather.ts";
export { gridSample } from "./operators/grid-sample.ts";
export { linear, matmul } from "./operators/matmul.ts";
export { batchNorm, batchNormInference, batchNormOver, layerNorm } from "./operators/normalization.ts";
export { pad } from "./operators/pad.ts";
export {
  avgPool2d,
  globalAvgPool2d,
  type MaxPoolingOptions,
  maxPool2d,
  type PoolingOptions,
} from "./operators/pooling.ts";
export { argmax, max, mean, sum, variance } from "./operators/reduce.ts";
export { flatten, reshape, squeeze, stack, unsqueeze } from "./operators/reshape.ts";
export { slice } from "./operators/slice.ts";
export { logSoftmax, softmax } from "./operators/softmax.ts";
export {
  constant,
  constantValues,
  fill,
  type InputSource,
  input,
  randomUniform,
  sourceOf,
  type Variable,
  variable,
} from "./operators/source.ts";
export { stepAbove, stepFrom } from "./operators/step.ts";
export { transpose } from "./operators/transpose.ts";
export {
  abs,
  atan,
  cast,
  clip,
  cos,
  elu,
  erf,
  exp,
  floor,
  gelu,
  leakyRelu,
  log,
  mask,
  neg,
  pow,
  reciprocal,
  relu,
  round,
  roundStraightThrough,
  sigmoid,
  sign,
  sin,
  softplus,
  sqrt,
  square,
  tanh,
} from "./operators/unary.ts";
export { type DType, describeShape, type Shape, sizeOf, type Tensor, withScope } from "./tensor.ts";
export { type LoweredGraph, type LoweringOptions, toOnnx } from "./to-onnx.ts";
