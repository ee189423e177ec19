import { StriateError } from "../../error.ts";
import type { NumericArray } from "../../formats/array.ts";
import type { NirConv2d } from "../../formats/nir-graph.ts";
import { sizeOf } from "../../tensor/index.ts";
import type { Pair, Sides } from "../../tensor/operators/conv2d-geometry.ts";
import type { Conv2dNode, Numbers } from "../graph/index.ts";

/** Most weights that an operation without weights, or in groups, is written out as: 64 MB. */
const MOST_WEIGHTS = 2 ** 24;

export const float32 = (shape: readonly number[], data: Float32Array): NumericArray => ({
  shape: [...shape],
  dtype: "float32",
  data,
});

/** Zeros but for what `fill` puts there. */
export function filled(
  shape: readonly number[],
  name: string,
  fill: (put: (index: readonly number[], value: number) => void) => void = () => {},
): Numbers {
  if (sizeOf(shape) > MOST_WEIGHTS) {
    throw new StriateError(
      `the node "${name}" would be ${shape.join(" × ")} weights in NIR, which has no primitive for it; at most ${MOST_WEIGHTS} are written`,
      "Export a smaller network, or one without this operation",
    );
  }
  const data = new Float32Array(sizeOf(shape));
  fill((index, value) => {
    data[index.reduce((offset, position, axis) => offset * shape[axis]! + position, 0)] = value;
  });
  return { shape, data };
}

/** A 1 × 1 convolution that gives each output channel one input channel, or none, times a factor. */
export function channelsKernel(
  name: string,
  [outputs, inputs]: Pair,
  sourceOf: (output: number) => number | undefined,
  factor: (output: number) => number = () => 1,
): Numbers {
  return filled([outputs, inputs, 1, 1], name, (put) => {
    for (let output = 0; output < outputs; output++) {
      const source = sourceOf(output);
      if (source !== undefined) put([output, source, 0, 0], factor(output));
    }
  });
}

export interface Convolution extends Omit<Conv2dNode, "type" | "padding"> {
  /** Negative to leave out rows and columns. */
  readonly padding: Sides;
}

/** True when `ungrouped` would need more weights than are written. */
export const isTooLargeUngrouped = ({ weight, groups }: Convolution): boolean =>
  sizeOf(weight.shape) * groups > MOST_WEIGHTS;

/** The same convolution over all channels at once, with zeros between the groups. */
export function ungrouped(convolution: Convolution, name: string): Convolution {
  const { weight, groups } = convolution;
  const [outputs, inputs, ...kernel] = weight.shape as [number, number, number, number];
  const taps = sizeOf(kernel);
  const wide = filled([outputs, inputs * groups, ...kernel], name);
  for (let output = 0; output < outputs; output++) {
    const group = Math.floor(output / (outputs / groups));
    const own = weight.data.subarray(output * inputs * taps, (output + 1) * inputs * taps);
    wide.data.set(own, (output * groups + group) * inputs * taps);
  }
  return { ...convolution, weight: wide, groups: 1 };
}

/**
 * A convolution as NIR has it, with the same padding on opposite sides: where they differ, or leave out pixels, the
 * kernel gets rows and columns of zeros.
 */
export function nirConvolution(convolution: Convolution, input: readonly number[], name: string): NirConv2d {
  const { weight, bias, stride, padding, dilation, groups } = withEvenPadding(convolution, name);
  const [outputs] = weight.shape as [number];
  return {
    type: "Conv2d",
    inputShape: [input[1]!, input[2]!],
    weight: float32(weight.shape, weight.data),
    stride: [...stride],
    padding: [padding[0], padding[1]],
    dilation: [...dilation],
    groups,
    bias: float32([outputs], bias?.data ?? new Float32Array(outputs)),
    metadata: {},
  };
}

function withEvenPadding(convolution: Convolution, name: string): Convolution {
  const [top, left, bottom, right] = convolution.padding;
  if (top === bottom && left === right && top >= 0 && left >= 0) return convolution;
  const { weight, dilation } = convolution;
  const [outputs, inputs, height, width] = weight.shape as [number, number, number, number];
  const padding: Pair = [Math.max(top, bottom, 0), Math.max(left, right, 0)];
  const [before, after]: [Pair, Pair] = [
    [padding[0] - top, padding[1] - left],
    [padding[0] - bottom, padding[1] - right],
  ];
  const extent = (axis: 0 | 1, taps: number) => before[axis] + dilation[axis] * (taps - 1) + 1 + after[axis];
  const wide = filled([outputs, inputs, extent(0, height), extent(1, width)], name, (put) => {
    for (let i = 0; i < weight.data.length; i++) {
      const [column, row] = [i % width, Math.floor(i / width) % height];
      const channel = Math.floor(i / (width * height));
      const at = [before[0] + row * dilation[0], before[1] + column * dilation[1]];
      put([Math.floor(channel / inputs), channel % inputs, ...at], weight.data[i]!);
    }
  });
  return { ...convolution, weight: wide, dilation: [1, 1], padding: [...padding, ...padding] };
}
