import { sizeOf } from "../../tensor/index.ts";
import type { Conv2dNode, Operation } from "../graph/index.ts";
import { broadcastNumbers } from "./layout.ts";
import { applySparse, composeSparse, type SparseMap, sparseMapOf } from "./sparse-map.ts";

/** Values as they are. */
export interface Identity {
  readonly kind: "identity";
}

/** A convolution of images (C, H, W), without groups or dilation. */
export interface ConvolutionMap {
  readonly kind: "convolution";
  /** (outputs, inputs, kernel height, kernel width). */
  readonly weight: Float32Array;
  readonly outputs: number;
  readonly inputs: number;
  readonly kernel: readonly [number, number];
  readonly stride: readonly [number, number];
  /** Above and to the left. */
  readonly padding: readonly [number, number];
  /** Rows and columns of the source that count; the ones after them are left out. */
  readonly extent: readonly [number, number];
}

/** A linear layer, (outputs, units of the source). */
export interface MatrixMap {
  readonly kind: "matrix";
  readonly weight: Float32Array;
  readonly outputs: number;
}

/** What happens to spikes between two populations. */
export type LinearMap = Identity | SparseMap | ConvolutionMap | MatrixMap;

export interface Step {
  readonly operation: Operation;
  /** Shapes of the operation's input and output. */
  readonly from: readonly number[];
  readonly to: readonly number[];
  /** How far along its axis a concatenated input begins. */
  readonly before: number;
}

/** Weights of a matrix that is made larger by what comes before it, at most. */
const MOST_WEIGHTS = 2 ** 28;

/** First `map`, then a linear operation; undefined where the two are no map of one kind. */
export function extend(map: LinearMap, step: Step, source: readonly number[]): LinearMap | undefined {
  const { operation, from, to, before } = step;
  const isMove = operation.type === "output" || operation.type === "sum" || operation.type === "reshape";
  if (isMove) return map;
  if (operation.type === "linear" && from.length === 1) {
    const [outputs] = operation.weight.shape as [number];
    const weight = operation.weight.data;
    if (map.kind === "identity") return { kind: "matrix", weight, outputs };
    if (map.kind !== "sparse" || outputs * sizeOf(source) > MOST_WEIGHTS) return undefined;
    return { kind: "matrix", weight: afterSparse(map, weight, outputs, from[0]!), outputs };
  }
  if (operation.type === "conv2d" && operation.groups === 1) {
    const convolution = convolutionOf(operation, from);
    if (map.kind === "identity") return convolution;
    if (map.kind === "sparse" && source.length === 3) return afterChannels(map, convolution, source, from);
    return undefined;
  }
  if (operation.type === "scale" && (map.kind === "convolution" || map.kind === "matrix")) {
    return scaledOutputs(map, broadcastNumbers(operation.scale, to), to);
  }
  if (map.kind === "convolution") return undefined;
  const next = sparseMapOf(operation, from, to, before);
  if (next === undefined) return undefined;
  if (map.kind === "identity") return next;
  return map.kind === "sparse" ? composeSparse(map, next) : matrixThenSparse(map, next, sizeOf(to));
}

/** A pool and the convolution after it as one convolution of what the pool takes; undefined where borders forbid it. */
export function poolThenConvolution(pool: Step, convolution: Step): ConvolutionMap | undefined {
  const { operation, from } = pool;
  if (operation.type !== "sumPool2d" && operation.type !== "averagePool2d") return undefined;
  if (convolution.operation.type !== "conv2d" || convolution.operation.groups !== 1) return undefined;
  const { kernel, stride, padding } = operation;
  if (kernel.join() !== stride.join() || padding.some((side) => side > 0)) return undefined;
  const inner = convolutionOf(convolution.operation, convolution.from);
  const [high, wide] = kernel;
  const factor = operation.type === "sumPool2d" ? 1 : 1 / (high * wide);
  const [rows, columns] = [inner.kernel[0] * high, inner.kernel[1] * wide];
  const planes = inner.outputs * inner.inputs;
  const weight = new Float32Array(planes * rows * columns);
  for (let plane = 0; plane < planes; plane++) {
    for (let i = 0; i < rows; i++) {
      for (let j = 0; j < columns; j++) {
        const tap = Math.floor(i / high) * inner.kernel[1] + Math.floor(j / wide);
        weight[(plane * rows + i) * columns + j] =
          factor * inner.weight[plane * inner.kernel[0] * inner.kernel[1] + tap]!;
      }
    }
  }
  return {
    ...inner,
    weight,
    kernel: [rows, columns],
    stride: [inner.stride[0] * high, inner.stride[1] * wide],
    padding: [inner.padding[0] * high, inner.padding[1] * wide],
    extent: [Math.floor(from[1]! / high) * high, Math.floor(from[2]! / wide) * wide],
  };
}

