import { StriateError } from "../../error.ts";
import { apply, broadcastShapes, type DType, type Operator, requireOneType, type Tensor } from "../tensor.ts";
import { mul, sub, sumTo } from "./binary.ts";
import { lowerElementwise } from "./elementwise.ts";
import { constant } from "./source.ts";
import { mask } from "./unary.ts";

function comparison(
  name: string,
  onnx: string,
  refused: readonly DType[] = [],
): (a: Tensor, b: Tensor) => Tensor {
  const operator: Operator<null> = {
    name,
    infer: ([a, b]) => {
      requireOneType(a!, b!, refused);
      return { shape: broadcastShapes(a!.shape, b!.shape), dtype: "bool" };
    },
    lower: (node, emitter) => lowerElementwise(node, emitter, onnx),
  };
  return (a, b) => apply(operator, [a, b], null);
}

export const greater = comparison("greater", "Greater", ["bool"]);
export const greaterEqual = comparison("greaterEqual", "GreaterOrEqual", ["bool"]);
export const less = comparison("less", "Less", ["bool"]);
export const lessEqual = comparison("lessEqual", "LessOrEqual", ["bool"]);
export const equal = comparison("equal", "Equal");

const bothOperator: Operator<null> = {
  name: "both",
  infer: ([a, b]) => {
    if (a!.dtype !== "bool" || b!.dtype !== "bool") {
      throw new StriateError(`expected two bool arrays, given ${a!.dtype} and ${b!.dtype}`);
    }
    return { shape: broadcastShapes(a!.shape, b!.shape), dtype: "bool" };
  },
  lower: (node, emitter) => lowerElementwise(node, emitter, "And"),
};

/** True where both conditions hold. */
export const both = (a: Tensor, b: Tensor): Tensor => apply(bothOperator, [a, b], null);

const whereOperator: Operator<null> = {
  name: "where",
  infer: ([condition, a, b]) => {
    if (condition!.dtype !== "bool") {
      throw new StriateError(`the condition must be bool, given ${condition!.dtype}`);
    }
    const dtype = requireOneType(a!, b!, ["bool"]);
    return { shape: broadcastShapes(condition!.shape, a!.shape, b!.shape), dtype };
  },
  gradient: ({ inputs: [condition, a, b] }, upstream) => {
    const chosen = mask(condition!);
    return [
      null,
      sumTo(mul(upstream, chosen), a!.shape),
      sumTo(mul(upstream, sub(constant(1), chosen)), b!.shape),
    ];
  },
  lower: (node, emitter) => lowerElementwise(node, emitter, "Where"),
};

/** a where the condition holds, b elsewhere, with numpy broadcasting. */
export const where = (condition: Tensor, a: Tensor, b: Tensor): Tensor =>
  apply(whereOperator, [condition, a, b], null);
