import { StriateError } from "../../../error.ts";
import {
  avgPool2d,
  cast,
  constant,
  conv2d,
  fill,
  globalAvgPool2d,
  max,
  maxPool2d,
  mean,
  mul,
  pad,
  type Shape,
  type Tensor,
} from "../../../tensor/index.ts";
import { requireSize } from "../host-array.ts";
import type { OnnxOperators, OperatorCall } from "../operator-call.ts";
import { asGiven, asImages } from "./convolution.ts";
import { type Pair, type Sides, type WindowGeometry, windowGeometry } from "./window.ts";

interface PoolingWindow extends WindowGeometry {
  /** Padding with what ceil_mode adds at the bottom and on the right so that the last window is whole. */
  readonly widened: Sides;
}

/** Windows of a pooling; with ceil_mode a last one that starts inside the image or its padding before counts too. */
function poolingWindow(call: OperatorCall, x: Tensor): PoolingWindow {
  const window = windowGeometry(call, x.shape.slice(2), undefined);
  const { kernel, stride, dilation, padding } = window;
  if (!call.flag("ceil_mode")) return { ...window, widened: padding };
  const size = asImages(x).shape.slice(2);
  const after = ([0, 1] as const).map((axis) => {
    const reach = dilation[axis] * (kernel[axis] - 1) + 1;
    const total = size[axis]! + padding[axis] + padding[axis + 2]!;
    let windows = Math.ceil((total - reach) / stride[axis]) + 1;
    if ((windows - 1) * stride[axis] >= size[axis]! + padding[axis]) windows--;
    return padding[axis + 2]! + Math.max(0, (windows - 1) * stride[axis] + reach - total);
  });
  return { ...window, widened: [padding[0], padding[1], after[0]!, after[1]!] };
}

const pads = ([top, left, bottom, right]: Sides) =>
  [
    [0, 0],
    [0, 0],
    [top, bottom],
    [left, right],
  ] as const;

function maxPooling(call: OperatorCall, x: Tensor): Tensor {
  const { kernel, stride, dilation, widened } = poolingWindow(call, x);
  const images = asImages(x);
  const fits = widened.every((side, i) => side < kernel[i % 2]!);
  const pooled = fits
    ? maxPool2d(images, { kernel, stride, dilation, padding: widened })
    : maxPool2d(pad(images, pads(widened), Number.NEGATIVE_INFINITY), { kernel, stride, dilation });
  return asGiven(pooled, x);
}

/** For each window along one axis, how many of its taps lie in `from` … `to` − 1. */
function tapsWithin(windows: number, axis: 0 | 1, window: PoolingWindow, from: number, to: number): number[] {
  const { kernel, stride, dilation, padding } = window;
  return Array.from({ length: windows }, (_, i) => {
    const start = i * stride[axis] - padding[axis];
    const before = (place: number) =>
      Math.max(0, Math.min(kernel[axis], Math.ceil((place - start) / dilation[axis])));
    return before(to) - before(from);
  });
}

/** Kernel size over the number of taps that count, for each window: shape (H', W'); undefined where all are 1. */
function shares(
  output: Shape,
  size: Pair,
  window: PoolingWindow,
  includePadding: boolean,
): Tensor | undefined {
  const { kernel, padding } = window;
  requireSize(output.slice(2));
  const [rows, columns] = ([0, 1] as const).map((axis) =>
    includePadding
      ? tapsWithin(output[2 + axis]!, axis, window, -padding[axis], size[axis] + padding[axis + 2]!)
      : tapsWithin(output[2 + axis]!, axis, window, 0, size[axis]),
  ) as [number[], number[]];
  const whole = kernel[0] * kernel[1];
  const values = rows.flatMap((height) => columns.map((width) => whole / (height * width)));
  return values.every((value) => value === 1) ? undefined : constant(values, output.slice(2));
}

/** Weights (channels, 1, height, width) with which a convolution gives the mean of its window. */
function meanWeights(shape: readonly [number, number, number, number]): Tensor {
  requireSize(shape);
  return fill(shape, 1 / (shape[2] * shape[3]));
}

function averagePooling(call: OperatorCall): Tensor {
  const x = call.tensor(0);
  const window = poolingWindow(call, x);
  const { kernel, stride, dilation, widened } = window;
  const images = asImages(x);
  const channels = images.shape[1]!;
  const dense = dilation.every((step) => step === 1) && widened.every((side, i) => side < kernel[i % 2]!);
  const means = dense
    ? avgPool2d(images, { kernel, stride, padding: widened })
    : conv2d(images, meanWeights([channels, 1, ...kernel]), {
        stride,
        dilation,
        padding: widened,
        groups: channels,
      });
  const [height, width] = images.shape.slice(2) as [number, number];
  const share = shares(means.shape, [height, width], window, call.flag("count_include_pad"));
  return asGiven(share === undefined ? means : mul(means, share), x);
}

/** Reduces every spatial axis to extent 1. */
function overPositions(
  x: Tensor,
  reduce: (x: Tensor, axes: readonly number[], keepDims: boolean) => Tensor,
): Tensor {
  if (x.shape.length < 3) throw new StriateError("expected an array (N, C, …) with spatial axes");
  const axes = x.shape.map((_, axis) => axis).slice(2);
  return reduce(x, axes, true);
}

export const pooling: OnnxOperators = {
  AveragePool: { since: 1, evaluate: averagePooling },
  GlobalAveragePool: {
    since: 1,
    evaluate: (call) => {
      const x = call.tensor(0);
      return x.shape.length === 4 ? globalAvgPool2d(x) : overPositions(x, mean);
    },
  },
  GlobalMaxPool: { since: 1, evaluate: (call) => overPositions(call.tensor(0), max) },
  MaxPool: {
    since: 1,
    evaluate: (call) => {
      const x = call.tensor(0);
      return [cast(maxPooling(call, cast(x, "float32")), x.dtype)];
    },
  },
};
