import { type Emitter, MICROSOFT } from "../emitter.ts";
import type { Tensor } from "../tensor.ts";
import {
  type ConvolutionWeightGradient,
  convolutionAttributes,
  convolvedSize,
  type Pair,
  spatial,
} from "./conv2d-geometry.ts";

/** Above this many channels the runtime gathers pixels faster than it convolves with an identity. */
const FEW_CHANNELS = 16;
/** Above this many taps a patch is put together row by row. */
const SMALL_KERNEL = 25;

/**
 * The weight gradient is a product of the patch under every output pixel with the upstream gradient there, summed over
 * the pixels of all images. How the patches are collected decides the speed.
 */
export function lowerWeightGradient(node: Tensor, emitter: Emitter): string {
  const { groups, weightShape } = node.attributes as ConvolutionWeightGradient;
  const channels = node.inputs[0]!.shape[1]!;
  if (groups === channels && weightShape[0] === channels) return lowerByChannel(node, emitter);
  return groups === 1 && channels >= FEW_CHANNELS
    ? lowerGathered(node, emitter)
    : lowerConvolved(node, emitter);
}

/**
 * Gathers pixels with all their channels at once. The product runs over a few images at a time, so that it is a batch
 * to spread over the threads.
 */
function lowerGathered(node: Tensor, emitter: Emitter): string {
  const [x, upstream] = node.inputs as [Tensor, Tensor];
  const { weightShape } = node.attributes as ConvolutionWeightGradient;
  const [outputs, channels, height, width] = weightShape as [number, number, number, number];
  const n = x.shape[0]!;
  const taps = height * width;
  const pixels = upstream.shape[2]! * upstream.shape[3]!;
  const chunks = chunkCount(n, taps * channels * outputs);
  const perChunk = (n / chunks) * pixels;
  const left = emitter.reshape(gatheredPatches(node, emitter), [chunks, perChunk, taps * channels]);
  const right = emitter.reshape(emitter.rows(upstream), [chunks, perChunk, outputs]);
  const product = emitter.op("FusedMatMul", [right, left], { transA: 1, transB: 0, alpha: 1 }, MICROSOFT);
  const total = emitter.op("ReduceSum", [product, emitter.ints([0])], { keepdims: 0 });
  const byTap = emitter.reshape(total, [outputs, taps, channels]);
  return emitter.reshape(emitter.op("Transpose", [byTap], { perm: [0, 2, 1] }), weightShape);
}

/** N, output pixels, taps, C: the patch of x under each pixel of the convolution's output. */
function gatheredPatches(node: Tensor, emitter: Emitter): string {
  const [x, upstream] = node.inputs as [Tensor, Tensor];
  const options = node.attributes as ConvolutionWeightGradient;
  return emitter.once(patchesKey(node), () => {
    const [n, channels, height, width] = x.shape as [number, number, number, number];
    const places = patchPlaces([height, width], spatial(upstream.shape), options);
    let rows = emitter.rows(x);
    if (places.includes(height * width)) {
      const zeros = emitter.constant(new Float32Array(n * channels), [n, 1, channels]);
      rows = emitter.op("Concat", [rows, zeros], { axis: 1 });
    }
    return emitter.op("Gather", [rows, emitter.constant(places, [places.length], "int32")], { axis: 1 });
  });
}

/** For each output pixel and each tap, the pixel of the image that lies there; height · width where none does. */
function patchPlaces(
  [height, width]: Pair,
  [rows, columns]: Pair,
  options: ConvolutionWeightGradient,
): Int32Array {
  const { weightShape, stride, padding, dilation } = options;
  const [kernelHeight, kernelWidth] = spatial(weightShape);
  const places = new Int32Array(rows * columns * kernelHeight * kernelWidth);
  let at = 0;
  for (let row = 0; row < rows; row++) {
    for (let column = 0; column < columns; column++) {
      for (let i = 0; i < kernelHeight; i++) {
        for (let j = 0; j < kernelWidth; j++) {
          const y = row * stride[0] - padding[0] + i * dilation[0];
          const x = column * stride[1] - padding[1] + j * dilation[1];
          places[at++] = y < 0 || y >= height || x < 0 || x >= width ? height * width : y * width + x;
        }
      }
    }
  }
  return places;
}

/**
 * Where every channel has a kernel of its own, the gradient of that kernel is the correlation of the channel with the
 * upstream gradient: a convolution by channel whose kernels are the upstream images, with stride and dilation exchanged.
 */
