import { StriateError } from "../../error.ts";
import { apply, type DType, named, type Operator, requireFloat, type Tensor } from "../tensor.ts";
import { add, div, mul, sub } from "./binary.ts";
import { greater, greaterEqual, lessEqual } from "./compare.ts";
import { lowerFusedRelu } from "./conv2d-blocked.ts";
import { straightThrough } from "./custom-gradient.ts";
import { lowerElementwise } from "./elementwise.ts";
import { constant } from "./source.ts";
import { stepAbove } from "./step.ts";

type Derivative = (x: Tensor, y: Tensor, upstream: Tensor) => Tensor | null;

/** An element-wise function of one array that is one ONNX operator. */
function unary(name: string, onnx: string, derivative: Derivative): (x: Tensor) => Tensor {
  const operator: Operator<null> = {
    name,
    infer: ([x]) => {
      requireFloat(x!);
      return { shape: x!.shape, dtype: "float32" };
    },
    gradient: (node, upstream) => [derivative(node.inputs[0]!, node, upstream)],
    lower: (node, emitter) => lowerElementwise(node, emitter, onnx),
  };
  return (x) => apply(operator, [x], null);
}

const number = (value: number) => constant(value);
/** 1 where a condition holds and 0 elsewhere, as float32. */
export const mask = (condition: Tensor): Tensor => cast(condition, "float32");

export const neg = unary("neg", "Neg", (_x, _y, g) => neg(g));
export const abs = unary("abs", "Abs", (x, _y, g) => mul(g, sign(x)));
export const exp = unary("exp", "Exp", (_x, y, g) => mul(g, y));
export const log = unary("log", "Log", (x, _y, g) => div(g, x));
export const sqrt = unary("sqrt", "Sqrt", (_x, y, g) => div(mul(g, number(0.5)), y));
export const reciprocal = unary("reciprocal", "Reciprocal", (_x, y, g) => neg(mul(g, mul(y, y))));
export const sigmoid = unary("sigmoid", "Sigmoid", (_x, y, g) => mul(g, mul(y, sub(number(1), y))));
export const tanh = unary("tanh", "Tanh", (_x, y, g) => mul(g, sub(number(1), mul(y, y))));
/** log(1 + eˣ). */
export const softplus = unary("softplus", "Softplus", (x, _y, g) => mul(g, sigmoid(x)));
export const sin = unary("sin", "Sin", (x, _y, g) => mul(g, cos(x)));
export const cos = unary("cos", "Cos", (x, _y, g) => neg(mul(g, sin(x))));
export const atan = unary("atan", "Atan", (x, _y, g) => div(g, add(mul(x, x), number(1))));
/** The Gauss error function; its derivative is 2/√π · e^(−x²). */
export const erf = unary("erf", "Erf", (x, _y, g) =>
  mul(g, mul(number(2 / Math.sqrt(Math.PI)), exp(neg(mul(x, x))))),
);
/** The sign, −1, 0 or 1; its gradient is 0. */
export const sign = unary("sign", "Sign", () => null);
/** The largest whole number that is not greater; its gradient is 0. */
export const floor = unary("floor", "Floor", () => null);
/** The nearest whole number, halves to even (IEEE 754); its gradient is 0: see roundStraightThrough. */
export const round = unary("round", "Round", () => null);

const reluOperator: Operator<null> = {
  name: "relu",
  infer: ([x]) => {
    requireFloat(x!);
    return { shape: x!.shape, dtype: "float32" };
  },
  gradient: (node, upstream) => [mul(upstream, stepAbove(node))],
  lower: (node, emitter) => {
    const x = node.inputs[0]!;
    return emitter.isDeferred(x) ? lowerFusedRelu(x, emitter) : lowerElementwise(node, emitter, "Relu");
  },
};

export const isRelu = (node: Tensor): boolean => node.operator === reluOperator;

/** max(x, 0); the gradient at 0 is 0. */
export const relu = (x: Tensor): Tensor => apply(reluOperator, [x], null);

/** The nearest whole number going forward; going back the gradient passes as if nothing had been rounded. */
export const roundStraightThrough = (x: Tensor): Tensor =>
  named("roundStraightThrough", [x], () => straightThrough(round(x), x));

