import { StriateError } from "../../error.ts";
import { sizeOf } from "../../tensor/index.ts";
import type { Operation } from "../graph/index.ts";
import { broadcastNumbers } from "./layout.ts";

/** A linear map by lists: unit s of the source reaches `targets[starts[s] … starts[s + 1]]` with those weights. */
export interface SparseMap {
  readonly kind: "sparse";
  readonly starts: Int32Array;
  readonly targets: Int32Array;
  readonly weights: Float32Array;
}

/** More entries than this take over half a gigabyte. */
const MOST_ENTRIES = 2 ** 26;

/** Collects (source, target, weight) in any order. */
class Entries {
  private readonly sources: number[] = [];
  private readonly targets: number[] = [];
  private readonly weights: number[] = [];

  add(source: number, target: number, weight: number): void {
    if (weight === 0) return;
    if (this.sources.length >= MOST_ENTRIES) {
      throw new StriateError(
        `a layer has more than ${MOST_ENTRIES} connections that are no convolution or linear layer`,
        "Use the dense engine for this network",
      );
    }
    this.sources.push(source);
    this.targets.push(target);
    this.weights.push(weight);
  }

  map(sourceSize: number): SparseMap {
    const starts = new Int32Array(sourceSize + 1);
    for (const source of this.sources) starts[source + 1]!++;
    for (let s = 0; s < sourceSize; s++) starts[s + 1]! += starts[s]!;
    const next = starts.slice();
    const targets = new Int32Array(this.sources.length);
    const weights = new Float32Array(this.sources.length);
    for (const [i, source] of this.sources.entries()) {
      const place = next[source]!++;
      targets[place] = this.targets[i]!;
      weights[place] = this.weights[i]!;
    }
    return { kind: "sparse", starts, targets, weights };
  }
}

export function identityMap(size: number): SparseMap {
  return {
    kind: "sparse",
    starts: Int32Array.from({ length: size + 1 }, (_, i) => i),
    targets: Int32Array.from({ length: size }, (_, i) => i),
    weights: new Float32Array(size).fill(1),
  };
}

/** First `a`, then `b`. */
export function composeSparse(a: SparseMap, b: SparseMap): SparseMap {
  const size = a.starts.length - 1;
  const entries = new Entries();
  for (let s = 0; s < size; s++) {
    const sums = new Map<number, number>();
    for (let i = a.starts[s]!; i < a.starts[s + 1]!; i++) {
      const middle = a.targets[i]!;
      for (let j = b.starts[middle]!; j < b.starts[middle + 1]!; j++) {
        const target = b.targets[j]!;
        sums.set(target, (sums.get(target) ?? 0) + a.weights[i]! * b.weights[j]!);
      }
    }
    for (const [target, weight] of sums) entries.add(s, target, weight);
  }
  return entries.map(size);
}

/** What a map makes of one array. */
export function applySparse(map: SparseMap, values: Float32Array, size: number): Float32Array {
  const result = new Float32Array(size);
  for (let s = 0; s < values.length; s++) {
    for (let i = map.starts[s]!; i < map.starts[s + 1]!; i++) {
      result[map.targets[i]!]! += values[s]! * map.weights[i]!;
    }
  }
  return result;
}

const strides = (shape: readonly number[]): number[] => shape.map((_, axis) => sizeOf(shape.slice(axis + 1)));

/** The place along every axis of element number `index`. */
function placeOf(index: number, shape: readonly number[]): number[] {
  const place = new Array<number>(shape.length);
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    place[axis] = index % shape[axis]!;
    index = Math.floor(index / shape[axis]!);
  }
  return place;
}

/**
 * A linear operation as a sparse map from its input number `inputNumber`, of shape `from`, to its output, of shape `to`;
 * undefined for operations that are none, or too dense to be one.
 *
 * @param before how far along its axis a concatenated input begins
 */
