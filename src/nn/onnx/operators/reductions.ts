import { StriateError } from "../../../error.ts";
import {
  abs,
  add,
  argmax,
  constant,
  exp,
  log,
  max,
  mean,
  neg,
  reshape,
  type Shape,
  sizeOf,
  slice,
  sqrt,
  square,
  sub,
  sum,
  type Tensor,
} from "../../../tensor/index.ts";
import { normalizeAxis } from "../../../tensor/tensor.ts";
import { transposeHost } from "../host-arithmetic.ts";
import { type HostArray, hostArray, isHost } from "../host-array.ts";
import type { OnnxOperator, OnnxOperators, OperatorCall } from "../operator-call.ts";

type Reduce = (x: Tensor, axes: readonly number[], keepDims: boolean) => Tensor;

/** The axes of a reduction, sorted; every axis when none are given, unless that means to leave x as it is. */
function axesOf(call: OperatorCall, rank: number): number[] {
  const given = call.integersFrom(1, "axes") ?? [];
  if (given.length === 0)
    return call.flag("noop_with_empty_axes") ? [] : Array.from({ length: rank }, (_, i) => i);
  return given.map((axis) => normalizeAxis(axis, rank)).sort((a, b) => a - b);
}

const reducedShape = (shape: Shape, axes: readonly number[], keepDims: boolean): number[] =>
  keepDims
    ? shape.map((extent, axis) => (axes.includes(axis) ? 1 : extent))
    : shape.filter((_, axis) => !axes.includes(axis));

/** Reduces a known array: a function of the values that fall together. */
function reduceKnown(
  x: HostArray,
  axes: readonly number[],
  keepDims: boolean,
  apply: (values: ArrayLike<number>) => number,
): HostArray {
  const kept = x.shape.map((_, axis) => axis).filter((axis) => !axes.includes(axis));
  const { data } = transposeHost(x, [...kept, ...axes]);
  const run = sizeOf(axes.map((axis) => x.shape[axis]!));
  const shape = reducedShape(x.shape, axes, keepDims);
  const values = Float64Array.from({ length: sizeOf(shape) }, (_, i) =>
    apply(data.subarray(i * run, (i + 1) * run)),
  );
  return hostArray(values, shape, x.dtype);
}

/** Throws StriateError where the values are not known and there is no symbolic form. */
function reduction(
  since: number,
  symbolic: Reduce | undefined,
  known?: (values: ArrayLike<number>) => number,
): OnnxOperator {
  return {
    since,
    known: [1],
    evaluate: (call) => {
      const x = call.operand(0);
      const axes = axesOf(call, x.shape.length);
      const keepDims = call.flag("keepdims", true);
      if (axes.length === 0 && call.flag("noop_with_empty_axes")) return x;
      if (isHost(x) && known) return reduceKnown(x, axes, keepDims, known);
      if (symbolic === undefined) throw new StriateError("only supported for constants and shapes");
      return symbolic(call.tensor(0), axes, keepDims);
    },
  };
}

const fold = (values: ArrayLike<number>, start: number, apply: (a: number, b: number) => number): number => {
  let result = start;
  for (let i = 0; i < values.length; i++) result = apply(result, values[i]!);
  return result;
};

/** The place of the largest value along the node's axis, the first or the last of several that are equal. */
function placeOfLargest(call: OperatorCall, x: Tensor): Tensor {
  const axis = call.axis(x.shape, 0);
  const backwards = call.flag("select_last_index");
  const found = argmax(
    backwards ? slice(x, [-1], [Number.NEGATIVE_INFINITY], { axes: [axis], steps: [-1] }) : x,
    axis,
  );
  const place = backwards ? sub(constant([x.shape[axis]! - 1], [], "int64"), found) : found;
  return call.flag("keepdims", true) ? reshape(place, x.shape.with(axis, 1)) : place;
}

/** log Σ eˣ, without overflow. */
const logSumExp: Reduce = (x, axes, keepDims) => {
  const largest = max(x, axes, true);
  const total = add(log(sum(exp(sub(x, largest)), axes, true)), largest);
  return keepDims ? total : reshape(total, reducedShape(x.shape, axes, false));
};

export const reductions: OnnxOperators = {
  ArgMax: { since: 1, evaluate: (call) => placeOfLargest(call, call.tensor(0)) },
  ArgMin: { since: 1, evaluate: (call) => placeOfLargest(call, neg(call.tensor(0))) },
  ReduceL1: reduction(1, (x, axes, keepDims) => sum(abs(x), axes, keepDims)),
  ReduceL2: reduction(1, (x, axes, keepDims) => sqrt(sum(square(x), axes, keepDims))),
  ReduceLogSum: reduction(1, (x, axes, keepDims) => log(sum(x, axes, keepDims))),
  ReduceLogSumExp: reduction(1, logSumExp),
  ReduceMax: reduction(1, max, (values) => fold(values, Number.NEGATIVE_INFINITY, Math.max)),
  ReduceMean: reduction(1, mean),
  ReduceMin: reduction(
    1,
    (x, axes, keepDims) => neg(max(neg(x), axes, keepDims)),
    (values) => fold(values, Number.POSITIVE_INFINITY, Math.min),
  ),
  ReduceProd: reduction(1, undefined, (values) => fold(values, 1, (a, b) => a * b)),
  ReduceSum: reduction(1, sum, (values) => fold(values, 0, (a, b) => a + b)),
  ReduceSumSquare: reduction(1, (x, axes, keepDims) => sum(square(x), axes, keepDims)),
};
