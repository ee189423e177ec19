import { apply, named, normalizeAxis, type Operator, requireFloat, type Tensor } from "../tensor.ts";
import { mul, sub } from "./binary.ts";
import { sum } from "./reduce.ts";
import { exp } from "./unary.ts";

type Derivative = (y: Tensor, g: Tensor, axis: number) => Tensor;

function define(name: string, onnx: string, derivative: Derivative): (x: Tensor, axis?: number) => Tensor {
  const operator: Operator<number> = {
    name,
    infer: ([x]) => {
      requireFloat(x!);
      return { shape: x!.shape, dtype: "float32" };
    },
    gradient: (node, upstream) => [derivative(node, upstream, node.attributes)],
    lower: (node, emitter) => emitter.op(onnx, [emitter.plain(node.inputs[0]!)], { axis: node.attributes }),
  };
  return (x, axis = -1) => named(name, [x], () => apply(operator, [x], normalizeAxis(axis, x.shape.length)));
}

/** eˣ divided by its sum along `axis`, the last one when absent. */
export const softmax = define("softmax", "Softmax", (y, g, axis) =>
  mul(y, sub(g, sum(mul(g, y), [axis], true))),
);

/** The logarithm of softmax, computed without overflow. */
export const logSoftmax = define("logSoftmax", "LogSoftmax", (y, g, axis) =>
  sub(g, mul(exp(y), sum(g, [axis], true))),
);
