import { add, constant, matmul, mul, reshape, type Tensor } from "../../../tensor/index.ts";
import type { OnnxOperators } from "../operator-call.ts";

const scaled = (x: Tensor, factor: number): Tensor => (factor === 1 ? x : mul(x, constant(factor)));

/** numpy's product: a vector is a row on the left and a column on the right, and that axis is dropped again. */
function product(a: Tensor, b: Tensor): Tensor {
  const left = a.shape.length === 1 ? reshape(a, [1, a.shape[0]!]) : a;
  const right = b.shape.length === 1 ? reshape(b, [b.shape[0]!, 1]) : b;
  const result = matmul(left, right);
  const shape = [...result.shape];
  if (b.shape.length === 1) shape.splice(-1, 1);
  if (a.shape.length === 1) shape.splice(b.shape.length === 1 ? -1 : -2, 1);
  return reshape(result, shape);
}

export const linearAlgebra: OnnxOperators = {
  Gemm: {
    since: 7,
    evaluate: (call) => {
      const options = { transposeA: call.flag("transA"), transposeB: call.flag("transB") };
      const y = scaled(matmul(call.tensor(0), call.tensor(1), options), call.float("alpha", 1));
      return call.has(2) ? add(y, scaled(call.tensor(2), call.float("beta", 1))) : y;
    },
  },
  MatMul: { since: 1, evaluate: (call) => product(call.tensor(0), call.tensor(1)) },
};
