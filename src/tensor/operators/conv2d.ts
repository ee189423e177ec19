import { StriateError } from "../../error.ts";
import { MICROSOFT, type Emitter, type Lowered } from "../emitter.ts";
import { apply, describeShape, type Operator, requireFloat, requireRank, type Shape, type Tensor } from "../tensor.ts";
import { isAdd } from "./binary.ts";
import { sum } from "./reduce.ts";
import { sameShape } from "../tensor.ts";

type Pair = readonly [number, number];
type Sides = readonly [top: number, left: number, bottom: number, right: number];

export interface ConvolutionOptions {
  /** Step of the window: one number, or [vertical, horizontal]. */
  readonly stride?: number | Pair | undefined;
  /** Zeros around the image: one number, [vertical, horizontal] or [top, left, bottom, right]. */
  readonly padding?: number | Pair | Sides | undefined;
  readonly dilation?: number | Pair | undefined;
  /** Input and output channels are split into this many groups that do not see each other. */
  readonly groups?: number | undefined;
}

/** The geometry of a convolution, with every option spelt out. */
export interface Convolution {
  readonly stride: Pair;
  readonly padding: Sides;
  readonly dilation: Pair;
  readonly groups: number;
}

export const pair = (value: number | Pair): Pair => (typeof value === "number" ? [value, value] : value);

export function sides(value: number | Pair | Sides): Sides {
  if (typeof value === "number") return [value, value, value, value];
  return value.length === 2 ? [value[0], value[1], value[0], value[1]] : value;
}

function geometry({ stride = 1, padding = 0, dilation = 1, groups = 1 }: ConvolutionOptions): Convolution {
  return { stride: pair(stride), padding: sides(padding), dilation: pair(dilation), groups };
}

/** Extents of the output image: ⌊(size + padding − dilation·(kernel − 1) − 1) / stride⌋ + 1. */
export function convolvedSize(image: Pair, kernel: Pair, { stride, padding, dilation }: Omit<Convolution, "groups">): Pair {
  const extent = (axis: 0 | 1) =>
    Math.floor(
      (image[axis] + padding[axis]! + padding[axis + 2]! - dilation[axis] * (kernel[axis] - 1) - 1) / stride[axis],
    ) + 1;
  return [extent(0), extent(1)];
}

const spatial = (shape: Shape): Pair => [shape[2]!, shape[3]!];

const conv2dOperator: Operator<Convolution> = {
  name: "conv2d",
  infer: ([x, weight, bias], options) => {
    requireFloat(x!, weight!);
    requireRank(x!, 4);
    requireRank(weight!, 4, "weight");
    const [n, channels] = x!.shape;
    const [outputs, perGroup] = weight!.shape;
    const { groups } = options;
    if (channels !== perGroup! * groups || outputs! % groups !== 0) {
      throw new StriateError(
        `an image with ${channels} channels does not fit weights ${describeShape(weight!.shape)} in ${groups} group(s)`,
      );
    }
    if (bias !== undefined && !sameShape(bias.shape, [outputs!])) {
      throw new StriateError(`bias must have shape (${outputs}), given ${describeShape(bias.shape)}`);
    }
    return { shape: [n!, outputs!, ...convolvedSize(spatial(x!.shape), spatial(weight!.shape), options)], dtype: "float32" };
  },
  gradient: ({ inputs: [x, weight, bias], attributes }, upstream) => [
    conv2dInputGradient(upstream, weight!, x!.shape, attributes),
    conv2dWeightGradient(x!, upstream, weight!.shape, attributes),
    ...(bias === undefined ? [] : [sum(upstream, [0, 2, 3])]),
  ],
  lower: (node, emitter) => lowerConvolution(node, emitter, {}),
};

/**
 * Cross-correlation of images (N, C, H, W) with weights (O, C / groups, kernel height, kernel width), plus an optional
 * bias (O): what deep learning calls a convolution.
 */
export function conv2d(
  x: Tensor,
  weight: Tensor,
  options: ConvolutionOptions & { readonly bias?: Tensor | undefined } = {},
): Tensor {
  return apply(conv2dOperator, options.bias ? [x, weight, options.bias] : [x, weight], geometry(options));
}

interface InputGradientAttributes extends Convolution {
  readonly inputShape: Shape;
}

const inputGradientOperator: Operator<InputGradientAttributes> = {
  name: "conv2dInputGradient",
  infer: (_inputs, { inputShape }) => ({ shape: inputShape, dtype: "float32" }),
  gradient: ({ inputs: [upstreamOfConv, weight], attributes }, upstream) => {
    const { inputShape: _, ...options } = attributes as InputGradientAttributes;
    return [conv2d(upstream, weight!, options), conv2dWeightGradient(upstream, upstreamOfConv!, weight!.shape, options)];
  },
  lower: (node, emitter) => lowerConvolution(node, emitter, {}),
};

