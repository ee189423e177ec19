import { BASE, COLUMN, COUNT, LAST, LOW, POLARITY, ROW, storeEvent } from "./state";

/** Decodes words of EVT 3.0 as long as there is nothing to say of them. */
export function evt3(
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
  let low = load<i32>(state, LOW);
  let row = load<i32>(state, ROW);
  let next = load<i32>(state, COLUMN);
  let polarity = load<i32>(state, POLARITY);
  let time = base + <f64>low;
  let at = from;
  for (; at < to && count < room; at++) {
    const word = <i32>load<u16>(input + ((<usize>at) << 1));
    const value = word & 0xfff;
    const type = word >> 12;
    if (type === 0x2) {
      const column = value & 0x7ff;
      if (column >= width || row >= height) break;
      polarity = value >> 11;
      storeEvent(count, x, y, t, p, column, row, time, polarity);
      count++;
    } else if (type === 0x0) {
      row = value & 0x7ff;
    } else if (type === 0x6) {
      low = value;
      time = base + <f64>low;
    } else if (type === 0x3) {
      polarity = value >> 11;
      next = value & 0x7ff;
    } else if (type === 0x4 || type === 0x5) {
      let bits = type === 0x4 ? value : value & 0xff;
      if (next + 31 - clz(bits) >= width || row >= height) break;
      for (; bits !== 0; bits &= bits - 1) {
        storeEvent(count, x, y, t, p, next + ctz(bits), row, time, polarity);
        count++;
      }
      next += type === 0x4 ? 12 : 8;
    } else if (type === 0x8) {
      if (<u32>value < high) break;
      if (<u32>value !== high) {
        base += <f64>(<u32>value - high) * 4096;
        high = value;
        low = 0;
        time = base;
      }
    } else if (type !== 0x7 && type !== 0xa && type < 0xe) break;
  }
  store<i32>(state, count, COUNT);
  store<u32>(state, high, LAST);
  store<f64>(state, base, BASE);
  store<i32>(state, low, LOW);
  store<i32>(state, row, ROW);
  store<i32>(state, next, COLUMN);
  store<i32>(state, polarity, POLARITY);
  return at;
}