function lowerByChannel(node: Tensor, emitter: Emitter): string {
  const [x, upstream] = node.inputs as [Tensor, Tensor];
  const { weightShape, stride, dilation, padding } = node.attributes as ConvolutionWeightGradient;
  const [n, channels, height, width] = x.shape as [number, number, number, number];
  const kernel = spatial(weightShape);
  const groups = n * channels;
  const size = spatial(upstream.shape);
  const image = emitter.reshape(emitter.plain(x), [1, groups, height, width]);
  const filter = emitter.reshape(emitter.plain(upstream), [groups, 1, ...size]);
  const options = { stride: dilation, dilation: stride, padding, groups };
  const products = emitter.op("Conv", [image, filter], convolutionAttributes(size, options, padding));
  const found = convolvedSize([height, width], size, options);
  const byImage = emitter.reshape(products, [n, channels, ...found]);
  const total = emitter.op("ReduceSum", [byImage, emitter.ints([0])], { keepdims: 0 });
  const isWhole = found[0] === kernel[0] && found[1] === kernel[1];
  // rows and columns that the stride left over lie beyond the kernel
  const taps = isWhole
    ? total
    : emitter.op("Slice", [total, emitter.ints([0, 0]), emitter.ints(kernel), emitter.ints([1, 2])]);
  return emitter.reshape(taps, weightShape);
}

/** How many parts of a batch of n to multiply apart: up to 8, fewer when each product is large. */
function chunkCount(n: number, productSize: number): number {
  let chunks = Math.max(1, Math.min(8, Math.floor(2_000_000 / productSize)));
  while (n % chunks !== 0) chunks--;
  return chunks;
}

/**
 * Collects patches by convolving each channel with an identity, one output channel for each tap: with few channels, or
 * with groups, a gather would copy single numbers. Every image is multiplied apart.
 */
function lowerConvolved(node: Tensor, emitter: Emitter): string {
  const [x, upstream] = node.inputs as [Tensor, Tensor];
  const { groups, weightShape } = node.attributes as ConvolutionWeightGradient;
  const [outputs, perGroup, height, width] = weightShape as [number, number, number, number];
  const n = x.shape[0]!;
  const pixels = upstream.shape[2]! * upstream.shape[3]!;
  const byRow = height > 1 && height * width > SMALL_KERNEL;
  const patches = byRow ? patchesByRow(node, emitter) : convolvedPatches(node, [height, width], emitter);
  const left = emitter.reshape(emitter.plain(upstream), [n, groups, outputs / groups, pixels]);
  const right = emitter.reshape(patches, [n, groups, perGroup * height * width, pixels]);
  const product = emitter.op("FusedMatMul", [left, right], { transA: 0, transB: 1, alpha: 1 }, MICROSOFT);
  const total = emitter.op("ReduceSum", [product, emitter.ints([0])], { keepdims: 0 });
  if (!byRow) return emitter.reshape(total, weightShape);
  const byColumn = emitter.reshape(total, [outputs, perGroup, width, height]);
  return emitter.op("Transpose", [byColumn], { perm: [0, 1, 3, 2] });
}

/** N, C · taps, …: what each tap of this kernel sees. A kernel of one row moves over every row of the padded image. */
function convolvedPatches(node: Tensor, kernel: Pair, emitter: Emitter): string {
  return emitter.once(`${patchesKey(node)} ${kernel}`, () => {
    const x = node.inputs[0]!;
    const channels = x.shape[1]!;
    const { stride, padding, dilation, weightShape } = node.attributes as ConvolutionWeightGradient;
    const taps = kernel[0] * kernel[1];
    const identity = new Float32Array(channels * taps * taps);
    for (let row = 0; row < channels * taps; row++) identity[row * taps + (row % taps)] = 1;
    const isWhole = kernel[0] === weightShape[2];
    const options = {
      stride: [isWhole ? stride[0] : 1, stride[1]] as const,
      dilation: [isWhole ? dilation[0] : 1, dilation[1]] as const,
      groups: channels,
      padding,
    };
    const filter = emitter.constant(identity, [channels * taps, 1, ...kernel]);
    return emitter.op("Conv", [emitter.plain(x), filter], convolutionAttributes(kernel, options, padding));
  });
}

/** N, C · kernel columns, kernel rows · output rows, output columns. */
function patchesByRow(node: Tensor, emitter: Emitter): string {
  return emitter.once(patchesKey(node), () => {
    const { stride, dilation, weightShape } = node.attributes as ConvolutionWeightGradient;
    const [height, width] = spatial(weightShape);
    const outputRows = node.inputs[1]!.shape[2]!;
    const rows = Array.from({ length: height * outputRows }, (_, i) => {
      const [tap, row] = [Math.floor(i / outputRows), i % outputRows];
      return row * stride[0] + tap * dilation[0];
    });
    const columns = convolvedPatches(node, [1, width], emitter);
    return emitter.op("Gather", [columns, emitter.constant(rows, [rows.length], "int32")], { axis: 2 });
  });
}

/** The same for weight gradients that need the same patches, as at every step of a network with a constant input. */
function patchesKey(node: Tensor): string {
  const { weightShape, stride, padding, dilation } = node.attributes as ConvolutionWeightGradient;
  return `patches ${node.inputs[0]!.id} ${weightShape.slice(2)} ${stride} ${padding} ${dilation}`;
}
