import { apply, normalizeAxis, type Operator, requireFloat, type Tensor } from "../tensor.ts";
import { mul, sub } from "./binary.ts";
import { sum } from "./reduce.ts";
import { exp } from "./unary.ts";

function define(name: string, onnx: string, derivative: (y: Tensor, g: Tensor, axis: number) => Tensor): Operator<number> {
  return {
    name,
    infer: ([x]) => {
      requireFloat(x!);
      return { shape: x!.shape, dtype: "float32" };
    },
    gradient: (node, upstream) => [derivative(node, upstream, node.attributes)],
    lower: (node, emitter) => emitter.op(onnx, [emitter.plain(node.inputs[0]!)], { axis: node.attributes }),
  };
}

const softmaxOperator = define("softmax", "Softmax", (y, g, axis) => mul(y, sub(g, sum(mul(g, y), [axis], true))));
const logSoftmaxOperator = define("logSoftmax", "LogSoftmax", (y, g, axis) => sub(g, mul(exp(y), sum(g, [axis], true))));

/** eˣ divided by its sum along `axis`. */
export const softmax = (x: Tensor, axis = -1): Tensor => apply(softmaxOperator, [x], normalizeAxis(axis, x.shape.length));

/** The logarithm of softmax, computed without overflow. */
export const logSoftmax = (x: Tensor, axis = -1): Tensor =>
  apply(logSoftmaxOperator, [x], normalizeAxis(axis, x.shape.length));