/** The gradient of a convolution with respect to its image, from the gradient with respect to its output. */
export function conv2dInputGradient(upstream: Tensor, weight: Tensor, inputShape: Shape, options: Convolution): Tensor {
  return apply(inputGradientOperator, [upstream, weight], { ...options, inputShape });
}

interface WeightGradientAttributes extends Convolution {
  readonly weightShape: Shape;
}

const weightGradientOperator: Operator<WeightGradientAttributes> = {
  name: "conv2dWeightGradient",
  infer: (_inputs, { weightShape }) => ({ shape: weightShape, dtype: "float32" }),
  gradient: ({ inputs: [x, upstreamOfConv], attributes }, upstream) => {
    const { weightShape: _, ...options } = attributes as WeightGradientAttributes;
    return [conv2dInputGradient(upstreamOfConv!, upstream, x!.shape, options), conv2d(x!, upstream, options)];
  },
  lower: lowerWeightGradient,
};

/** The gradient of a convolution with respect to its weights, from the gradient with respect to its output. */
export function conv2dWeightGradient(x: Tensor, upstream: Tensor, weightShape: Shape, options: Convolution): Tensor {
  return apply(weightGradientOperator, [x, upstream], { ...options, weightShape });
}

// ---- lowering ----------------------------------------------------------------------------------------------------

/** What the runtime's convolution can do in the same pass over its output. */
export interface Epilogue {
  /** Added to the output; it must have the output's shape. */
  readonly sum?: Tensor;
  readonly relu?: boolean;
}

/** A convolution that the blocked layout can run, forward or as an input gradient, with its padding there. */
function blockedForm(node: Tensor, emitter: Emitter): { padding: Sides; depthwise: boolean } | undefined {
  const isConvolution = node.operator === conv2dOperator || node.operator === inputGradientOperator;
  if (!isConvolution || !emitter.canBlock(node)) return undefined;
  const { block } = emitter;
  const weightShape = node.inputs[1]!.shape;
  const { groups, padding, stride, dilation } = node.attributes as Convolution;
  const depthwise = groups > 1 && weightShape[1] === 1 && groups === weightShape[0];
  if (groups > 1 && !depthwise) return undefined;
  if (node.operator === conv2dOperator) {
    const channels = node.inputs[0]!.shape[1]!;
    return channels % block === 0 || channels < block ? { padding, depthwise } : undefined;
  }
  if (!emitter.canBlock(node.inputs[0]!)) return undefined;
  if (stride[0] !== 1 || stride[1] !== 1) return undefined;
  const flipped = padding.map((side, i) => dilation[i % 2]! * (weightShape[2 + (i % 2)]! - 1) - side);
  return flipped.every((side) => side >= 0) ? { padding: flipped as unknown as Sides, depthwise } : undefined;
}

/**
 * Marks the convolutions whose only user is an addition or a ReLU, so that they are emitted with it in one pass.
 */
