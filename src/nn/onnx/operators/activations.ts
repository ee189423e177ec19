import {
  abs,
  add,
  clip,
  constant,
  div,
  elu,
  erf,
  gelu,
  leakyRelu,
  logSoftmax,
  maximum,
  minimum,
  mul,
  neg,
  relu,
  reshape,
  type Shape,
  sigmoid,
  sizeOf,
  softmax,
  softplus,
  sub,
  type Tensor,
  tanh,
} from "../../../tensor/index.ts";
import type { OnnxOperator, OnnxOperators, OperatorCall } from "../operator-call.ts";

const unary = (since: number, apply: (x: Tensor, call: OperatorCall) => Tensor): OnnxOperator => ({
  since,
  evaluate: (call) => apply(call.tensor(0), call),
});

const scaled = (x: Tensor, factor: number): Tensor => mul(x, constant(factor));

/** x/2 · (1 + tanh(√(2/π) · (x + 0.044715 x³))). */
function geluByTanh(x: Tensor): Tensor {
  const inner = add(x, scaled(mul(x, mul(x, x)), 0.044715));
  return mul(scaled(x, 0.5), add(tanh(scaled(inner, Math.sqrt(2 / Math.PI))), constant(1)));
}

/** clip(alpha · x + beta, 0, 1). */
const hardSigmoid = (x: Tensor, alpha: number, beta: number): Tensor =>
  clip(add(scaled(x, alpha), constant(beta)), 0, 1);

/** The bounds of a Clip: attributes before version 11, inputs since. */
export function clipBounds(call: OperatorCall): { low: number; high: number } {
  const low = call.opset < 11 ? call.float("min") : call.number(1);
  const high = call.opset < 11 ? call.float("max") : call.number(2);
  return { low: low ?? Number.NEGATIVE_INFINITY, high: high ?? Number.POSITIVE_INFINITY };
}

function clipIntegers(x: Tensor, low: number, high: number): Tensor {
  const raised = Number.isFinite(low) ? maximum(x, constant([low], [], x.dtype)) : x;
  return Number.isFinite(high) ? minimum(raised, constant([high], [], x.dtype)) : raised;
}

/** A function along an axis; before version 13 along all axes from "axis" on together. */
function alongAxis(apply: (x: Tensor, axis: number) => Tensor): OnnxOperator {
  return unary(1, (x, call) => {
    if (call.opset >= 13) return apply(x, call.axis(x.shape, -1));
    const axis = call.axis(x.shape, x.shape.length === 1 ? 0 : 1);
    const rows: Shape = [sizeOf(x.shape.slice(0, axis)), sizeOf(x.shape.slice(axis))];
    return reshape(apply(reshape(x, rows), 1), x.shape);
  });
}

export const activations: OnnxOperators = {
  Celu: unary(12, (x, call) => {
    const alpha = call.float("alpha", 1);
    return add(relu(x), scaled(elu(scaled(clip(x, Number.NEGATIVE_INFINITY, 0), 1 / alpha)), alpha));
  }),
  Clip: {
    since: 6,
    known: [1, 2],
    evaluate: (call) => {
      const { low, high } = clipBounds(call);
      const x = call.tensor(0);
      // the standard's Clip gives the upper bound where the bounds cross
      return x.dtype === "float32" ? clip(x, Math.min(low, high), high) : clipIntegers(x, low, high);
    },
  },
  Elu: unary(6, (x, call) => elu(x, call.float("alpha", 1))),
  Erf: unary(9, erf),
  Gelu: unary(20, (x, call) =>
    call.choice("approximate", ["none", "tanh"], "none") === "tanh" ? geluByTanh(x) : gelu(x),
  ),
  HardSigmoid: unary(6, (x, call) => hardSigmoid(x, call.float("alpha", 0.2), call.float("beta", 0.5))),
  HardSwish: unary(14, (x) => mul(x, hardSigmoid(x, 1 / 6, 0.5))),
  LeakyRelu: unary(6, (x, call) => leakyRelu(x, call.float("alpha", 0.01))),
  LogSoftmax: alongAxis(logSoftmax),
  Mish: unary(18, (x) => mul(x, tanh(softplus(x)))),
  PRelu: {
    since: 9,
    evaluate: (call) => sub(relu(call.tensor(0)), mul(call.tensor(1), relu(neg(call.tensor(0))))),
  },
  Relu: unary(6, relu),
  Selu: unary(6, (x, call) =>
    scaled(elu(x, call.float("alpha", 1.6732632423543772)), call.float("gamma", 1.0507009873554805)),
  ),
  Sigmoid: unary(6, sigmoid),
  Softmax: alongAxis(softmax),
  Softplus: unary(1, softplus),
  Softsign: unary(1, (x) => div(x, add(abs(x), constant(1)))),
  Tanh: unary(6, tanh),
};
