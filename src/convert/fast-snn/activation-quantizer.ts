import {
  add,
  clip,
  constant,
  customGradient,
  div,
  dot,
  equal,
  greater,
  mask,
  mul,
  reshape,
  round,
  sub,
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
  const levels = levelsOf(bits);
  const unlimited = mul(x, div(constant(levels), alpha));
  const scaled = clip(unlimited, 0, levels);
  const rounded = round(scaled);
  return customGradient(mul(rounded, div(alpha, constant(levels))), [x, alpha], (upstream) => {
    const inside = mask(equal(unlimited, scaled));
    const above = mask(greater(x, alpha));
    const rounding = mul(dot(upstream, sub(rounded, scaled)), constant(1 / levels));
    return [mul(upstream, inside), reshape(add(dot(upstream, above), rounding), alpha.shape)];
  });
}
