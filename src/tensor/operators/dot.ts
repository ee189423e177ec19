import { StriateError } from "../../error.ts";
import { MICROSOFT } from "../emitter.ts";
import {
  apply,
  describeShape,
  type Operator,
  requireFloat,
  sameShape,
  sizeOf,
  type Tensor,
} from "../tensor.ts";
import { mul } from "./binary.ts";

const operator: Operator<null> = {
  name: "dot",
  infer: ([a, b]) => {
    requireFloat(a!, b!);
    if (!sameShape(a!.shape, b!.shape)) {
      throw new StriateError(`shapes ${describeShape(a!.shape)} and ${describeShape(b!.shape)} differ`);
    }
    return { shape: [], dtype: "float32" };
  },
  gradient: ({ inputs: [a, b] }, upstream) => [mul(upstream, b!), mul(upstream, a!)],
  lower: (node, emitter) => {
    const [a, b] = node.inputs as [Tensor, Tensor];
    const blocked = [a, b].some((x) => emitter.canBlock(x) && emitter.has(x, "blocked"));
    const [left, right] = [a, b].map((x) => (blocked ? emitter.blocked(x) : emitter.plain(x)));
    const size = sizeOf(a.shape);
    const parts = partsOf(size);
    const rows = [parts, 1, size / parts];
    const partial = emitter.op(
      "FusedMatMul",
      [emitter.reshape(left!, rows), emitter.reshape(right!, rows)],
      { transA: 0, transB: 1, alpha: 1 },
      MICROSOFT,
    );
    const product = emitter.op("ReduceSum", [partial, emitter.ints([0])], { keepdims: 0 });
    return emitter.reshape(product, []);
  },
};

/** Up to 64 equal parts: one long product of a row and a column uses one thread, and rounds more. */
function partsOf(size: number): number {
  let parts = Math.min(64, size);
  while (size % parts !== 0) parts--;
  return parts;
}

/** Σ a·b over all elements of two arrays of one shape, without the product in between. */
export const dot = (a: Tensor, b: Tensor): Tensor => apply(operator, [a, b], null);
