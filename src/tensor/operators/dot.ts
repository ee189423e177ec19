import { StriateError } from "../../error.ts";
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
    const product = emitter.op("MatMul", [
      emitter.reshape(left!, [1, size]),
      emitter.reshape(right!, [size, 1]),
    ]);
    return emitter.reshape(product, []);
  },
};

/** Σ a·b over all elements of two arrays of one shape, without the product in between. */
export const dot = (a: Tensor, b: Tensor): Tensor => apply(operator, [a, b], null);
