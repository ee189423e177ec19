import type { Emitter, Lowered } from "../emitter.ts";
import { type Shape, sameShape, type Tensor } from "../tensor.ts";
import { isAdd } from "./binary.ts";
import { isConvolution, isInputGradient, lowerConvolution } from "./conv2d.ts";
import {
  type Convolution,
  convolutionAttributes,
  flippedPadding,
  reversedTaps,
  type Sides,
  spatial,
} from "./conv2d-geometry.ts";

/** What the runtime's blocked convolution can do in the same pass over its output. */
export interface Epilogue {
  /** Added to the output; it must have the output's shape. */
  readonly sum?: Tensor;
  readonly relu?: boolean;
}

/** How the blocked layout runs a convolution, forward or as an input gradient. */
interface BlockedForm {
  readonly padding: Sides;
  /** True when every channel is a group of its own. */
  readonly depthwise: boolean;
}

/** The blocked form of a convolution or of an input gradient; undefined when it has none, and for every other node. */
export function blockedForm(node: Tensor, emitter: Emitter): BlockedForm | undefined {
  if (!(isConvolution(node) || isInputGradient(node)) || !emitter.canBlock(node)) return undefined;
  const [x, weight] = node.inputs as [Tensor, Tensor];
  const options = node.attributes as Convolution;
  const { groups, stride } = options;
  const depthwise = groups > 1 && weight.shape[1] === 1 && groups === weight.shape[0];
  if (groups > 1 && !depthwise) return undefined;
  if (isConvolution(node)) {
    const fits = emitter.canBlock(x) || x.shape[1]! < emitter.block;
    return fits ? { padding: options.padding, depthwise } : undefined;
  }
  if (!emitter.canBlock(x) || stride[0] !== 1 || stride[1] !== 1) return undefined;
  const padding = flippedPadding(spatial(weight.shape), options);
  return padding.every((side) => side >= 0) ? { padding, depthwise } : undefined;
}

/**
 * Marks the convolutions whose only user is an addition or a ReLU, so that they are emitted with it in one pass.
 */
export function planFusion(
  order: readonly Tensor[],
  emitter: Emitter,
  isRelu: (node: Tensor) => boolean,
): void {
  if (emitter.block === 0) return;
  const additions = new Set<Tensor>();
  for (const node of order) {
    if (isAdd(node)) {
      const target = node.inputs.find(
        (input, i) =>
          blockedForm(input, emitter) !== undefined &&
          emitter.soleConsumer(input) === node &&
          !emitter.isDeferred(input) &&
          node.inputs[1 - i] !== input &&
          sameShape(node.inputs[1 - i]!.shape, input.shape),
      );
      if (target !== undefined) {
        emitter.defer(target);
        additions.add(node);
      }
    } else if (isRelu(node)) {
      const input = node.inputs[0]!;
      const fusable = additions.has(input) || blockedForm(input, emitter) !== undefined;
      if (fusable && emitter.soleConsumer(input) === node && !emitter.isDeferred(input)) emitter.defer(input);
    }
  }
}

/** Lowers a ReLU whose input was left for it to emit. */
export function lowerFusedRelu(input: Tensor, emitter: Emitter): Lowered {
  if (!isAdd(input)) return lowerConvolution(input, emitter, { relu: true });
  const convolution = input.inputs.find((operand) => emitter.isDeferred(operand))!;
  return lowerConvolution(convolution, emitter, {
    relu: true,
    sum: input.inputs.find((operand) => operand !== convolution)!,
  });
}

export function lowerBlocked(
  node: Tensor,
  emitter: Emitter,
  { padding, depthwise }: BlockedForm,
  { sum, relu }: Epilogue,
): Lowered {
  const [x, weight, bias] = node.inputs as [Tensor, Tensor, Tensor | undefined];
  const isGradient = isInputGradient(node);
  const image = emitter.canBlock(x) ? emitter.blocked(x) : emitter.plain(x);
  const filter = depthwise
    ? blockedDepthwise(weight, emitter, isGradient)
    : blockedWeight(weight, emitter, isGradient);
  const inputs = [image, filter];
  if (bias !== undefined || sum !== undefined) inputs.push(bias === undefined ? "" : emitter.plain(bias));
  if (sum !== undefined) inputs.push(emitter.blocked(sum));
  const attributes = convolutionAttributes(spatial(weight.shape), node.attributes, padding);
  const name = emitter.nchwc("Conv", inputs, relu ? { ...attributes, activation: "Relu" } : attributes);
  return { name, layout: "blocked" };
}

/** Weights in the order that the blocked convolution reads: O/b, I/b, taps, b inputs, b outputs. */
function blockedWeight(weight: Tensor, emitter: Emitter, isGradient: boolean): string {
  return emitter.once(`blocked weight ${weight.id} ${isGradient}`, () => {
    const [outputs, inputs, height, width] = weight.shape as [number, number, number, number];
    const { block } = emitter;
    const taps = height * width;
    if (inputs % block !== 0) {
      const split = emitter.reshape(emitter.plain(weight), [outputs / block, block, inputs, taps]);
      return emitter.reshape(emitter.op("Transpose", [split], { perm: [0, 2, 3, 1] }), weight.shape);
    }
    const blocks = (outputs * inputs) / block;
    const byInput = emitter.once(`weight by input ${weight.id}`, () =>
      emitter.op("Transpose", [emitter.reshape(emitter.plain(weight), [blocks, block, taps])], {
        perm: [0, 2, 1],
      }),
    );
    if (!isGradient) {
      const rows = emitter.reshape(byInput, [outputs / block, block, inputs * taps]);
      return emitter.reshape(emitter.op("Transpose", [rows], { perm: [0, 2, 1] }), weight.shape);
    }
    const rows = emitter.reshape(byInput, [blocks * taps, block]);
    const order = gradientOrder(weight.shape, block);
    const gathered = emitter.op("Gather", [rows, emitter.constant(order, [order.length], "int32")], {
      axis: 0,
    });
    return emitter.reshape(gathered, [inputs, outputs, height, width]);
  });
}

/**
 * The flipped weights as rows of b input channels: for each block of inputs, each block of outputs and each tap from the
 * last, the rows of the outputs in that block.
 */
function gradientOrder([outputs, inputs, height, width]: Shape, block: number): Int32Array {
  const taps = reversedTaps([height!, width!]);
  const order = new Int32Array((outputs! * inputs! * taps.length) / block);
  let at = 0;
  for (let input = 0; input < inputs! / block; input++) {
    for (let output = 0; output < outputs! / block; output++) {
      for (const tap of taps) {
        for (let o = 0; o < block; o++) {
          order[at++] = ((output * block + o) * (inputs! / block) + input) * taps.length + tap;
        }
      }
    }
  }
  return order;
}

function blockedDepthwise(weight: Tensor, emitter: Emitter, isGradient: boolean): string {
  return emitter.once(`blocked depthwise ${weight.id} ${isGradient}`, () => {
    const [channels, , height, width] = weight.shape as [number, number, number, number];
    let split = emitter.reshape(emitter.plain(weight), [
      channels / emitter.block,
      emitter.block,
      height * width,
    ]);
    if (isGradient)
      split = emitter.op("Gather", [split, emitter.ints(reversedTaps([height, width]))], { axis: 2 });
    return emitter.reshape(emitter.op("Transpose", [split], { perm: [0, 2, 1] }), weight.shape);
  });
}
