import { StriateError } from "../error.ts";
import type { Layer, Signal } from "../nn/layer.ts";
import { Convolution } from "../nn/layers/convolution.ts";
import { Linear } from "../nn/layers/linear.ts";
import { broadcastTo, describeShape, fill, type Shape, sizeOf, sum, type Tensor } from "../tensor/index.ts";
import { conv2dInputGradient, type Convolution as Geometry } from "../tensor/operators/conv2d.ts";
import { binarize } from "./active-values.ts";

/** A weighted layer as it was traced: where its connections go, whatever their values. */
export interface Connection {
  readonly layer: string;
  /** The weights that the layer really uses: quantised, and with a normalisation folded in. */
  readonly weight: Tensor;
  /** Shape of the input of one image. */
  readonly inputShape: Shape;
  /** Multiply-accumulates of one image at one step; a convolution's window counts in full at the border too. */
  readonly macs: number;
  /** The same without the taps that fall on padding: what NeuroBench calls dense operations. */
  readonly dense: number;
  /** For each input element, the number of non-zero weights that carry it on; shape `inputShape`. */
  fanOut(): Tensor;
}

/** Reads a convolution or a linear layer from what Context.observe is told. Throws for any other layer. */
export function connectionOf(layer: Layer, input: Signal, output: Signal): Connection {
  const x = input[0]!;
  if (layer instanceof Convolution) {
    const node = source(output[0]!, "conv2d");
    if (node?.inputs[0] === x) return convolution(layer.name, x, node);
  } else if (layer instanceof Linear) {
    const node = source(output[0]!, "matmul");
    const rows = node?.inputs[0];
    if (node !== undefined && (rows === x || rows?.inputs[0] === x)) return linear(layer.name, x, node);
  }
  throw new StriateError(
    `the operations of layer "${layer.name}" (${layer.constructor.name}) cannot be counted`,
    "Only convolutions and linear layers are counted",
  );
}

/** The nearest operator of this name on the way back through first inputs. */
export function source(output: Tensor, operator: string): Tensor | undefined {
  let node: Tensor | undefined = output;
  while (node !== undefined && node.operator.name !== operator) node = node.inputs[0];
  return node;
}

export function convolution(layer: string, x: Tensor, node: Tensor): Connection {
  const weight = node.inputs[1]!;
  const geometry = node.attributes as Geometry;
  const [outputs, perGroup, height, width] = weight.shape as [number, number, number, number];
  const inputShape = x.shape.slice(1);
  const outputShape = node.shape.slice(1);
  const taps = [height, width].map((kernel, axis) => {
    const { stride, padding, dilation } = geometry;
    return tapsInside(
      inputShape[1 + axis]!,
      outputShape[1 + axis]!,
      kernel,
      stride[axis]!,
      padding[axis]!,
      dilation[axis]!,
    );
  });
  return {
    layer,
    weight,
    inputShape,
    macs: sizeOf(outputShape) * perGroup * height * width,
    dense: outputs * perGroup * taps[0]! * taps[1]!,
    fanOut: () => {
      const ones = fill([1, ...outputShape], 1);
      return sum(conv2dInputGradient(ones, binarize(weight), [1, ...inputShape], geometry), 0);
    },
  };
}

/** Pairs of a window and a tap along one axis where the tap falls on the image and not on its padding. */
function tapsInside(
  size: number,
  windows: number,
  kernel: number,
  stride: number,
  padding: number,
  dilation: number,
): number {
  let count = 0;
  for (let window = 0; window < windows; window++) {
    for (let tap = 0; tap < kernel; tap++) {
      const place = window * stride - padding + tap * dilation;
      if (place >= 0 && place < size) count++;
    }
  }
  return count;
}

export function linear(layer: string, x: Tensor, node: Tensor): Connection {
  const weight = node.inputs[1]!;
  const inputShape = x.shape.slice(1);
  if (inputShape.at(-1) !== weight.shape[1]) {
    throw new StriateError(
      `layer "${layer}": input ${describeShape(x.shape)} does not fit weights ${describeShape(weight.shape)}`,
    );
  }
  const macs = sizeOf(inputShape) * weight.shape[0]!;
  return {
    layer,
    weight,
    inputShape,
    macs,
    dense: macs,
    fanOut: () => broadcastTo(sum(binarize(weight), 0), inputShape),
  };
}
