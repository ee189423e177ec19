/**
 * eˣ, to 1 unit in the last place. x = k ln 2 + r with |r| ≤ ½ ln 2, eʳ = 1 + r + r² Q(r) with the Q of degree 4 or 9
 * that has the smallest relative error (3.1e-9, 3.7e-18), and k is added to the exponent. Arguments are clamped to where
 * the result is a normal number.
 */
export function exp<T>(x: v128): v128 {
  if (sizeof<T>() === 8) return exp64(x);
  return exp32(x);
}

function exp64(argument: v128): v128 {
  const x = f64x2.min(f64x2.max(argument, f64x2.splat(-708)), f64x2.splat(709));
  // adding 1.5 · 2⁵² rounds to an integer and leaves it in the low bits
  const shift = f64x2.splat(6755399441055744.0);
  const t = f64x2.add(f64x2.mul(x, f64x2.splat(Math.LOG2E)), shift);
  const k = f64x2.sub(t, shift);
  // ln 2 in two parts, the first of 32 bits, so that its product with k is exact
  const high = f64x2.sub(x, f64x2.mul(k, f64x2.splat(0.6931471803691238)));
  const r = f64x2.sub(high, f64x2.mul(k, f64x2.splat(1.9082149292705877e-10)));
  const r2 = f64x2.mul(r, r);
  // even and odd terms apart: two short chains instead of a long one
  let even = f64x2.add(f64x2.splat(2.7630378625210986e-7), f64x2.mul(r, f64x2.splat(2.499996535964057e-8)));
  let odd = f64x2.add(f64x2.splat(2.480149276278181e-5), f64x2.mul(r, f64x2.splat(2.7557587342164025e-6)));
  const r4 = f64x2.mul(r2, r2);
  let low = f64x2.add(f64x2.splat(0.001388888894392266), f64x2.mul(r, f64x2.splat(1.984126950476538e-4)));
  odd = f64x2.add(low, f64x2.mul(r2, odd));
  even = f64x2.mul(r4, even);
  odd = f64x2.add(odd, even);
  low = f64x2.add(f64x2.splat(0.04166666666652919), f64x2.mul(r, f64x2.splat(0.008333333333495624)));
  const start = f64x2.add(f64x2.splat(0.5000000000000011), f64x2.mul(r, f64x2.splat(0.1666666666666641)));
  const q = f64x2.add(f64x2.add(start, f64x2.mul(r2, low)), f64x2.mul(r4, odd));
  const p = f64x2.add(f64x2.splat(1), f64x2.add(r, f64x2.mul(r2, q)));
  return i64x2.add(p, i64x2.shl(t, 52));
}

function exp32(argument: v128): v128 {
  const x = f32x4.min(f32x4.max(argument, f32x4.splat(-87)), f32x4.splat(88));
  // adding 1.5 · 2²³ rounds to an integer and leaves it in the low bits
  const shift = f32x4.splat(12582912.0);
  const t = f32x4.add(f32x4.mul(x, f32x4.splat(Mathf.LOG2E)), shift);
  const k = f32x4.sub(t, shift);
  const high = f32x4.sub(x, f32x4.mul(k, f32x4.splat(0.693359375)));
  const r = f32x4.sub(high, f32x4.mul(k, f32x4.splat(-2.1219444e-4)));
  const r2 = f32x4.mul(r, r);
  const a = f32x4.add(f32x4.splat(0.49999993), f32x4.mul(r, f32x4.splat(0.1666652)));
  const b = f32x4.add(f32x4.splat(0.041668394), f32x4.mul(r, f32x4.splat(0.0083687808)));
  const q = f32x4.add(a, f32x4.mul(r2, f32x4.add(b, f32x4.mul(r2, f32x4.splat(0.0013814467)))));
  const p = f32x4.add(f32x4.splat(1), f32x4.add(r, f32x4.mul(r2, q)));
  return i32x4.add(p, i32x4.shl(t, 23));
}

/** eˣ of a region, in place. */
export function exponentials<T>(region: usize, bytes: usize): void {
  for (let at: usize = 0; at < bytes; at += 16) v128.store(region + at, exp<T>(v128.load(region + at)));
}
