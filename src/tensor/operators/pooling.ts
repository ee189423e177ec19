import { StriateError } from "../../error.ts";
import {
  apply,
  named,
  type Operator,
  requireFloat,
  requireRank,
  requireWhole,
  type Shape,
  sizeOf,
  type Tensor,
} from "../tensor.ts";
import { conv2dInputGradient } from "./conv2d.ts";
import {
  type Convolution,
  convolvedSize,
  type Pair,
  pair,
  type Sides,
  sides,
  spatial,
} from "./conv2d-geometry.ts";
import { mean } from "./reduce.ts";
import { fill } from "./source.ts";

export interface PoolingOptions {
  readonly kernel: number | Pair;
  /** The kernel when absent, so that windows do not overlap. */
  readonly stride?: number | Pair;
  /**
   * Rows and columns around the image: one number, [vertical, horizontal] or [top, left, bottom, right]; less than the
   * kernel, so that every window holds a pixel.
   */
  readonly padding?: number | Pair | Sides;
}

export interface MaxPoolingOptions extends PoolingOptions {
  /** Distance between the pixels of a window. */
  readonly dilation?: number | Pair;
}

interface Pooling extends Convolution {
  readonly kernel: Pair;
}

function geometry({ kernel, stride = kernel, padding = 0, dilation = 1 }: MaxPoolingOptions): Pooling {
  return {
    kernel: pair(kernel),
    stride: pair(stride),
    padding: sides(padding),
    dilation: pair(dilation),
    groups: 1,
  };
}

const inferPooling = ([x]: readonly Tensor[], pooling: Pooling) => {
  requireFloat(x!);
  requireRank(x!, 4);
  const { kernel, stride, padding, dilation } = pooling;
  requireWhole("kernel", kernel, 1);
  requireWhole("dilation", dilation, 1);
  requireWhole("stride", stride, 1);
  requireWhole("padding", padding, 0);
  if (padding.some((side, i) => side >= kernel[i % 2]!)) {
    throw new StriateError(`padding ${padding.join(", ")} is not less than kernel ${kernel.join(", ")}`);
  }
  const [n, channels] = x!.shape as [number, number];
  return {
    shape: [n, channels, ...convolvedSize(spatial(x!.shape), kernel, pooling)],
    dtype: "float32" as const,
  };
};

const onnxAttributes = ({ kernel, stride, padding, dilation }: Pooling) => ({
  kernel_shape: kernel,
  strides: stride,
  pads: padding,
  ...(dilation.every((step) => step === 1) ? {} : { dilations: dilation }),
});

const averageOperator: Operator<Pooling> = {
  name: "avgPool2d",
  infer: inferPooling,
  gradient: ({ inputs: [x], attributes }, upstream) => {
    const { kernel, ...options } = attributes as Pooling;
    const channels = x!.shape[1]!;
    const weight = fill([channels, 1, ...kernel], 1 / sizeOf(kernel));
    return [conv2dInputGradient(upstream, weight, x!.shape, { ...options, groups: channels })];
  },
  lower: (node, emitter) => {
    const x = node.inputs[0]!;
    const attributes = { ...onnxAttributes(node.attributes), count_include_pad: 1 };
    if (emitter.canBlock(x) && emitter.has(x, "blocked")) {
      return { name: emitter.nchwc("AveragePool", [emitter.blocked(x)], attributes), layout: "blocked" };
    }
    return emitter.op("AveragePool", [emitter.plain(x)], attributes);
  },
};

/** The mean of each window of images (N, C, H, W); padding counts as zeros. */
export const avgPool2d = (x: Tensor, options: PoolingOptions): Tensor =>
  apply(averageOperator, [x], geometry(options));

/** The mean of each channel: (N, C, H, W) → (N, C, 1, 1). */
export const globalAvgPool2d = (x: Tensor): Tensor =>
  named("globalAvgPool2d", [x], () => {
    requireRank(x, 4);
    return mean(x, [2, 3], true);
  });

const maxOperator: Operator<Pooling> = {
  name: "maxPool2d",
  infer: inferPooling,
  gradient: ({ inputs: [x], attributes }, upstream) => [
    apply(maxGradientOperator, [x!, upstream], attributes),
  ],
  lower: (node, emitter) => {
    const x = node.inputs[0]!;
    const attributes = onnxAttributes(node.attributes);
    if (emitter.canBlock(x) && emitter.has(x, "blocked")) {
      return { name: emitter.nchwc("MaxPool", [emitter.blocked(x)], attributes), layout: "blocked" };
    }
    return emitter.op("MaxPool", [emitter.plain(x)], attributes);
  },
};

/** Adds each upstream gradient to the pixel that won its window: the first one where several are equal. */
const maxGradientOperator: Operator<Pooling> = {
  name: "maxPool2dGradient",
  infer: ([x]) => ({ shape: x!.shape, dtype: "float32" }),
  lower: (node, emitter) => {
    const [x, upstream] = node.inputs as [Tensor, Tensor];
    const [, winners] = emitter.multi("MaxPool", [emitter.plain(x)], 2, onnxAttributes(node.attributes));
    const flat: Shape = [sizeOf(x.shape)];
    const zeros = emitter.op("Expand", [emitter.constant([0], []), emitter.ints(flat)]);
    const count = sizeOf(upstream.shape);
    const scattered = emitter.op(
      "ScatterElements",
      [zeros, emitter.reshape(winners!, [count]), emitter.reshape(emitter.plain(upstream), [count])],
      { axis: 0, reduction: "add" },
    );
    return emitter.reshape(scattered, x.shape);
  },
};

/** The largest value of each window of images (N, C, H, W); padding never wins. */
export const maxPool2d = (x: Tensor, options: MaxPoolingOptions): Tensor =>
  apply(maxOperator, [x], geometry(options));
