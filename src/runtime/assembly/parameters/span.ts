/**
 * A span is one region of ParameterMemory: `length` float32 that start on a 64-byte boundary, with zeros up to the next
 * one. Kernels walk it four numbers at a time into that padding, so they need no tail loop; no kernel turns a zero in
 * the padding into anything else.
 */

/** First byte after a span, padding to four numbers included. */
export function endOf(span: usize, length: i32): usize {
  return span + (((<usize>length + 3) & ~3) << 2);
}

/** Numbers smaller than this are set to zero in gradients and moments. */
export const TINY: f32 = 1e-30;
/** Its root; the square of a number that is not smaller is no denormal. */
export const TINY_ROOT: f32 = 1e-15;

/**
 * Sets numbers smaller than `least` to zero and keeps NaN. Arithmetic on denormals (below 1.2e-38) is 10 to 40 times
 * slower and WebAssembly has no mode that flushes them; TINY leaves room for a product with a small factor.
 */
export function flush(x: v128, least: f32): v128 {
  return v128.andnot(x, f32x4.lt(f32x4.abs(x), f32x4.splat(least)));
}

/** flush for numbers that are not negative. */
export function flushPositive(x: v128, least: f32): v128 {
  return v128.andnot(x, f32x4.lt(x, f32x4.splat(least)));
}
