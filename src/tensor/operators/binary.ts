import { StriateError } from "../../error.ts";
import {
  apply,
  broadcastShapes,
  type Operator,
  requireOneType,
  type Shape,
  sameShape,
  type Tensor,
} from "../tensor.ts";
import { equal, greater } from "./compare.ts";
import { lowerConvolution } from "./conv2d.ts";
import { lowerElementwise } from "./elementwise.ts";
import { sum } from "./reduce.ts";
import { reshape } from "./reshape.ts";
import { constant } from "./source.ts";
import { log, mask, neg } from "./unary.ts";

type Gradients = (a: Tensor, b: Tensor, y: Tensor, upstream: Tensor) => [() => Tensor, () => Tensor];

/** Sums a gradient over the axes along which its operand had been broadcast to get back to `shape`. */
export function sumTo(x: Tensor, shape: Shape): Tensor {
  if (sameShape(x.shape, shape)) return x;
  const extra = x.shape.length - shape.length;
  const axes = x.shape
    .map((_, axis) => axis)
    .filter((axis) => axis < extra || (shape[axis - extra] === 1 && x.shape[axis] !== 1));
  return reshape(axes.length === 0 ? x : sum(x, axes), shape);
}

const inferArithmetic = ([a, b]: readonly Tensor[]) => ({
  dtype: requireOneType(a!, b!, ["bool", "uint8"]),
  shape: broadcastShapes(a!.shape, b!.shape),
});

function binary(name: string, onnx: string, gradients: Gradients): (a: Tensor, b: Tensor) => Tensor {
  const operator: Operator<null> = {
    name,
    infer: inferArithmetic,
    gradient: (node, upstream) => {
      const [a, b] = node.inputs as [Tensor, Tensor];
      if (a.dtype !== "float32") return [null, null];
      return gradients(a, b, node, upstream).map((gradient, i) => sumTo(gradient(), node.inputs[i]!.shape));
    },
    lower: (node, emitter) => lowerElementwise(node, emitter, onnx),
  };
  return (a, b) => apply(operator, [a, b], null);
}

const addOperator: Operator<null> = {
  name: "add",
  infer: inferArithmetic,
  gradient: (node, upstream) => node.inputs.map((input) => sumTo(upstream, input.shape)),
  lower: (node, emitter) => {
    const fused = node.inputs.find((input) => emitter.isDeferred(input));
    if (fused === undefined) return lowerElementwise(node, emitter, "Add");
    const other = node.inputs.find((input) => input !== fused)!;
    return lowerConvolution(fused, emitter, { sum: other });
  },
};

export const isAdd = (node: Tensor): boolean => node.operator === addOperator;

/** a + b, with numpy broadcasting. */
export const add = (a: Tensor, b: Tensor): Tensor => apply(addOperator, [a, b], null);
/** a − b, with numpy broadcasting. */
export const sub = binary("sub", "Sub", (_a, _b, _y, g) => [() => g, () => neg(g)]);
/** a · b, element by element, with numpy broadcasting. */
export const mul = binary("mul", "Mul", (a, b, _y, g) => [() => mul(g, b), () => mul(g, a)]);
/** a / b, element by element, with numpy broadcasting. */
export const div = binary("div", "Div", (_a, b, y, g) => [() => div(g, b), () => neg(div(mul(g, y), b))]);

/** a to the power of b, element by element, with numpy broadcasting; the gradient for b needs a > 0. */
export const power: (a: Tensor, b: Tensor) => Tensor = binary("power", "Pow", (a, b, y, g) => [
  () => mul(g, mul(b, power(a, sub(b, constant(1))))),
  () => mul(g, mul(y, log(a))),
]);

const half = () => constant(0.5);
/** 1 where a > b, a half where they are equal, 0 elsewhere. */
const share = (a: Tensor, b: Tensor) => add(mask(greater(a, b)), mul(mask(equal(a, b)), half()));

/** The larger of a and b, element by element; where they are equal each gets half of the gradient. */
export const maximum = binary("maximum", "Max", (a, b, _y, g) => [
  () => mul(g, share(a, b)),
  () => mul(g, share(b, a)),
]);
/** The smaller of a and b, element by element; where they are equal each gets half of the gradient. */
export const minimum = binary("minimum", "Min", (a, b, _y, g) => [
  () => mul(g, share(b, a)),
  () => mul(g, share(a, b)),
]);

const broadcastOperator: Operator<Shape> = {
  name: "broadcastTo",
  infer: ([x], shape) => {
    if (!sameShape(broadcastShapes(x!.shape, shape), shape)) {
      throw new StriateError(`cannot broadcast to (${shape.join(", ")})`);
    }
    return { shape, dtype: x!.dtype };
  },
  gradient: (node, upstream) => [sumTo(upstream, node.inputs[0]!.shape)],
  lower: (node, emitter) => {
    const x = node.inputs[0]!;
    const [n, channels, height, width] = node.shape;
    if (emitter.canBlock(node) && sameShape(x.shape, [n!, channels!, 1, 1])) {
      const scales = [1, 1, height!, width!];
      return {
        name: emitter.nchwc("Upsample", [emitter.blocked(x)], { scales, mode: "nearest" }),
        layout: "blocked",
      };
    }
    return emitter.op("Expand", [emitter.plain(x), emitter.ints(node.shape)]);
  },
};

/** x repeated along its axes of extent 1 until it has `shape`. */
export const broadcastTo = (x: Tensor, shape: Shape): Tensor =>
  sameShape(x.shape, shape) ? x : apply(broadcastOperator, [x], shape);