export function sparseMapOf(
  operation: Operation,
  from: readonly number[],
  to: readonly number[],
  before: number,
): SparseMap | undefined {
  const size = sizeOf(from);
  const step = strides(to);
  const entries = new Entries();
  const move = (target: (place: readonly number[]) => readonly number[] | undefined): SparseMap => {
    for (let s = 0; s < size; s++) {
      const place = target(placeOf(s, from));
      if (place !== undefined)
        entries.add(
          s,
          place.reduce((sum, at, axis) => sum + at * step[axis]!, 0),
          1,
        );
    }
    return entries.map(size);
  };
  switch (operation.type) {
    case "output":
    case "sum":
    case "reshape":
      return identityMap(size);
    case "transpose":
      return move((place) => operation.permutation.map((axis) => place[axis]!));
    case "concat":
      return move((place) => place.map((at, axis) => (axis === operation.axis ? at + before : at)));
    case "pad":
      return move((place) => place.map((at, axis) => at + operation.widths[axis]![0]));
    case "slice":
      return move((place) => {
        const result = [...place];
        for (const [i, axis] of operation.axes.entries()) {
          const at = (place[axis]! - operation.starts[i]!) / operation.steps[i]!;
          if (!Number.isInteger(at) || at < 0 || at >= operation.counts[i]!) return undefined;
          result[axis] = at;
        }
        return result;
      });
    case "scale": {
      const scale = broadcastNumbers(operation.scale, to);
      if (sizeOf(to) !== size) return undefined;
      for (let s = 0; s < size; s++) entries.add(s, s, scale.length === 1 ? scale[0]! : scale[s]!);
      return entries.map(size);
    }
    case "linear": {
      const [outputs, inputs] = operation.weight.shape as [number, number];
      for (let s = 0; s < size; s++) {
        const vector = Math.floor(s / inputs);
        for (let o = 0; o < outputs; o++) {
          entries.add(s, vector * outputs + o, operation.weight.data[o * inputs + (s % inputs)]!);
        }
      }
      return entries.map(size);
    }
    case "sumPool2d":
    case "averagePool2d": {
      const [kernelHeight, kernelWidth] = operation.kernel;
      const weight = operation.type === "sumPool2d" ? 1 : 1 / (kernelHeight * kernelWidth);
      const [padY, padX] = operation.padding;
      windows(from, to, operation, [padY, padX], (source, target) => entries.add(source, target, weight));
      return entries.map(size);
    }
    case "conv2d": {
      const { weight, groups } = operation;
      if (groups === 1) return undefined;
      const [outputs, perGroup, kernelHeight, kernelWidth] = weight.shape as [number, number, number, number];
      const [, height, width] = from as [number, number, number];
      const [, rows, columns] = to as [number, number, number];
      const perOutput = outputs / groups;
      const kernel = kernelHeight * kernelWidth;
      const geometry = { ...operation, kernel: [kernelHeight, kernelWidth] as const };
      const plane = [1, height, width];
      windows(plane, [1, rows, columns], geometry, operation.padding, (source, target, tap) => {
        for (let o = 0; o < outputs; o++) {
          const first = Math.floor(o / perOutput) * perGroup;
          for (let c = 0; c < perGroup; c++) {
            entries.add(
              (first + c) * height * width + source,
              o * rows * columns + target,
              weight.data[(o * perGroup + c) * kernel + tap]!,
            );
          }
        }
      });
      return entries.map(size);
    }
    default:
      return undefined;
  }
}

interface Windows {
  readonly kernel: readonly [number, number];
  readonly stride: readonly [number, number];
  readonly dilation?: readonly [number, number];
}

/** Every (source, target, place in the window) of windows over images (C, H, W). */
function windows(
  from: readonly number[],
  to: readonly number[],
  { kernel, stride, dilation = [1, 1] }: Windows,
  [top, left]: readonly number[],
  visit: (source: number, target: number, tap: number) => void,
): void {
  const [channels, height, width] = from as [number, number, number];
  const [, rows, columns] = to as [number, number, number];
  for (let c = 0; c < channels; c++) {
    for (let y = 0; y < rows; y++) {
      for (let x = 0; x < columns; x++) {
        for (let i = 0; i < kernel[0]; i++) {
          const row = y * stride[0] - top! + i * dilation[0];
          if (row < 0 || row >= height) continue;
          for (let j = 0; j < kernel[1]; j++) {
            const column = x * stride[1] - left! + j * dilation[1];
            if (column < 0 || column >= width) continue;
            visit((c * height + row) * width + column, (c * rows + y) * columns + x, i * kernel[1] + j);
          }
        }
      }
    }
  }
}
