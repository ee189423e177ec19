import { StriateError } from "../../error.ts";
import {
  apply,
  describeShape,
  named,
  normalizeAxis,
  type Operator,
  type Shape,
  sameShape,
  sizeOf,
  type Tensor,
} from "../tensor.ts";
import { concat } from "./concat.ts";

const operator: Operator<Shape> = {
  name: "reshape",
  infer: ([x], shape) => {
    const unknown = shape.indexOf(-1);
    const known = sizeOf(shape.filter((extent) => extent !== -1));
    const size = sizeOf(x!.shape);
    if (shape.lastIndexOf(-1) !== unknown || (unknown >= 0 ? size % known !== 0 : size !== known)) {
      throw new StriateError(`${size} values do not fill shape ${describeShape(shape)}`);
    }
    return { shape: shape.map((extent) => (extent === -1 ? size / known : extent)), dtype: x!.dtype };
  },
  gradient: (node, upstream) => [reshape(upstream, node.inputs[0]!.shape)],
  lower: (node, emitter) => emitter.reshape(emitter.plain(node.inputs[0]!), node.shape),
};

/** The same values in row-major order with another shape; one extent may be −1 and is then computed. */
export const reshape = (x: Tensor, shape: Shape): Tensor =>
  sameShape(x.shape, shape) ? x : apply(operator, [x], shape);

/** Joins every axis from `startAxis` on into one. */
export function flatten(x: Tensor, startAxis = 1): Tensor {
  return named("flatten", [x], () => {
    const start = normalizeAxis(startAxis, x.shape.length);
    return reshape(x, [...x.shape.slice(0, start), sizeOf(x.shape.slice(start))]);
  });
}

/** Drops an axis of extent 1. */
export function squeeze(x: Tensor, axis: number): Tensor {
  return named("squeeze", [x], () => {
    const normal = normalizeAxis(axis, x.shape.length);
    if (x.shape[normal] !== 1)
      throw new StriateError(`axis ${axis} has extent ${x.shape[normal]}, expected 1`);
    return reshape(x, x.shape.toSpliced(normal, 1));
  });
}

/** Adds an axis of extent 1 before `axis`. */
export const unsqueeze = (x: Tensor, axis: number): Tensor =>
  named("unsqueeze", [x], () => reshape(x, x.shape.toSpliced(normalizeAxis(axis, x.shape.length + 1), 0, 1)));

/** Joins arrays of one shape along a new axis. */
export const stack = (xs: readonly Tensor[], axis = 0): Tensor =>
  named("stack", xs, () => {
    if (xs.some((x) => !sameShape(x.shape, xs[0]!.shape)))
      throw new StriateError("the arrays differ in shape");
    const parts = xs.map((x) => unsqueeze(x, axis));
    return concat(parts, axis);
  });