export function planFusion(order: readonly Tensor[], emitter: Emitter, isRelu: (node: Tensor) => boolean): void {
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

export function lowerConvolution(node: Tensor, emitter: Emitter, epilogue: Epilogue): Lowered {
  const form = blockedForm(node, emitter);
  if (form !== undefined) return lowerBlocked(node, emitter, form, epilogue);
  if (node.operator === conv2dOperator) return lowerPortable(node, emitter);
  const { stride } = node.attributes as Convolution;
  if (canSplitPhases(node, emitter)) return lowerPhases(node, emitter);
  return stride[0] === 1 && stride[1] === 1 ? lowerFlipped(node, emitter) : lowerTransposed(node, emitter);
}

const convolutionAttributes = (kernel: Pair, { stride, dilation, groups }: Convolution, padding: Sides) => ({
  kernel_shape: kernel,
  strides: stride,
  dilations: dilation,
  group: groups,
  pads: padding,
});

function lowerPortable(node: Tensor, emitter: Emitter): string {
  const { padding } = node.attributes as Convolution;
  const attributes = convolutionAttributes(spatial(node.inputs[1]!.shape), node.attributes, padding);
  return emitter.op(
    "Conv",
    node.inputs.map((input) => emitter.plain(input)),
    attributes,
  );
}

function lowerBlocked(
  node: Tensor,
  emitter: Emitter,
  { padding, depthwise }: { padding: Sides; depthwise: boolean },
  { sum, relu }: Epilogue,
): Lowered {
  const [x, weight, bias] = node.inputs as [Tensor, Tensor, Tensor | undefined];
  const isGradient = node.operator === inputGradientOperator;
  const image = x.shape[1]! % emitter.block === 0 ? emitter.blocked(x) : emitter.plain(x);
  const filter = depthwise ? blockedDepthwise(weight, emitter, isGradient) : blockedWeight(weight, emitter, isGradient);
  const inputs = [image, filter];
  if (bias !== undefined || sum !== undefined) inputs.push(bias === undefined ? "" : emitter.plain(bias));
  if (sum !== undefined) inputs.push(emitter.blocked(sum));
  const attributes = convolutionAttributes(spatial(weight.shape), node.attributes, padding);
  const name = emitter.nchwc("Conv", inputs, relu ? { ...attributes, activation: "Relu" } : attributes);
  return { name, layout: "blocked" };
}

const reversedTaps = (height: number, width: number) => Array.from({ length: height * width }, (_, i) => height * width - 1 - i);

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
    let split = emitter.reshape(emitter.plain(weight), [outputs / block, block, inputs / block, block, taps]);
    if (!isGradient) {
      return emitter.reshape(emitter.op("Transpose", [split], { perm: [0, 2, 4, 3, 1] }), weight.shape);
    }
    if (taps > 1) split = emitter.op("Gather", [split, emitter.ints(reversedTaps(height, width))], { axis: 4 });
    return emitter.reshape(emitter.op("Transpose", [split], { perm: [2, 0, 4, 1, 3] }), [inputs, outputs, height, width]);
  });
}

function blockedDepthwise(weight: Tensor, emitter: Emitter, isGradient: boolean): string {
  return emitter.once(`blocked depthwise ${weight.id} ${isGradient}`, () => {
    const [channels, , height, width] = weight.shape as [number, number, number, number];
    let split = emitter.reshape(emitter.plain(weight), [channels / emitter.block, emitter.block, height * width]);
    if (isGradient) split = emitter.op("Gather", [split, emitter.ints(reversedTaps(height, width))], { axis: 2 });
    return emitter.reshape(emitter.op("Transpose", [split], { perm: [0, 2, 1] }), weight.shape);
  });
}

/** Stride 1: a convolution with the flipped weights. */
function lowerFlipped(node: Tensor, emitter: Emitter): string {
  const [upstream, weight] = node.inputs as [Tensor, Tensor];
  const { padding, dilation, groups } = node.attributes as InputGradientAttributes;
  const [outputs, perGroup, height, width] = weight.shape as [number, number, number, number];
  const flippedPadding = padding.map((side, i) => dilation[i % 2]! * (weight.shape[2 + (i % 2)]! - 1) - side);
  if (flippedPadding.some((side) => side < 0)) return lowerTransposed(node, emitter);
  const flipped = emitter.once(`flipped weight ${weight.id} ${groups}`, () => {
    const split = emitter.reshape(emitter.plain(weight), [groups, outputs / groups, perGroup, height * width]);
    const reversed = emitter.op("Gather", [split, emitter.ints(reversedTaps(height, width))], { axis: 3 });
    const swapped = emitter.op("Transpose", [reversed], { perm: [0, 2, 1, 3] });
    return emitter.reshape(swapped, [groups * perGroup, outputs / groups, height, width]);
  });
  const attributes = convolutionAttributes([height, width], node.attributes, flippedPadding as unknown as Sides);
  return emitter.op("Conv", [emitter.plain(upstream), flipped], attributes);
}

function lowerTransposed(node: Tensor, emitter: Emitter): string {
  const [upstream, weight] = node.inputs as [Tensor, Tensor];
  const options = node.attributes as InputGradientAttributes;
  const { stride, padding, dilation, inputShape } = options;
  const [height, width] = spatial(weight.shape);
  const kernel = [height, width];
  const outputPadding = [0, 1].map(
    (axis) =>
      inputShape[2 + axis]! -
      (stride[axis]! * (upstream.shape[2 + axis]! - 1) + dilation[axis]! * (kernel[axis]! - 1) + 1 - padding[axis]! - padding[axis + 2]!),
  );
  const attributes = { ...convolutionAttributes([height, width], options, padding), output_padding: outputPadding };
  return emitter.op("ConvTranspose", [emitter.plain(upstream), emitter.plain(weight)], attributes);
}

function canSplitPhases(node: Tensor, emitter: Emitter): boolean {
  const { groups, dilation, stride } = node.attributes as InputGradientAttributes;
  return (
    groups === 1 &&
    dilation[0] === 1 &&
    dilation[1] === 1 &&
    stride[0] * stride[1] > 1 &&
    emitter.canBlock(node) &&
    emitter.canBlock(node.inputs[0]!)
  );
}

