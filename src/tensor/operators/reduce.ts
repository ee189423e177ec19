import { StriateError } from "../../error.ts";
import {
  apply,
  named,
  normalizeAxis,
  type Operator,
  requireFloat,
  type Shape,
  sizeOf,
  type Tensor,
} from "../tensor.ts";
import { broadcastTo, div, mul, sub } from "./binary.ts";
import { equal } from "./compare.ts";
import { reshape } from "./reshape.ts";
import { constant } from "./source.ts";
import { mask, square } from "./unary.ts";

interface Reduction {
  readonly axes: readonly number[];
  readonly keepDims: boolean;
}

const reducedShape = (shape: Shape, { axes, keepDims }: Reduction): number[] =>
  keepDims
    ? shape.map((extent, axis) => (axes.includes(axis) ? 1 : extent))
    : shape.filter((_, axis) => !axes.includes(axis));

const inferReduction = ([x]: readonly Tensor[], reduction: Reduction) => {
  requireFloat(x!);
  return { shape: reducedShape(x!.shape, reduction), dtype: "float32" as const };
};

/** A reduced array seen with the reduced axes kept as extents of 1, so that it broadcasts against x. */
const expand = (reduced: Tensor, x: Tensor, axes: readonly number[]): Tensor =>
  reshape(reduced, reducedShape(x.shape, { axes, keepDims: true }));

const sumOperator: Operator<Reduction> = {
  name: "sum",
  infer: inferReduction,
  gradient: ({ inputs: [x], attributes: { axes } }, upstream) => [
    broadcastTo(expand(upstream, x!, axes), x!.shape),
  ],
  lower: (node, emitter) => {
    const x = node.inputs[0]!;
    const { axes, keepDims } = node.attributes as Reduction;
    const isImage = emitter.has(x, "blocked") && x.dtype === "float32";
    if (isImage && axes.length === 4) {
      const flat = emitter.reshape(emitter.blocked(x), [sizeOf(x.shape)]);
      return emitter.reshape(emitter.op("ReduceSum", [flat], { keepdims: 1 }), node.shape);
    }
    if (isImage && axes.includes(2) && axes.includes(3) && !axes.includes(1)) {
      const perImage = emitter.nchwc("GlobalAveragePool", [emitter.blocked(x)]);
      const scale = emitter.constant([x.shape[2]! * x.shape[3]!], []);
      const total = axes.includes(0)
        ? emitter.op("ReduceSum", [perImage, emitter.ints([0])], { keepdims: 1 })
        : perImage;
      return emitter.reshape(emitter.op("Mul", [total, scale]), node.shape);
    }
    return emitter.op("ReduceSum", [emitter.plain(x), emitter.ints(axes)], { keepdims: keepDims ? 1 : 0 });
  },
};

const maxOperator: Operator<Reduction> = {
  name: "max",
  infer: inferReduction,
  gradient: (node, upstream) => {
    const x = node.inputs[0]!;
    const { axes } = node.attributes as Reduction;
    const winners = mask(equal(x, broadcastTo(expand(node, x, axes), x.shape)));
    return [mul(winners, div(expand(upstream, x, axes), sum(winners, axes, true)))];
  },
  lower: (node, emitter) => {
    const { axes, keepDims } = node.attributes as Reduction;
    return emitter.op("ReduceMax", [emitter.plain(node.inputs[0]!), emitter.ints(axes)], {
      keepdims: keepDims ? 1 : 0,
    });
  },
};

function resolveAxes(x: Tensor, axes: number | readonly number[] | undefined): number[] {
  if (axes === undefined) return x.shape.map((_, axis) => axis);
  const resolved = (typeof axes === "number" ? [axes] : axes).map((axis) =>
    normalizeAxis(axis, x.shape.length),
  );
  if (new Set(resolved).size !== resolved.length)
    throw new StriateError(`axes ${resolved.join(", ")} repeat`);
  return resolved.sort((a, b) => a - b);
}

/** The sum over `axes`, or over everything. */
export function sum(x: Tensor, axes?: number | readonly number[], keepDims = false): Tensor {
  return named("sum", [x], () => {
    const resolved = resolveAxes(x, axes);
    return resolved.length === 0 ? x : apply(sumOperator, [x], { axes: resolved, keepDims });
  });
}

/** The mean over `axes`, or over everything. */
export function mean(x: Tensor, axes?: number | readonly number[], keepDims = false): Tensor {
  return named("mean", [x], () => {
    const total = sum(x, axes, keepDims);
    return mul(total, constant(sizeOf(total.shape) / sizeOf(x.shape)));
  });
}

/** The population variance (divided by n) over `axes`, computed in two passes. */
export const variance = (x: Tensor, axes?: number | readonly number[], keepDims = false): Tensor =>
  named("variance", [x], () => mean(square(sub(x, mean(x, axes, true))), axes, keepDims));

/** The largest value over `axes`; equal largest values share the gradient. */
export function max(x: Tensor, axes?: number | readonly number[], keepDims = false): Tensor {
  return named("max", [x], () => apply(maxOperator, [x], { axes: resolveAxes(x, axes), keepDims }));
}

const argmaxOperator: Operator<number> = {
  name: "argmax",
  infer: ([x], axis) => {
    requireFloat(x!);
    return { shape: x!.shape.filter((_, i) => i !== axis), dtype: "int64" };
  },
  lower: (node, emitter) =>
    emitter.op("ArgMax", [emitter.plain(node.inputs[0]!)], { axis: node.attributes, keepdims: 0 }),
};

/** The index of the first largest value along `axis`, as int64. */
export const argmax = (x: Tensor, axis: number): Tensor =>
  named("argmax", [x], () => apply(argmaxOperator, [x], normalizeAxis(axis, x.shape.length)));
