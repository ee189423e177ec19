import type { Emitter } from "../emitter.ts";
import type { Tensor } from "../tensor.ts";
import {
  type Convolution,
  type ConvolutionInputGradient,
  convolutionAttributes,
  convolvedSize,
  flippedPadding,
  type Pair,
  reversedTaps,
  type Sides,
  spatial,
} from "./conv2d-geometry.ts";

/** A convolution as ONNX's Conv. */
export function lowerPortable(node: Tensor, emitter: Emitter): string {
  const { padding } = node.attributes as Convolution;
  const attributes = convolutionAttributes(spatial(node.inputs[1]!.shape), node.attributes, padding);
  return emitter.op(
    "Conv",
    node.inputs.map((input) => emitter.plain(input)),
    attributes,
  );
}

/** An input gradient as a convolution with the flipped kernel where it can be one, else as ONNX's ConvTranspose. */
export function lowerPortableInputGradient(node: Tensor, emitter: Emitter): string {
  const { stride } = node.attributes as ConvolutionInputGradient;
  const padding = flippedPadding(spatial(node.inputs[1]!.shape), node.attributes);
  const canFlip = stride[0] === 1 && stride[1] === 1 && padding.every((side) => side >= 0);
  return canFlip ? lowerFlipped(node, emitter, padding) : lowerTransposed(node, emitter);
}

function lowerFlipped(node: Tensor, emitter: Emitter, padding: Sides): string {
  const [upstream, weight] = node.inputs as [Tensor, Tensor];
  const { groups } = node.attributes as ConvolutionInputGradient;
  const [outputs, perGroup, height, width] = weight.shape as [number, number, number, number];
  const flipped = emitter.once(`flipped weight ${weight.id} ${groups}`, () => {
    const split = emitter.reshape(emitter.plain(weight), [
      groups,
      outputs / groups,
      perGroup,
      height * width,
    ]);
    const taps = emitter.ints(reversedTaps([height, width]));
    const reversed = emitter.op("Gather", [split, taps], { axis: 3 });
    const swapped = emitter.op("Transpose", [reversed], { perm: [0, 2, 1, 3] });
    return emitter.reshape(swapped, [groups * perGroup, outputs / groups, height, width]);
  });
  const attributes = convolutionAttributes([height, width], node.attributes, padding);
  return emitter.op("Conv", [emitter.plain(upstream), flipped], attributes);
}

function lowerTransposed(node: Tensor, emitter: Emitter): string {
  const [upstream, weight] = node.inputs as [Tensor, Tensor];
  const options = node.attributes as ConvolutionInputGradient;
  const kernel = spatial(weight.shape);
  const attributes = {
    ...convolutionAttributes(kernel, options, options.padding),
    output_padding: rowsNotReached(kernel, options),
  };
  return emitter.op("ConvTranspose", [emitter.plain(upstream), emitter.plain(weight)], attributes);
}

/** How many of the last rows and columns of the padded image the strided window never comes to. */
function rowsNotReached(kernel: Pair, options: ConvolutionInputGradient): number[] {
  const { stride, padding, dilation, inputShape } = options;
  const image = spatial(inputShape);
  const output = convolvedSize(image, kernel, options);
  return [0, 1].map(
    (axis) =>
      image[axis]! +
      padding[axis]! +
      padding[axis + 2]! -
      dilation[axis]! * (kernel[axis]! - 1) -
      1 -
      stride[axis]! * (output[axis]! - 1),
  );
}
