import { endOf } from "./span";

/**
 * Sum of the squares of a span, accumulated in float64 (four running sums, always in the same order).
 * Squares of float32 cannot overflow float64, so the sum is finite exactly when every value is.
 */
export function sumOfSquares(span: usize, length: i32): f64 {
  let low = f64x2.splat(0);
  let high = f64x2.splat(0);
  const end = endOf(span, length);
  for (; span < end; span += 16) {
    const x = v128.load(span);
    const a = f64x2.promote_low_f32x4(x);
    const b = f64x2.promote_low_f32x4(v128.shuffle<i32>(x, x, 2, 3, 2, 3));
    low = f64x2.add(low, f64x2.mul(a, a));
    high = f64x2.add(high, f64x2.mul(b, b));
  }
  const sum = f64x2.add(low, high);
  return f64x2.extract_lane(sum, 0) + f64x2.extract_lane(sum, 1);
}

/** Index of the first NaN or infinity of a span, or −1. Such values have all eight exponent bits set. */
export function firstNonFinite(span: usize, length: i32): i32 {
  const exponent = i32x4.splat(0x7f800000);
  const end = endOf(span, length);
  for (let four = span; four < end; four += 16) {
    const found = i32x4.eq(v128.and(v128.load(four), exponent), exponent);
    if (v128.any_true(found)) {
      return <i32>((four - span) >> 2) + ctz<i32>(i32x4.bitmask(found));
    }
  }
  return -1;
}
