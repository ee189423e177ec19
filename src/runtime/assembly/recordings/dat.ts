import { BASE, COUNT, LAST, store8, store16, storeTimes } from "./state";

/** Decodes records of DAT, eight at a time, as long as there is nothing to say of them. */
export function dat(
  input: usize,
  from: i32,
  to: i32,
  room: i32,
  state: usize,
  x: usize,
  y: usize,
  t: usize,
  p: usize,
  width: i32,
  height: i32,
): i32 {
  let count = load<i32>(state, COUNT);
  let before = i32x4.splat(load<i32>(state, LAST));
  const epoch = f64x2.splat(load<f64>(state, BASE));
  const widths = i32x4.splat(width);
  const heights = i32x4.splat(height);
  const mask = i32x4.splat(0x3fff);
  const one = i32x4.splat(1);
  let at = from;
  for (; at + 8 <= to && count + 8 <= room; at += 8, count += 8) {
    const record = input + ((<usize>at) << 3);
    const r0 = v128.load(record);
    const r1 = v128.load(record, 16);
    const r2 = v128.load(record, 32);
    const r3 = v128.load(record, 48);
    const timeA = v128.shuffle<i32>(r0, r1, 0, 2, 4, 6);
    const timeB = v128.shuffle<i32>(r2, r3, 0, 2, 4, 6);
    const wordA = v128.shuffle<i32>(r0, r1, 1, 3, 5, 7);
    const wordB = v128.shuffle<i32>(r2, r3, 1, 3, 5, 7);
    const xA = v128.and(wordA, mask);
    const xB = v128.and(wordB, mask);
    const yA = v128.and(i32x4.shr_u(wordA, 14), mask);
    const yB = v128.and(i32x4.shr_u(wordB, 14), mask);
    const pA = i32x4.shr_u(wordA, 28);
    const pB = i32x4.shr_u(wordB, 28);
    const backA = i32x4.lt_u(timeA, v128.shuffle<i32>(before, timeA, 3, 4, 5, 6));
    const backB = i32x4.lt_u(timeB, v128.shuffle<i32>(timeA, timeB, 3, 4, 5, 6));
    const outsideX = v128.or(i32x4.ge_s(xA, widths), i32x4.ge_s(xB, widths));
    const outsideY = v128.or(i32x4.ge_s(yA, heights), i32x4.ge_s(yB, heights));
    const noPolarity = v128.or(i32x4.gt_s(pA, one), i32x4.gt_s(pB, one));
    const odd = v128.or(v128.or(backA, backB), v128.or(v128.or(outsideX, outsideY), noPolarity));
    if (v128.any_true(odd)) break;
    before = timeB;
    const i = <usize>count;
    store16(x + (i << 1), xA, xB);
    store16(y + (i << 1), yA, yB);
    store8(p + i, pA, pB);
    storeTimes(t + (i << 3), timeA, epoch);
    storeTimes(t + (i << 3) + 32, timeB, epoch);
  }
  store<i32>(state, count, COUNT);
  store<i32>(state, i32x4.extract_lane(before, 3), LAST);
  return at;
}
