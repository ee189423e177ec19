import { BASE, COUNT, LAST, store8, store16, storeEvent, storeTimes } from "./state";

/** Decodes words of EVT 2.0 as long as there is nothing to say of them: eight events at a time, or one word. */
export function evt2(
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
  let high = load<u32>(state, LAST);
  let base = load<f64>(state, BASE);
  const widths = i32x4.splat(width);
  const heights = i32x4.splat(height);
  const mask = i32x4.splat(0x7ff);
  const lowMask = i32x4.splat(0x3f);
  const one = i32x4.splat(1);
  let at = from;
  while (at < to && count < room) {
    if (at + 8 <= to && count + 8 <= room) {
      const wordA = v128.load(input + ((<usize>at) << 2));
      const wordB = v128.load(input + ((<usize>at) << 2), 16);
      const pA = i32x4.shr_u(wordA, 28);
      const pB = i32x4.shr_u(wordB, 28);
      const xA = v128.and(i32x4.shr_u(wordA, 11), mask);
      const xB = v128.and(i32x4.shr_u(wordB, 11), mask);
      const yA = v128.and(wordA, mask);
      const yB = v128.and(wordB, mask);
      const noEvent = v128.or(i32x4.gt_s(pA, one), i32x4.gt_s(pB, one));
      const outsideX = v128.or(i32x4.ge_s(xA, widths), i32x4.ge_s(xB, widths));
      const outsideY = v128.or(i32x4.ge_s(yA, heights), i32x4.ge_s(yB, heights));
      if (!v128.any_true(v128.or(noEvent, v128.or(outsideX, outsideY)))) {
        const i = <usize>count;
        const bases = f64x2.splat(base);
        store16(x + (i << 1), xA, xB);
        store16(y + (i << 1), yA, yB);
        store8(p + i, pA, pB);
        storeTimes(t + (i << 3), v128.and(i32x4.shr_u(wordA, 22), lowMask), bases);
        storeTimes(t + (i << 3) + 32, v128.and(i32x4.shr_u(wordB, 22), lowMask), bases);
        at += 8;
        count += 8;
        continue;
      }
    }
    // up to the word that is no event, one by one
    let word = load<u32>(input + ((<usize>at) << 2));
    while (word >>> 29 === 0) {
      const column = (word >>> 11) & 0x7ff;
      const row = word & 0x7ff;
      if (<i32>column >= width || <i32>row >= height) break;
      storeEvent(count, x, y, t, p, column, row, base + <f64>((word >>> 22) & 0x3f), word >>> 28);
      at++;
      count++;
      if (at === to || count === room) break;
      word = load<u32>(input + ((<usize>at) << 2));
    }
    if (at === to || count === room) break;
    const type = word >>> 28;
    if (type === 0x8) {
      const value = word & 0xfffffff;
      if (value < high) break;
      base += <f64>(value - high) * 64;
      high = value;
    } else if (type !== 0xa && type < 0xe) break;
    at++;
  }
  store<i32>(state, count, COUNT);
  store<u32>(state, high, LAST);
  store<f64>(state, base, BASE);
  return at;
}
