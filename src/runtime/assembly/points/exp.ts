/**
 * Constants are loaded from a table: compilers of WebAssembly build a constant vector from integers, three instructions
 * for each use. (The kernels' memory starts with it; see Arena.)
 */
const table64 = memory.data<f64>([
  Math.LOG2E,
  // 1.5 · 2⁵²: adding it rounds to an integer and leaves that in the low bits
  6755399441055744.0,
  // ln 2 in two parts, the first of 32 bits, so that its product with k is exact
  0.6931471803691238,
  1.9082149292705877e-10,
  // Q, from its constant term on
  0.5000000000000011,
  0.1666666666666641,
  0.04166666666652919,
  0.008333333333495624,
  0.001388888894392266,
  1.984126950476538e-4,
  2.480149276278181e-5,
  2.7557587342164025e-6,
  2.7630378625210986e-7,
  2.499996535964057e-8,
  1.0,
  -708.0,
  709.0,
]);
const table32 = memory.data<f32>([
  Mathf.LOG2E,
  12582912.0,
  0.693359375,
  -2.1219444e-4,
  0.49999993,
  0.1666652,
  0.041668394,
  0.0083687808,
  0.0013814467,
  1.0,
  -87.0,
  88.0,
]);

function d(k: usize): v128 {
  return v128.load64_splat(table64 + (k << 3));
}

function f(k: usize): v128 {
  return v128.load32_splat(table32 + (k << 2));
}

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
  const x = f64x2.pmin(f64x2.pmax(argument, d(15)), d(16));
  const t = f64x2.add(f64x2.mul(x, d(0)), d(1));
  const k = f64x2.sub(t, d(1));
  const r = f64x2.sub(f64x2.sub(x, f64x2.mul(k, d(2))), f64x2.mul(k, d(3)));
  const r2 = f64x2.mul(r, r);
  const r4 = f64x2.mul(r2, r2);
  // pairs of terms: short chains instead of a long one
  const c0 = f64x2.add(d(4), f64x2.mul(r, d(5)));
  const c2 = f64x2.add(d(6), f64x2.mul(r, d(7)));
  const c4 = f64x2.add(d(8), f64x2.mul(r, d(9)));
  const c6 = f64x2.add(d(10), f64x2.mul(r, d(11)));
  const c8 = f64x2.add(d(12), f64x2.mul(r, d(13)));
  const late = f64x2.add(f64x2.add(c4, f64x2.mul(r2, c6)), f64x2.mul(r4, c8));
  const q = f64x2.add(f64x2.add(c0, f64x2.mul(r2, c2)), f64x2.mul(r4, late));
  const p = f64x2.add(d(14), f64x2.add(r, f64x2.mul(r2, q)));
  return i64x2.add(p, i64x2.shl(t, 52));
}

function exp32(argument: v128): v128 {
  const x = f32x4.pmin(f32x4.pmax(argument, f(10)), f(11));
  const t = f32x4.add(f32x4.mul(x, f(0)), f(1));
  const k = f32x4.sub(t, f(1));
  const r = f32x4.sub(f32x4.sub(x, f32x4.mul(k, f(2))), f32x4.mul(k, f(3)));
  const r2 = f32x4.mul(r, r);
  const c0 = f32x4.add(f(4), f32x4.mul(r, f(5)));
  const c2 = f32x4.add(f(6), f32x4.mul(r, f(7)));
  const q = f32x4.add(c0, f32x4.mul(r2, f32x4.add(c2, f32x4.mul(r2, f(8)))));
  const p = f32x4.add(f(9), f32x4.add(r, f32x4.mul(r2, q)));
  return i32x4.add(p, i32x4.shl(t, 23));
}

/** eˣ of a region, in place. */
export function exponentials<T>(region: usize, bytes: usize): void {
  for (let at: usize = 0; at < bytes; at += 16) v128.store(region + at, exp<T>(v128.load(region + at)));
}