/**
 * With stride s the input pixels fall into s × s phases, each of which sees its own few taps. One stride-1 convolution
 * computes all phases as extra output channels; a gather puts the pixels in their places.
 */
function lowerPhases(node: Tensor, emitter: Emitter): Lowered {
  const [upstream, weight] = node.inputs as [Tensor, Tensor];
  const { stride, padding, inputShape } = node.attributes as InputGradientAttributes;
  const { block } = emitter;
  const [outputs, inputs, ...kernel] = weight.shape as [number, number, number, number];
  const [n, , ...image] = inputShape as [number, number, number, number];
  const axes = [0, 1].map((axis) => phasesAlong(kernel[axis]!, stride[axis]!, padding[axis]!));
  const [vertical, horizontal] = axes as [Phases, Phases];
  const window: Pair = [vertical.taps[0]!.length, horizontal.taps[0]!.length];
  const phases = stride[0] * stride[1];

  const filter = emitter.once(`phase weight ${weight.id} ${stride} ${padding}`, () => {
    const byTap = emitter.op("Transpose", [emitter.reshape(emitter.plain(weight), [outputs, inputs, kernel[0]! * kernel[1]!])], {
      perm: [2, 1, 0],
    });
    const none = emitter.constant(new Float32Array(inputs * outputs), [1, inputs, outputs]);
    const taps = emitter.op("Concat", [byTap, none], { axis: 0 });
    const missing = kernel[0]! * kernel[1]!;
    const chosen = vertical.taps.flatMap((rows) =>
      horizontal.taps.flatMap((columns) =>
        rows.flatMap((row) => columns.map((column) => (row < 0 || column < 0 ? missing : row * kernel[1]! + column))),
      ),
    );
    const gathered = emitter.op("Gather", [taps, emitter.ints(chosen)], { axis: 0 });
    const split = emitter.reshape(gathered, [phases, window[0] * window[1], inputs / block, block, outputs / block, block]);
    return emitter.reshape(emitter.op("Transpose", [split], { perm: [0, 2, 4, 1, 5, 3] }), [phases * inputs, outputs, ...window]);
  });

  const size = [0, 1].map((axis) => Math.ceil(image[axis]! / stride[axis]!));
  const pads = axes.map(({ lowest }, axis) => {
    const before = -lowest;
    return [before, size[axis]! - 1 - before + window[axis]! - 1 - (upstream.shape[2 + axis]! - 1)] as const;
  });
  const [top, bottom] = pads[0]!;
  const [left, right] = pads[1]!;
  const [cropBottom, cropRight] = [Math.min(0, bottom), Math.min(0, right)];
  const rows = size[0]! - cropBottom;
  const columns = size[1]! - cropRight;
  const convolved = emitter.nchwc("Conv", [emitter.blocked(upstream), filter], {
    kernel_shape: window,
    strides: [1, 1],
    dilations: [1, 1],
    group: 1,
    pads: [top, left, Math.max(0, bottom), Math.max(0, right)],
  });

  const perPhase = (inputs / block) * rows * columns;
  const places = new Int32Array((inputs / block) * image[0]! * image[1]!);
  let at = 0;
  for (let c = 0; c < inputs / block; c++) {
    for (let y = 0; y < image[0]!; y++) {
      for (let x = 0; x < image[1]!; x++) {
        const phase = (y % stride[0]) * stride[1] + (x % stride[1]);
        places[at++] = phase * perPhase + (c * rows + Math.floor(y / stride[0])) * columns + Math.floor(x / stride[1]);
      }
    }
  }
  const pixels = emitter.reshape(convolved, [n, phases * perPhase, block]);
  const indices = emitter.once(`phase places ${inputShape.slice(1)} ${stride} ${rows} ${columns}`, () =>
    emitter.constant(places, [places.length], "int32"),
  );
  return { name: emitter.reshape(emitter.op("Gather", [pixels, indices], { axis: 1 }), inputShape), layout: "blocked" };
}

interface Phases {
  /** For each phase, the kernel tap at each offset of the window; −1 where it has none. */
  readonly taps: number[][];
  /** The window's first output pixel relative to the input pixel divided by the stride. */
  readonly lowest: number;
}

/**
 * Input pixel s·i + a receives tap t from output pixel o when s·i + a + p − t = s·o: for phase a the taps are
 * t ≡ a + p (mod s), and o − i = (a + p − t) / s.
 */