/** What a linear operation makes of a constant, without its bias; undefined where only running it would tell. */
export function applyToConstant(constant: Float32Array, step: Step): Float32Array | undefined {
  const { operation, from, to, before } = step;
  if (operation.type === "linear" && from.length === 1) {
    const [outputs, inputs] = operation.weight.shape as [number, number];
    const result = new Float32Array(outputs);
    for (let o = 0; o < outputs; o++) {
      let sum = 0;
      for (let i = 0; i < inputs; i++) sum += operation.weight.data[o * inputs + i]! * constant[i]!;
      result[o] = sum;
    }
    return result;
  }
  const map = sparseMapOf(operation, from, to, before);
  return map && applySparse(map, constant, sizeOf(to));
}

function convolutionOf(
  { weight, stride, padding, dilation }: Conv2dNode,
  from: readonly number[],
): ConvolutionMap {
  const [outputs, inputs, height, width] = weight.shape as [number, number, number, number];
  const [, rows, columns] = from as [number, number, number];
  const common = { kind: "convolution", outputs, inputs, stride, extent: [rows, columns] } as const;
  const place = [padding[0], padding[1]] as const;
  if (dilation[0] === 1 && dilation[1] === 1) {
    return { ...common, weight: weight.data, kernel: [height, width], padding: place };
  }
  // dilation as a larger kernel with zeros between
  const kernel = [(height - 1) * dilation[0] + 1, (width - 1) * dilation[1] + 1] as const;
  const data = new Float32Array(outputs * inputs * kernel[0] * kernel[1]);
  for (let plane = 0; plane < outputs * inputs; plane++) {
    for (let i = 0; i < height; i++) {
      for (let j = 0; j < width; j++) {
        data[(plane * kernel[0] + i * dilation[0]) * kernel[1] + j * dilation[1]] =
          weight.data[(plane * height + i) * width + j]!;
      }
    }
  }
  return { ...common, weight: data, kernel, padding: place };
}

function afterSparse(map: SparseMap, weight: Float32Array, outputs: number, inputs: number): Float32Array {
  const size = map.starts.length - 1;
  const result = new Float32Array(outputs * size);
  for (let s = 0; s < size; s++) {
    for (let i = map.starts[s]!; i < map.starts[s + 1]!; i++) {
      for (let o = 0; o < outputs; o++) {
        result[o * size + s]! += map.weights[i]! * weight[o * inputs + map.targets[i]!]!;
      }
    }
  }
  return result;
}

/** A convolution of channels that are chosen, moved or scaled before, place for place. */
function afterChannels(
  map: SparseMap,
  convolution: ConvolutionMap,
  source: readonly number[],
  from: readonly number[],
): ConvolutionMap | undefined {
  const [inputs, height, width] = source as [number, number, number];
  const plane = height * width;
  if (from[1] !== height || from[2] !== width) return undefined;
  const taps = convolution.kernel[0] * convolution.kernel[1];
  const weight = new Float32Array(convolution.outputs * inputs * taps);
  for (let c = 0; c < inputs; c++) {
    const first = map.starts[c * plane]!;
    const count = map.starts[c * plane + 1]! - first;
    if (count > 1) return undefined;
    const target = count === 1 ? map.targets[first]! : 0;
    const factor = count === 1 ? map.weights[first]! : 0;
    if (target % plane !== 0) return undefined;
    for (let p = 0; p < plane; p++) {
      const at = map.starts[c * plane + p]!;
      if (map.starts[c * plane + p + 1]! - at !== count) return undefined;
      if (count === 1 && (map.targets[at] !== target + p || map.weights[at] !== factor)) return undefined;
    }
    if (count === 0) continue;
    const channel = target / plane;
    for (let o = 0; o < convolution.outputs; o++) {
      for (let tap = 0; tap < taps; tap++) {
        weight[(o * inputs + c) * taps + tap] =
          factor * convolution.weight[(o * convolution.inputs + channel) * taps + tap]!;
      }
    }
  }
  return { ...convolution, weight, inputs };
}

/** Outputs times a factor; of a convolution, each channel has one. */
function scaledOutputs<M extends ConvolutionMap | MatrixMap>(
  map: M,
  scale: Float32Array,
  to: readonly number[],
): M | undefined {
  const perOutput = map.weight.length / map.outputs;
  const plane = sizeOf(to) / map.outputs;
  const factor = (o: number) => scale[scale.length === 1 ? 0 : o * plane]!;
  if (scale.length > 1 && plane > 1) {
    for (let unit = 0; unit < scale.length; unit++) {
      if (scale[unit] !== factor(Math.floor(unit / plane))) return undefined;
    }
  }
  const weight = map.weight.map((w, i) => w * factor(Math.floor(i / perOutput)));
  return { ...map, weight };
}

function matrixThenSparse(
  { weight, outputs }: MatrixMap,
  next: SparseMap,
  size: number,
): MatrixMap | undefined {
  const inputs = weight.length / outputs;
  if (size * inputs > MOST_WEIGHTS) return undefined;
  const result = new Float32Array(size * inputs);
  for (let o = 0; o < outputs; o++) {
    for (let i = next.starts[o]!; i < next.starts[o + 1]!; i++) {
      const target = next.targets[i]! * inputs;
      for (let k = 0; k < inputs; k++) result[target + k]! += next.weights[i]! * weight[o * inputs + k]!;
    }
  }
  return { kind: "matrix", weight: result, outputs: size };
}
