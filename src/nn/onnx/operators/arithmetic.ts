import type { Dtype } from "../../../formats/array.ts";
import {
  abs,
  add,
  atan,
  both,
  cast,
  constant,
  cos,
  div,
  equal,
  exp,
  floor,
  greater,
  greaterEqual,
  less,
  lessEqual,
  log,
  maximum,
  minimum,
  mul,
  neg,
  pow,
  power,
  reciprocal,
  round,
  sign,
  sin,
  sqrt,
  sub,
  type Tensor,
  where,
} from "../../../tensor/index.ts";
import { combineHost, mapHost } from "../host-arithmetic.ts";
import { isFloat, isHost, type Operand, tensorType } from "../host-array.ts";
import type { OnnxOperator, OnnxOperators, OperatorCall } from "../operator-call.ts";
import { roundToEven } from "./rounding.ts";

/** A function of one array, and the same function of one number. */
const unary = (
  since: number,
  symbolic: (x: Tensor) => Tensor,
  known: (value: number) => number,
): OnnxOperator => ({
  since,
  evaluate: (call) => {
    const x = call.operand(0);
    return isHost(x) ? mapHost(x, known) : symbolic(x);
  },
});

type Combine = (a: Tensor, b: Tensor) => Tensor;
type CombineKnown = (a: number, b: number, dtype: Dtype) => number;

/** A function of one or more arrays that broadcast; `result` is the type of what comes out, else that of the inputs. */
const combination = (
  since: number,
  symbolic: Combine,
  known: CombineKnown,
  result?: Dtype,
): OnnxOperator => ({
  since,
  evaluate: (call) => {
    const first = call.operand(0);
    if (call.known === undefined || !isHost(first)) return call.tensors.reduce(symbolic);
    const dtype = result ?? first.dtype;
    return call.known.reduce((a, b) => combineHost([a, b], (x, y) => known(x!, y!, first.dtype), dtype));
  },
});

/** A function of two arrays that broadcast. */
function binary(since: number, symbolic: Combine, known: CombineKnown, result?: Dtype): OnnxOperator {
  const operator = combination(since, symbolic, known, result);
  return {
    since,
    evaluate: (call) => {
      call.operand(1);
      return operator.evaluate(call);
    },
  };
}

const negate = (condition: Tensor): Tensor => equal(condition, constant([0], [], "bool"));

/** x to the power of one number, or of one for each element; integers are computed as float32. */
function raised(call: OperatorCall, x: Operand, exponent: Operand): Operand {
  if (isHost(x) && isHost(exponent)) return combineHost([x, exponent], (a, b) => a! ** b!, x.dtype);
  const base = call.tensor(0);
  if (isHost(exponent) && exponent.data.length === 1 && base.dtype === "float32")
    return pow(base, exponent.data[0]!);
  return cast(power(cast(base, "float32"), cast(call.tensor(1), "float32")), base.dtype);
}

export const arithmetic: OnnxOperators = {
  Abs: unary(6, abs, Math.abs),
  Add: binary(7, add, (a, b) => a + b),
  And: binary(7, both, (a, b) => a & b),
  Atan: unary(7, atan, Math.atan),
  Ceil: unary(6, (x) => neg(floor(neg(x))), Math.ceil),
  Cos: unary(7, cos, Math.cos),
  Div: binary(7, div, (a, b, dtype) => (isFloat(dtype) ? a / b : Math.trunc(a / b))),
  Equal: binary(7, equal, (a, b) => (a === b ? 1 : 0), "bool"),
  Exp: unary(6, exp, Math.exp),
  Floor: unary(6, floor, Math.floor),
  Greater: binary(7, greater, (a, b) => (a > b ? 1 : 0), "bool"),
  GreaterOrEqual: binary(12, greaterEqual, (a, b) => (a >= b ? 1 : 0), "bool"),
  Less: binary(7, less, (a, b) => (a < b ? 1 : 0), "bool"),
  LessOrEqual: binary(12, lessEqual, (a, b) => (a <= b ? 1 : 0), "bool"),
  Log: unary(6, log, Math.log),
  Max: combination(8, maximum, (a, b) => Math.max(a, b)),
  Mean: {
    since: 8,
    evaluate: (call) => mul(call.tensors.reduce(add), constant(1 / call.operands.length)),
  },
  Min: combination(8, minimum, (a, b) => Math.min(a, b)),
  Mul: binary(7, mul, (a, b) => a * b),
  Neg: unary(6, neg, (a) => -a),
  Not: unary(1, negate, (a) => 1 - a),
  Or: binary(
    7,
    (a, b) => negate(both(negate(a), negate(b))),
    (a, b) => a | b,
  ),
  Pow: { since: 7, known: [1], evaluate: (call) => raised(call, call.operand(0), call.operand(1)) },
  Reciprocal: unary(6, reciprocal, (a) => 1 / a),
  Round: unary(11, round, roundToEven),
  Sign: unary(9, sign, Math.sign),
  Sin: unary(7, sin, Math.sin),
  Sqrt: unary(6, sqrt, Math.sqrt),
  Sub: binary(7, sub, (a, b) => a - b),
  Sum: combination(8, add, (a, b) => a + b),
  Where: {
    since: 9,
    evaluate: (call) => {
      const [condition, a, b] = [call.operand(0), call.operand(1), call.operand(2)];
      if (isHost(condition) && isHost(a) && isHost(b))
        return combineHost([condition, a, b], (chosen, x, y) => (chosen ? x! : y!), a.dtype);
      const symbolic = isHost(a) ? b : a;
      const dtype = isHost(symbolic) ? tensorType(symbolic.dtype) : symbolic.dtype;
      return where(cast(call.tensor(0), "bool"), call.tensor(1, dtype), call.tensor(2, dtype));
    },
  },
};
