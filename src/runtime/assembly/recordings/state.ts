/** Where the fields of a decoder's state lie (see kernels/recordings.ts). */
export const COUNT: usize = 0;
/** Microseconds, float64. */
export const BASE: usize = 8;
/** What the clock that goes round said last. */
export const LAST: usize = 16;
export const LOW: usize = 20;
export const ROW: usize = 24;
export const COLUMN: usize = 28;
export const POLARITY: usize = 32;

/** Writes eight columns, rows or polarities, from two vectors of four. */
// @ts-expect-error: decorator
export function store16(target: usize, a: v128, b: v128): void {
  v128.store(target, i16x8.narrow_i32x4_u(a, b));
}

// @ts-expect-error: decorator
export function store8(target: usize, a: v128, b: v128): void {
  const pairs = i16x8.narrow_i32x4_u(a, b);
  v128.store_lane<u64>(target, i8x16.narrow_i16x8_u(pairs, pairs), 0);
}

/** Writes four uint32 as float64, with what is to be added. */
// @ts-expect-error: decorator
export function storeTimes(target: usize, times: v128, base: v128): void {
  v128.store(target, f64x2.add(f64x2.convert_low_i32x4_u(times), base));
  const high = v128.shuffle<i32>(times, times, 2, 3, 2, 3);
  v128.store(target, f64x2.add(f64x2.convert_low_i32x4_u(high), base), 16);
}

/** Writes one event. */
// @ts-expect-error: decorator
export function storeEvent(
  i: i32,
  x: usize,
  y: usize,
  t: usize,
  p: usize,
  column: i32,
  row: i32,
  time: f64,
  polarity: i32,
): void {
  store<u16>(x + ((<usize>i) << 1), <u16>column);
  store<u16>(y + ((<usize>i) << 1), <u16>row);
  store<f64>(t + ((<usize>i) << 3), time);
  store<u8>(p + <usize>i, <u8>polarity);
}