function phasesAlong(kernel: number, stride: number, padding: number): Phases {
  const offsets = Array.from({ length: stride }, (_, phase) =>
    Array.from({ length: kernel }, (_, tap) => ({ tap, offset: (phase + padding - tap) / stride })).filter(({ offset }) =>
      Number.isInteger(offset),
    ),
  );
  const all = offsets.flat().map(({ offset }) => offset);
  const lowest = Math.min(0, ...all);
  const highest = Math.max(0, ...all);
  const taps = offsets.map((found) => {
    const window = new Array<number>(highest - lowest + 1).fill(-1);
    for (const { tap, offset } of found) window[offset - lowest] = tap;
    return window;
  });
  return { taps, lowest };
}

/**
 * Gathers the patch under every output pixel into a row, then multiplies patches by upstream gradients: a few images
 * at a time, so that the multiplication has a batch to spread over the threads.
 */
function lowerWeightGradient(node: Tensor, emitter: Emitter): string {
  const [x, upstream] = node.inputs as [Tensor, Tensor];
  const { groups, weightShape } = node.attributes as WeightGradientAttributes;
  const [outputs, perGroup, height, width] = weightShape as [number, number, number, number];
  const [n, channels] = x.shape as [number, number];
  const taps = height * width;
  const pixels = upstream.shape[2]! * upstream.shape[3]!;
  const patches = gatherPatches(x, upstream, node.attributes, emitter);
  const gradients = emitter.rows(upstream);
  if (groups === 1) {
    const chunks = chunkCount(n, taps * channels * outputs);
    const left = emitter.reshape(patches, [chunks, (n / chunks) * pixels, taps * channels]);
    const right = emitter.reshape(gradients, [chunks, (n / chunks) * pixels, outputs]);
    const product = emitter.op("FusedMatMul", [left, right], { transA: 1, transB: 0, alpha: 1 }, MICROSOFT);
    const total = emitter.op("ReduceSum", [product, emitter.ints([0])], { keepdims: 0 });
    const byTap = emitter.reshape(total, [taps, channels, outputs]);
    return emitter.reshape(emitter.op("Transpose", [byTap], { perm: [2, 1, 0] }), weightShape);
  }
  const split = emitter.reshape(patches, [n * pixels, taps, groups, perGroup]);
  const left = emitter.reshape(emitter.op("Transpose", [split], { perm: [2, 1, 3, 0] }), [groups, taps * perGroup, n * pixels]);
  const right = emitter.op("Transpose", [emitter.reshape(gradients, [n * pixels, groups, outputs / groups])], { perm: [1, 0, 2] });
  const product = emitter.reshape(emitter.op("MatMul", [left, right]), [groups, taps, perGroup, outputs / groups]);
  return emitter.reshape(emitter.op("Transpose", [product], { perm: [0, 3, 2, 1] }), weightShape);
}

/** N, output pixels, taps, C: the patch of x under each pixel of the convolution's output. */
function gatherPatches(x: Tensor, upstream: Tensor, options: Convolution, emitter: Emitter): string {
  const { weightShape, stride, padding, dilation } = options as WeightGradientAttributes;
  const key = `patches ${x.id} ${weightShape.slice(2)} ${stride} ${padding} ${dilation}`;
  return emitter.once(key, () => {
    const [n, channels, height, width] = x.shape as [number, number, number, number];
    const places = new Int32Array(upstream.shape[2]! * upstream.shape[3]! * weightShape[2]! * weightShape[3]!);
    const outside = height * width;
    let at = 0;
    for (let row = 0; row < upstream.shape[2]!; row++) {
      for (let column = 0; column < upstream.shape[3]!; column++) {
        for (let i = 0; i < weightShape[2]!; i++) {
          for (let j = 0; j < weightShape[3]!; j++) {
            const y = row * stride[0] - padding[0] + i * dilation[0];
            const z = column * stride[1] - padding[1] + j * dilation[1];
            places[at++] = y < 0 || y >= height || z < 0 || z >= width ? outside : y * width + z;
          }
        }
      }
    }
    let rows = emitter.rows(x);
    if (places.includes(outside)) {
      const zeros = emitter.constant(new Float32Array(n * channels), [n, 1, channels]);
      rows = emitter.op("Concat", [rows, zeros], { axis: 1 });
    }
    return emitter.op("Gather", [rows, emitter.constant(places, [places.length], "int32")], { axis: 1 });
  });
}

/** How many parts of a batch of n to multiply apart: up to 8, fewer when each product is large. */
function chunkCount(n: number, productSize: number): number {
  let chunks = Math.max(1, Math.min(8, Math.floor(2_000_000 / productSize)));
  while (n % chunks !== 0) chunks--;
  return chunks;
}
