import { StriateError } from "../../error.ts";
import { apply, named, normalizeAxis, type Operator, type Shape, sizeOf, type Tensor } from "../tensor.ts";
import { reshape } from "./reshape.ts";
import { transpose } from "./transpose.ts";

const operator: Operator<number> = {
  name: "gather",
  infer: ([x, indices], axis) => {
    if (indices!.dtype !== "int64" && indices!.dtype !== "int32") {
      throw new StriateError(`indices must be int64 or int32, given ${indices!.dtype}`);
    }
    return { shape: x!.shape.toSpliced(axis, 1, ...indices!.shape), dtype: x!.dtype };
  },
  gradient: ({ inputs: [x, indices], attributes: axis }, upstream) => {
    const rank = indices!.shape.length;
    const rows = sizeOf(indices!.shape);
    const outer = x!.shape.slice(0, axis);
    const inner = x!.shape.slice(axis + 1);
    const front = transpose(upstream, [
      ...indices!.shape.map((_, i) => axis + i),
      ...outer.map((_, i) => i),
      ...inner.map((_, i) => axis + rank + i),
    ]);
    const target = [x!.shape[axis]!, ...outer, ...inner];
    const scattered = apply(
      scatterAdd,
      [reshape(front, [rows, ...outer, ...inner]), reshape(indices!, [rows])],
      target,
    );
    return [
      transpose(scattered, [...outer.map((_, i) => i + 1), 0, ...inner.map((_, i) => i + 1 + axis)]),
      null,
    ];
  },
  lower: (node, emitter) =>
    emitter.op("Gather", [emitter.plain(node.inputs[0]!), emitter.plain(node.inputs[1]!)], {
      axis: node.attributes,
    }),
};

/** Adds row i of the first input to row indices[i] of zeros. */
const scatterAdd: Operator<Shape> = {
  name: "scatterAdd",
  infer: (_inputs, shape) => ({ shape, dtype: "float32" }),
  gradient: ({ inputs: [, indices] }, upstream) => [gather(upstream, indices!, 0), null],
  lower: (node, emitter) => {
    const [rows, indices] = node.inputs as [Tensor, Tensor];
    const zeros = emitter.op("Expand", [emitter.constant([0], []), emitter.ints(node.shape)]);
    const wide =
      indices.dtype === "int64"
        ? emitter.plain(indices)
        : emitter.op("Cast", [emitter.plain(indices)], { to: 7 });
    const places = emitter.reshape(wide, [indices.shape[0]!, 1]);
    return emitter.op("ScatterND", [zeros, places, emitter.plain(rows)], { reduction: "add" });
  },
};

/** The slices of x at `indices` along `axis`; an index that repeats gathers its gradients. */
export const gather = (x: Tensor, indices: Tensor, axis = 0): Tensor =>
  named("gather", [x, indices], () => apply(operator, [x, indices], normalizeAxis(axis, x.shape.length)));
