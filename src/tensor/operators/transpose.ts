import { StriateError } from "../../error.ts";
import { apply, type Operator, type Tensor } from "../tensor.ts";

const operator: Operator<readonly number[]> = {
  name: "transpose",
  infer: ([x], permutation) => {
    const expected = x!.shape.map((_, axis) => axis);
    if ([...permutation].sort((a, b) => a - b).join() !== expected.join()) {
      throw new StriateError(`(${permutation.join(", ")}) is not an order of ${x!.shape.length} axes`);
    }
    return { shape: permutation.map((axis) => x!.shape[axis]!), dtype: x!.dtype };
  },
  gradient: ({ attributes: permutation }, upstream) => [
    transpose(
      upstream,
      permutation.map((_: number, axis: number) => permutation.indexOf(axis)),
    ),
  ],
  lower: (node, emitter) =>
    emitter.op("Transpose", [emitter.plain(node.inputs[0]!)], { perm: node.attributes }),
};

/** Axes in another order: axis i of the result is axis permutation[i] of x. */
export const transpose = (x: Tensor, permutation: readonly number[]): Tensor =>
  apply(operator, [x], permutation);
