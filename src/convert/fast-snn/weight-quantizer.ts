import { StriateError } from "../../error.ts";
import {
  abs,
  add,
  clip,
  constant,
  customGradient,
  div,
  fill,
  greater,
  mask,
  mean,
  mul,
  reshape,
  round,
  sign,
  sizeOf,
  sqrt,
  stopGradient,
  sub,
  sum,
  type Tensor,
  variance,
} from "../../tensor/index.ts";

/**
 * The magnitudes that b bits of weight can take, sorted and normalised to at most 1 (Li et al., 2020: additive powers
 * of two). One bit is the sign; the other b − 1 choose sums of powers of two. b = 2 is ternary.
 */
export function powerOfTwoLevels(bits: number): number[] {
  const magnitudeBits = bits - 1;
  let levels: number[];
  if (magnitudeBits === 1) levels = [0, 1];
  else if (magnitudeBits === 2) levels = [0, 2 ** -1, 2 ** -2, 2 ** -3];
  else if (magnitudeBits === 3) levels = sums([0, 2 ** -1, 2 ** -2, 2 ** -4], [0, 2 ** -3]);
  else if (magnitudeBits === 4) levels = sums([0, 2 ** -1, 2 ** -3, 2 ** -5], [0, 2 ** -2, 2 ** -4, 2 ** -6]);
  else if (magnitudeBits === 5)
    levels = sums(sums([0, 2 ** -1, 2 ** -4, 2 ** -7], [0, 2 ** -2, 2 ** -5, 2 ** -8]), [0, 2 ** -3]);
  else
    throw new StriateError(
      `weights of ${bits} bits have no additive-power-of-two levels`,
      "Use 2 to 6 bits, or 8 for uniform levels",
    );
  const unique = [...new Set(levels)].sort((a, b) => a - b);
  return unique.map((level) => level / unique.at(-1)!);
}

const sums = (a: readonly number[], b: readonly number[]): number[] => a.flatMap((x) => b.map((y) => x + y));

/** Projects magnitudes in [0, 1] to the nearest level: one comparison with each midpoint. */
function project(magnitude: Tensor, levels: readonly number[]): Tensor {
  let result = fill(magnitude.shape, levels[0]!);
  for (let i = 1; i < levels.length; i++) {
    const midpoint = (levels[i - 1]! + levels[i]!) / 2;
    const passed = mask(greater(magnitude, constant(midpoint)));
    result = add(result, mul(passed, constant(levels[i]! - levels[i - 1]!)));
  }
  return result;
}

/**
 * Weights standardised by their mean and deviation, divided by a learned α_w (shape ()), clipped to [−1, 1], projected
 * to the level set, and multiplied by α_w again. 8 bits are the
 * 255 uniform levels from −1 to 1.
 *
 * The gradient passes straight to the standardised weights; ∂/∂α_w = Σ g·(sign·i + (q − w)(1 − i)), i = [|w| > 1].
 */
export function quantizedWeight(weight: Tensor, alpha: Tensor, bits: number): Tensor {
  const standard = standardize(weight);
  const scaled = div(standard, alpha);
  const clipped = clip(scaled, -1, 1);
  const projected =
    bits === 8
      ? mul(round(mul(clipped, constant(127))), constant(1 / 127))
      : mul(project(abs(clipped), powerOfTwoLevels(bits)), sign(clipped));
  return customGradient(mul(projected, alpha), [standard, alpha], (upstream) => {
    const outside = mask(greater(abs(scaled), constant(1)));
    const slope = add(mul(sign(scaled), outside), mul(sub(projected, scaled), sub(constant(1), outside)));
    return [upstream, reshape(sum(mul(upstream, slope)), alpha.shape)];
  });
}

/**
 * Zero mean and unit deviation (divided by n − 1, as torch.std) over all weights of the layer; both count as constants
 * for the gradient.
 */
function standardize(weight: Tensor): Tensor {
  const count = sizeOf(weight.shape);
  const unbiased = mul(variance(weight), constant(count / Math.max(1, count - 1)));
  return div(sub(weight, stopGradient(mean(weight))), stopGradient(sqrt(add(unbiased, constant(1e-12)))));
}
