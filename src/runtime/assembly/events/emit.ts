/**
 * Events of four units at a time, written without a branch: the codes of those that fire move to the front of four
 * numbers, all four are written, and the place for the next ones goes on by as many as fire.
 */

/** Four numbers of 32 bits, those set in `mask` moved to the front. */
export function compacted(swizzles: usize, x: v128, mask: i32): v128 {
  return i8x16.swizzle(x, v128.load(swizzles + ((<usize>mask) << 4)));
}

/** The numbers of the lanes set in `mask`, at the front. */
export function lanes(swizzles: usize, mask: i32): v128 {
  return v128.load(swizzles + ((<usize>mask) << 4), 256);
}

/** Bytes that the events of `mask` take. */
export function bytesOf(mask: i32): usize {
  return (<usize>popcnt<i32>(mask)) << 2;
}
