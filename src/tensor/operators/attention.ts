import { StriateError } from "../../error.ts";
import { describeShape, named, requireFloat, type Tensor } from "../tensor.ts";
import { mul, sub } from "./binary.ts";
import { customGradient } from "./custom-gradient.ts";
import { matmul } from "./matmul.ts";
import { sum } from "./reduce.ts";
import { softmax } from "./softmax.ts";
import { constant } from "./source.ts";

/**
 * Scaled dot-product attention (Vaswani et al., 2017): softmax(scale · q kᵀ) v over the last two axes, with queries q
 * (…, Tq, D), keys k (…, Tk, D) and values v (…, Tk, Dv). Returns (…, Tq, Dv).
 *
 * With A = softmax(S) and upstream g, dS = A ∘ (g vᵀ − Σ g ∘ y): the sum over features of the output takes the place of
 * one over all pairs of tokens (Dao et al., 2022).
 */
export const attention = (q: Tensor, k: Tensor, v: Tensor, scale: number): Tensor =>
  named("attention", [q, k, v], () => {
    requireFloat(q, k, v);
    if (q.shape.at(-1) !== k.shape.at(-1) || k.shape.at(-2) !== v.shape.at(-2))
      throw new StriateError(
        `queries ${describeShape(q.shape)}, keys ${describeShape(k.shape)} and values ${describeShape(v.shape)} do not fit`,
      );
    const scaled = mul(q, constant(scale));
    const weights = softmax(matmul(scaled, k, { transposeB: true }));
    const y = matmul(weights, v);
    return customGradient(y, [q, k, v], (upstream) => {
      const along = sum(mul(upstream, y), -1, true);
      const toScores = mul(weights, sub(matmul(upstream, v, { transposeB: true }), along));
      return [
        mul(matmul(toScores, k), constant(scale)),
        matmul(toScores, scaled, { transposeA: true }),
        matmul(weights, upstream, { transposeA: true }),
      ];
    });
  });