export const square = (x: Tensor): Tensor => named("square", [x], () => mul(x, x));

/** x · Φ(x), with the exact Gaussian distribution function Φ (Hendrycks and Gimpel, 2016). */
export const gelu = unary("gelu", "Gelu", (x, _y, g) => {
  const distribution = mul(add(erf(mul(x, number(Math.SQRT1_2))), number(1)), number(0.5));
  const density = mul(exp(mul(square(x), number(-0.5))), number(1 / Math.sqrt(2 * Math.PI)));
  return mul(g, add(distribution, mul(x, density)));
});

/** x for x > 0, slope · x below. */
export const leakyRelu = (x: Tensor, slope = 0.01): Tensor =>
  named("leakyRelu", [x], () =>
    mul(x, add(mul(mask(greater(x, number(0))), number(1 - slope)), number(slope))),
  );

const unitElu = unary("elu", "Elu", (_x, y, g) =>
  mul(g, add(clip(y, Number.NEGATIVE_INFINITY, 0), number(1))),
);

/** x for x > 0, alpha · (eˣ − 1) below (Clevert et al., 2016). */
export const elu = (x: Tensor, alpha = 1): Tensor => {
  if (alpha === 1) return unitElu(x);
  return named("elu", [x], () => {
    const below = clip(unitElu(x), Number.NEGATIVE_INFINITY, 0);
    return add(relu(x), mul(below, number(alpha)));
  });
};

interface Bounds {
  readonly low: number;
  readonly high: number;
}

const clipOperator: Operator<Bounds> = {
  name: "clip",
  infer: ([x], { low, high }) => {
    requireFloat(x!);
    if (!(low <= high)) throw new StriateError(`the lower bound ${low} is above the upper bound ${high}`);
    return { shape: x!.shape, dtype: "float32" };
  },
  gradient: ({ inputs: [x], attributes: { low, high } }, upstream) => {
    let result = upstream;
    if (low !== Number.NEGATIVE_INFINITY) result = mul(result, mask(greaterEqual(x!, number(low))));
    if (high !== Number.POSITIVE_INFINITY) result = mul(result, mask(lessEqual(x!, number(high))));
    return [result];
  },
  lower: (node, emitter) => {
    const bounded = {
      ...node,
      inputs: [
        node.inputs[0]!,
        ...[node.attributes.low, node.attributes.high].map((bound) => constant(bound)),
      ],
    };
    for (const bound of bounded.inputs.slice(1)) emitter.store(bound, bound.operator.lower(bound, emitter));
    return lowerElementwise(bounded, emitter, "Clip");
  },
};

/** x limited to [low, high]; the gradient passes inside and on the bounds. */
export const clip = (x: Tensor, low: number, high: number): Tensor => apply(clipOperator, [x], { low, high });

const castOperator: Operator<DType> = {
  name: "cast",
  infer: ([x], dtype) => ({ shape: x!.shape, dtype }),
  gradient: (node, upstream) => [node.inputs[0]!.dtype === "float32" ? upstream : null],
  lower: (node, emitter) => {
    const to = { float32: 1, uint8: 2, int32: 6, int64: 7, bool: 9 }[node.attributes as DType];
    return lowerElementwise(node, emitter, "Cast", { to });
  },
};

/** The same numbers in another type; the gradient passes when x is float32. */
export const cast = (x: Tensor, dtype: DType): Tensor =>
  x.dtype === dtype ? x : apply(castOperator, [x], dtype);

/** xᵉ for a fixed exponent e. */
export const pow = (x: Tensor, exponent: number): Tensor => apply(powOperator, [x], exponent);

const powOperator: Operator<number> = {
  name: "pow",
  infer: ([x]) => {
    requireFloat(x!);
    return { shape: x!.shape, dtype: "float32" };
  },
  gradient: ({ inputs: [x], attributes: exponent }, upstream) => [
    exponent === 0 ? null : mul(upstream, mul(pow(x!, exponent - 1), number(exponent))),
  ],
  lower: (node, emitter) => {
    const exponent = constant(node.attributes);
    emitter.store(exponent, exponent.operator.lower(exponent, emitter));
    return lowerElementwise({ ...node, inputs: [node.inputs[0]!, exponent] }, emitter, "Pow");
  },
};
