import {
  add,
  clip,
  constant,
  customGradient,
  div,
  greater,
  lessEqual,
  mask,
  mul,
  reshape,
  round,
  sub,
  sum,
  type Tensor,
} from "../../tensor/index.ts";

/** Number of levels above 0 of b bits: 2ᵇ − 1, which is also the number of time steps of the converted network. */
export const levelsOf = (bits: number): number => 2 ** bits - 1;

/**
 * The quantised ReLU of Fast-SNN (Hu et al., 2023): q(x) = α · round(clip(x/α, 0, 1) · n) / n with n = 2ᵇ − 1 and a
 * learned clipping threshold α > 0 of shape ().
 *
 * Straight-through gradients: ∂q/∂x = 1 for 0 ≤ x/α ≤ 1, else 0; ∂q/∂α = 1 above α, and (q − x)/α below it (with x
 * after the ReLU).
 */
export function quantizedRelu(x: Tensor, alpha: Tensor, bits: number): Tensor {
  const levels = constant(levelsOf(bits));
  const scaled = clip(mul(x, div(levels, alpha)), 0, levelsOf(bits));
  const quantized = mul(round(scaled), div(alpha, levels));
  return customGradient(quantized, [x, alpha], (upstream) => {
    const above = mask(greater(x, alpha));
    const positive = mask(greater(x, constant(0)));
    const inside = mul(positive, mask(lessEqual(x, alpha)));
    const rounding = div(sub(quantized, mul(scaled, div(alpha, levels))), alpha);
    return [mul(upstream, inside), reshape(sum(mul(upstream, add(above, rounding))), alpha.shape)];
  });
}
