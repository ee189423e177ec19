import { StriateError } from "../../../error.ts";
import { broadcastTo, describeShape, reshape, type Shape, sizeOf, transpose } from "../../../tensor/index.ts";
import { broadcastShapes, normalizeAxis } from "../../../tensor/tensor.ts";
import { transposeHost } from "../host-arithmetic.ts";
import { isHost, type Operand, requireShape } from "../host-array.ts";
import type { OnnxOperators, OperatorCall } from "../operator-call.ts";
import { repeated } from "./constants.ts";

/** The same values in row-major order with another shape. */
function reshaped(x: Operand, shape: Shape): Operand {
  if (
    sizeOf(x.shape) !== sizeOf(shape) ||
    shape.some((extent) => !Number.isSafeInteger(extent) || extent < 0)
  ) {
    throw new StriateError(`${describeShape(x.shape)} does not fill shape ${describeShape(shape)}`);
  }
  return isHost(x) ? { ...x, shape } : reshape(x, shape);
}

/** The shape that a Reshape asks for: 0 is the extent that was there, −1 is computed. */
export function requestedShape(given: Shape, request: readonly number[], allowZero: boolean): number[] {
  const shape = request.map((extent, axis) => (extent === 0 && !allowZero ? (given[axis] ?? 0) : extent));
  const unknown = shape.indexOf(-1);
  if (unknown === -1) return shape;
  const rest = sizeOf(shape.filter((_, axis) => axis !== unknown));
  return shape.with(unknown, sizeOf(given) / rest);
}

/** The axes of a Squeeze or an Unsqueeze, sorted. */
function axesOf(call: OperatorCall, rank: number): number[] | undefined {
  const axes = call.integersFrom(1, "axes")?.map((axis) => normalizeAxis(axis, rank));
  if (axes && new Set(axes).size !== axes.length) throw new StriateError(`axes ${axes.join(", ")} repeat`);
  return axes?.sort((a, b) => a - b);
}

export const layout: OnnxOperators = {
  Expand: {
    since: 8,
    known: [1],
    evaluate: (call) => {
      const x = call.operand(0);
      const shape = broadcastShapes(x.shape, call.numbers(1) ?? []);
      requireShape(shape);
      return isHost(x) ? repeated(x, shape) : broadcastTo(x, shape);
    },
  },
  Flatten: {
    since: 1,
    evaluate: (call) => {
      const x = call.operand(0);
      const given = call.integer("axis", 1);
      const axis = given === x.shape.length ? given : normalizeAxis(given, x.shape.length);
      return reshaped(x, [sizeOf(x.shape.slice(0, axis)), sizeOf(x.shape.slice(axis))]);
    },
  },
  Reshape: {
    since: 5,
    known: [1],
    evaluate: (call) => {
      const x = call.operand(0);
      return reshaped(
        x,
        requestedShape(x.shape, call.integersFrom(1, "shape") ?? [], call.flag("allowzero")),
      );
    },
  },
  Squeeze: {
    since: 1,
    known: [1],
    evaluate: (call) => {
      const x = call.operand(0);
      const axes = axesOf(call, x.shape.length) ?? [...x.shape.keys()].filter((axis) => x.shape[axis] === 1);
      const other = axes.find((axis) => x.shape[axis] !== 1);
      if (other !== undefined)
        throw new StriateError(`axis ${other} of ${describeShape(x.shape)} has not extent 1`);
      return reshaped(
        x,
        x.shape.filter((_, axis) => !axes.includes(axis)),
      );
    },
  },
  Transpose: {
    since: 1,
    evaluate: (call) => {
      const x = call.operand(0);
      const axes = [...x.shape.keys()];
      const permutation = call.integers("perm") ?? axes.toReversed();
      if (!isHost(x)) return transpose(x, permutation);
      if (permutation.toSorted((a, b) => a - b).join() !== axes.join())
        throw new StriateError(`(${permutation.join(", ")}) is not an order of ${axes.length} axes`);
      return transposeHost(x, permutation);
    },
  },
  Unsqueeze: {
    since: 1,
    known: [1],
    evaluate: (call) => {
      const x = call.operand(0);
      const count = call.integersFrom(1, "axes")?.length ?? 0;
      const shape = [...x.shape];
      for (const axis of axesOf(call, x.shape.length + count) ?? []) shape.splice(axis, 0, 1);
      return reshaped(x, shape);
    },
  },
};
