import { StriateError } from "../../error.ts";
import type { Dtype } from "../../formats/array.ts";
import { describeShape, type Shape, sizeOf } from "../../tensor/index.ts";
import { broadcastShapes } from "../../tensor/tensor.ts";
import { emptyHost, type HostArray, hostArray, requireSize } from "./host-array.ts";

/** Distance in row-major order between neighbours along each axis. */
export function stridesOf(shape: Shape): number[] {
  const strides = new Array<number>(shape.length).fill(1);
  for (let axis = shape.length - 2; axis >= 0; axis--) strides[axis] = strides[axis + 1]! * shape[axis + 1]!;
  return strides;
}

/** Calls `visit` for every element of `shape` in order, with its place in an array that has these strides. */
function forEachPlace(
  shape: Shape,
  start: number,
  strides: readonly number[],
  visit: (to: number, from: number) => void,
): void {
  const size = sizeOf(shape);
  const index = new Array<number>(shape.length).fill(0);
  let from = start;
  for (let to = 0; to < size; to++) {
    visit(to, from);
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      index[axis]!++;
      from += strides[axis]!;
      if (index[axis]! < shape[axis]!) break;
      from -= strides[axis]! * shape[axis]!;
      index[axis] = 0;
    }
  }
}

/** The elements of x at `start` + Σ index · stride, as an array of `shape`. */
export function strided(x: HostArray, shape: Shape, start: number, strides: readonly number[]): HostArray {
  const result = emptyHost(shape, x.dtype);
  forEachPlace(shape, start, strides, (to, from) => {
    result.data[to] = x.data[from]!;
  });
  return result;
}

/** x repeated along its axes of extent 1, and along new ones in front, until it has `shape`. */
export function broadcastHost(x: HostArray, shape: Shape): HostArray {
  if (broadcastShapes(x.shape, shape).join() !== shape.join())
    throw new StriateError(`${describeShape(x.shape)} does not broadcast to ${describeShape(shape)}`);
  if (x.shape.join() === shape.join()) return x;
  const extra = shape.length - x.shape.length;
  const own = stridesOf(x.shape);
  const strides = shape.map((_, axis) =>
    axis < extra || x.shape[axis - extra] === 1 ? 0 : own[axis - extra]!,
  );
  return strided(x, shape, 0, strides);
}

/** A function of each element; `dtype` is that of x when absent. */
export const mapHost = (x: HostArray, apply: (value: number) => number, dtype: Dtype = x.dtype): HostArray =>
  hostArray(Float64Array.from(x.data, apply), x.shape, dtype);

/** A function of several arrays element by element, with numpy broadcasting. */
export function combineHost(
  xs: readonly HostArray[],
  apply: (...values: number[]) => number,
  dtype: Dtype,
): HostArray {
  const shape = broadcastShapes(...xs.map((x) => x.shape));
  requireSize(shape, Math.max(...xs.map((x) => x.data.length)));
  const wide = xs.map((x) => broadcastHost(x, shape).data);
  const values = Float64Array.from({ length: sizeOf(shape) }, (_, i) =>
    apply(...wide.map((data) => data[i]!)),
  );
  return hostArray(values, shape, dtype);
}

export const transposeHost = (x: HostArray, permutation: readonly number[]): HostArray => {
  const strides = stridesOf(x.shape);
  return strided(
    x,
    permutation.map((axis) => x.shape[axis]!),
    0,
    permutation.map((axis) => strides[axis]!),
  );
};

/** The values of x at `places` along an axis. */
export function takeHost(x: HostArray, places: ArrayLike<number>, axis: number): HostArray {
  const inner = sizeOf(x.shape.slice(axis + 1));
  const outer = sizeOf(x.shape.slice(0, axis));
  const extent = x.shape[axis]!;
  const shape = x.shape.with(axis, places.length);
  requireSize(shape, x.data.length);
  const result = emptyHost(shape, x.dtype);
  let to = 0;
  for (let block = 0; block < outer; block++) {
    for (let i = 0; i < places.length; i++) {
      const from = (block * extent + places[i]!) * inner;
      for (let j = 0; j < inner; j++) result.data[to++] = x.data[from + j]!;
    }
  }
  return result;
}

/** Joins arrays that differ in extent along one axis only. */
export function concatHost(xs: readonly HostArray[], axis: number): HostArray {
  const [first] = xs as [HostArray];
  for (const x of xs) {
    if (
      x.dtype !== first.dtype ||
      x.shape.length !== first.shape.length ||
      x.shape.some((extent, i) => i !== axis && extent !== first.shape[i])
    ) {
      throw new StriateError(
        `${describeShape(x.shape)} ${x.dtype} does not join ${describeShape(first.shape)} ${first.dtype} along axis ${axis}`,
      );
    }
  }
  const joined = xs.reduce((total, x) => total + x.shape[axis]!, 0);
  const result = emptyHost(first.shape.with(axis, joined), first.dtype);
  const outer = sizeOf(first.shape.slice(0, axis));
  let to = 0;
  for (let block = 0; block < outer; block++) {
    for (const { shape, data } of xs) {
      const run = sizeOf(shape.slice(axis));
      result.data.set(data.subarray(block * run, (block + 1) * run), to);
      to += run;
    }
  }
  return result;
}
