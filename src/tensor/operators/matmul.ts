import { StriateError } from "../../error.ts";
import { MICROSOFT } from "../emitter.ts";
import {
  apply,
  broadcastShapes,
  describeShape,
  named,
  type Operator,
  requireFloat,
  requireRank,
  sameShape,
  sizeOf,
  type Tensor,
} from "../tensor.ts";
import { add, sumTo } from "./binary.ts";
import { reshape } from "./reshape.ts";

export interface MatmulOptions {
  readonly transposeA?: boolean;
  readonly transposeB?: boolean;
}

const operator: Operator<Required<MatmulOptions>> = {
  name: "matmul",
  infer: ([a, b], { transposeA, transposeB }) => {
    requireFloat(a!, b!);
    if (a!.shape.length < 2 || b!.shape.length < 2)
      throw new StriateError("both arrays need at least 2 axes");
    const [m, k] = oriented(a!, transposeA);
    const [inner, n] = oriented(b!, transposeB);
    if (k !== inner) {
      const given = `${describeShape(a!.shape)}${transposeA ? "ᵀ" : ""} and ${describeShape(b!.shape)}${transposeB ? "ᵀ" : ""}`;
      throw new StriateError(`inner extents differ, ${k} and ${inner}, in ${given}`);
    }
    return {
      shape: [...broadcastShapes(a!.shape.slice(0, -2), b!.shape.slice(0, -2)), m, n],
      dtype: "float32",
    };
  },
  gradient: ({ inputs: [a, b], attributes: { transposeA, transposeB } }, upstream) => {
    const toA = transposeA
      ? matmul(b!, upstream, { transposeA: transposeB, transposeB: true })
      : matmul(upstream, b!, { transposeB: !transposeB });
    const toB = transposeB
      ? matmul(upstream, a!, { transposeA: true, transposeB: transposeA })
      : matmul(a!, upstream, { transposeA: !transposeA });
    return [sumTo(toA, a!.shape), sumTo(toB, b!.shape)];
  },
  lower: (node, emitter) => {
    const { transposeA, transposeB } = node.attributes as Required<MatmulOptions>;
    const inputs = node.inputs.map((input) => emitter.plain(input));
    if (!transposeA && !transposeB) return emitter.op("MatMul", inputs);
    const flags = [transposeA ? 1 : 0, transposeB ? 1 : 0];
    if (node.inputs.every((input) => input.shape.length === 2)) {
      return emitter.op("Gemm", inputs, { transA: flags[0]!, transB: flags[1]! });
    }
    return emitter.op("FusedMatMul", inputs, { transA: flags[0]!, transB: flags[1]!, alpha: 1 }, MICROSOFT);
  },
};

function oriented({ shape }: Tensor, transposed: boolean): [number, number] {
  const [rows, columns] = shape.slice(-2) as [number, number];
  return transposed ? [columns, rows] : [rows, columns];
}

/** Matrix product of the last two axes, either of them transposed first; the leading axes broadcast. */
export const matmul = (
  a: Tensor,
  b: Tensor,
  { transposeA = false, transposeB = false }: MatmulOptions = {},
): Tensor => apply(operator, [a, b], { transposeA, transposeB });

/** x · weightᵀ + bias over the last axis of x (…, I), with weight (O, I) and bias (O). */
export function linear(x: Tensor, weight: Tensor, bias?: Tensor): Tensor {
  return named("linear", bias === undefined ? [x, weight] : [x, weight, bias], () => {
    requireRank(weight, 2, "weight");
    const [outputs, features] = weight.shape as [number, number];
    if (x.shape.at(-1) !== features) {
      throw new StriateError(
        `the last axis of ${describeShape(x.shape)} has not the ${features} features of the weight`,
      );
    }
    if (bias !== undefined && !sameShape(bias.shape, [outputs])) {
      throw new StriateError(`bias must have shape (${outputs}), given ${describeShape(bias.shape)}`);
    }
    const rows = reshape(x, [sizeOf(x.shape.slice(0, -1)), features]);
    const product = matmul(rows, weight, { transposeB: true });
    const result = bias === undefined ? product : add(product, bias);
    return reshape(result, [...x.shape.slice(0, -1), outputs]);
  });
}
