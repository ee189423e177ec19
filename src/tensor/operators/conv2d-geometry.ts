import type { Shape } from "../tensor.ts";

export type Pair = readonly [vertical: number, horizontal: number];
export type Sides = readonly [top: number, left: number, bottom: number, right: number];

/** The geometry of a convolution, with every option spelt out. */
export interface Convolution {
  readonly stride: Pair;
  readonly padding: Sides;
  readonly dilation: Pair;
  readonly groups: number;
}

export interface ConvolutionInputGradient extends Convolution {
  readonly inputShape: Shape;
}

export interface ConvolutionWeightGradient extends Convolution {
  readonly weightShape: Shape;
}

export const pair = (value: number | Pair): Pair => (typeof value === "number" ? [value, value] : value);

export function sides(value: number | Pair | Sides): Sides {
  if (typeof value === "number") return [value, value, value, value];
  return value.length === 2 ? [value[0], value[1], value[0], value[1]] : value;
}

/** Height and width of images, or of kernels. */
export const spatial = (shape: Shape): Pair => [shape[2]!, shape[3]!];

/** Extents of the output image: ⌊(size + padding − dilation·(kernel − 1) − 1) / stride⌋ + 1. */
export function convolvedSize(
  image: Pair,
  kernel: Pair,
  { stride, padding, dilation }: Omit<Convolution, "groups">,
): Pair {
  const extent = (axis: 0 | 1) =>
    Math.floor(
      (image[axis] + padding[axis] + padding[axis + 2]! - dilation[axis] * (kernel[axis] - 1) - 1) /
        stride[axis],
    ) + 1;
  return [extent(0), extent(1)];
}

/** The padding with which a convolution with the flipped kernel undoes one of stride 1; a side may be negative. */
export function flippedPadding(kernel: Pair, { padding, dilation }: Convolution): Sides {
  const [top, left, bottom, right] = padding;
  const [height, width] = [dilation[0] * (kernel[0] - 1), dilation[1] * (kernel[1] - 1)];
  return [height - top, width - left, height - bottom, width - right];
}

/** Where each tap of a kernel goes when the kernel is turned by half a turn. */
export const reversedTaps = ([height, width]: Pair): number[] =>
  Array.from({ length: height * width }, (_, i) => height * width - 1 - i);

/** The attributes that ONNX's convolutions share. */
export const convolutionAttributes = (
  kernel: Pair,
  { stride, dilation, groups }: Convolution,
  padding: Sides,
) => ({
  kernel_shape: kernel,
  strides: stride,
  dilations: dilation,
  group: groups,
  pads: padding,
});
