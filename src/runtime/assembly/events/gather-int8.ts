import { clamp } from "./clamp";
import { Window } from "./window";

/**
 * Convolution of events with 8-bit weights, by target, as gather.ts: sums in 16 bits, which at most 256 events of
 * ±127 cannot overflow, spilled to 32 bits where there are more. The weights lie in memory as 16 bits each: to widen them
 * at every event would cost as much as the addition. The sum is exact; its product with the scale of the channel is added
 * to the current.
 *
 * @param current, weights as in gather.ts
 * @param scales of the tile's channels
 * @param spill room for 64 numbers of 32 bits, and for one vector that is only written
 */

/** Most events before a spill: 258 · 127 is less than 2¹⁵. */
const SPILL_AFTER: i32 = 256;

/** Bytes from the spilled sums to the vector behind them. */
const PIN: usize = 256;

/** Adds eight 16-bit sums to eight 32-bit ones in memory. */
function spillEight(a: v128, spill: usize, offset: usize): void {
  const place = spill + offset;
  v128.store(place, i32x4.add(v128.load(place), i32x4.extend_low_i16x8_s(a)));
  v128.store(place, i32x4.add(v128.load(place, 16), i32x4.extend_high_i16x8_s(a)), 16);
}

/** Adds eight 32-bit sums, times their scales, to the currents. */
function settle(low: v128, high: v128, current: usize, scales: usize, offset: usize): void {
  const place = current + offset;
  const scale = scales + offset;
  const first = f32x4.mul(f32x4.convert_i32x4_s(low), v128.load(scale));
  const second = f32x4.mul(f32x4.convert_i32x4_s(high), v128.load(scale, 16));
  v128.store(place, f32x4.add(v128.load(place), first));
  v128.store(place, f32x4.add(v128.load(place, 16), second), 16);
}

function settleEight(
  a: v128,
  isSpilled: bool,
  current: usize,
  scales: usize,
  spill: usize,
  offset: usize,
): void {
  if (isSpilled) {
    spillEight(a, spill, offset);
    settle(v128.load(spill + offset), v128.load(spill + offset, 16), current, scales, offset);
  } else {
    settle(i32x4.extend_low_i16x8_s(a), i32x4.extend_high_i16x8_s(a), current, scales, offset);
  }
}

/** Tiles of 64 channels. The first sum is stored at every event for the reason that gather8 has. */
export function gatherInt8By8(
  window: Window,
  current: usize,
  weights: usize,
  scales: usize,
  spill: usize,
): void {
  const sourceWidth = window.sourceWidth;
  const offsetsRowBytes = window.offsetsRowBytes;
  const rowWeights = (<usize>(window.kernelWidth * window.codes)) << 7;
  const endRow = window.endRow;
  for (let x = 0, left = -window.padding; x < window.width; x++, left += window.stride) {
    const low = (<usize>clamp(left, sourceWidth)) << 2;
    const high = (<usize>clamp(left + window.kernelWidth, sourceWidth)) << 2;
    let a0 = i16x8.splat(0);
    let a1 = i16x8.splat(0);
    let a2 = i16x8.splat(0);
    let a3 = i16x8.splat(0);
    let a4 = i16x8.splat(0);
    let a5 = i16x8.splat(0);
    let a6 = i16x8.splat(0);
    let a7 = i16x8.splat(0);
    let isSpilled = false;
    let room = SPILL_AFTER;
    let k = window.firstRow;
    let row = window.offsets + <usize>k * offsetsRowBytes;
    let origin = weights + <usize>k * rowWeights - ((<usize>(left * window.codes)) << 7);
    for (; k < endRow; k++, row += offsetsRowBytes, origin += rowWeights) {
      let event = <usize>load<u32>(row + low);
      const end = <usize>load<u32>(row + high);
      while (event < end) {
        const count = min(room, <i32>((end - event) >> 2));
        const stop = event + ((<usize>count) << 2);
        for (; event < stop; event += 4) {
          const w = origin + ((<usize>load<u32>(event)) << 7);
          a0 = i16x8.add(a0, v128.load(w, 0));
          v128.store(spill, a0, PIN);
          a1 = i16x8.add(a1, v128.load(w, 16));
          a2 = i16x8.add(a2, v128.load(w, 32));
          a3 = i16x8.add(a3, v128.load(w, 48));
          a4 = i16x8.add(a4, v128.load(w, 64));
          a5 = i16x8.add(a5, v128.load(w, 80));
          a6 = i16x8.add(a6, v128.load(w, 96));
          a7 = i16x8.add(a7, v128.load(w, 112));
        }
        room -= count;
        if (room === 0) {
          if (!isSpilled) memory.fill(spill, 0, 256);
          isSpilled = true;
          room = SPILL_AFTER;
          spillEight(a0, spill, 0);
          a0 = i16x8.splat(0);
          spillEight(a1, spill, 32);
          a1 = i16x8.splat(0);
          spillEight(a2, spill, 64);
          a2 = i16x8.splat(0);
          spillEight(a3, spill, 96);
          a3 = i16x8.splat(0);
          spillEight(a4, spill, 128);
          a4 = i16x8.splat(0);
          spillEight(a5, spill, 160);
          a5 = i16x8.splat(0);
          spillEight(a6, spill, 192);
          a6 = i16x8.splat(0);
          spillEight(a7, spill, 224);
          a7 = i16x8.splat(0);
        }
      }
    }
    settleEight(a0, isSpilled, current, scales, spill, 0);
    settleEight(a1, isSpilled, current, scales, spill, 32);
    settleEight(a2, isSpilled, current, scales, spill, 64);
    settleEight(a3, isSpilled, current, scales, spill, 96);
    settleEight(a4, isSpilled, current, scales, spill, 128);
    settleEight(a5, isSpilled, current, scales, spill, 160);
    settleEight(a6, isSpilled, current, scales, spill, 192);
    settleEight(a7, isSpilled, current, scales, spill, 224);
    current += window.pixelBytes;
  }
}

/** Tiles of 32 channels. */
export function gatherInt8By4(
  window: Window,
  current: usize,
  weights: usize,
  scales: usize,
  spill: usize,
): void {
  const sourceWidth = window.sourceWidth;
  const offsetsRowBytes = window.offsetsRowBytes;
  const rowWeights = (<usize>(window.kernelWidth * window.codes)) << 6;
  const endRow = window.endRow;
  for (let x = 0, left = -window.padding; x < window.width; x++, left += window.stride) {
    const low = (<usize>clamp(left, sourceWidth)) << 2;
    const high = (<usize>clamp(left + window.kernelWidth, sourceWidth)) << 2;
    let a0 = i16x8.splat(0);
    let a1 = i16x8.splat(0);
    let a2 = i16x8.splat(0);
    let a3 = i16x8.splat(0);
    let isSpilled = false;
    let room = SPILL_AFTER;
    let k = window.firstRow;
    let row = window.offsets + <usize>k * offsetsRowBytes;
    let origin = weights + <usize>k * rowWeights - ((<usize>(left * window.codes)) << 6);
    for (; k < endRow; k++, row += offsetsRowBytes, origin += rowWeights) {
      let event = <usize>load<u32>(row + low);
      const end = <usize>load<u32>(row + high);
      while (event < end) {
        const count = min(room, <i32>((end - event) >> 2));
        const stop = event + ((<usize>count) << 2);
        for (; event < stop; event += 4) {
          const w = origin + ((<usize>load<u32>(event)) << 6);
          a0 = i16x8.add(a0, v128.load(w, 0));
          a1 = i16x8.add(a1, v128.load(w, 16));
          a2 = i16x8.add(a2, v128.load(w, 32));
          a3 = i16x8.add(a3, v128.load(w, 48));
        }
        room -= count;
        if (room === 0) {
          if (!isSpilled) memory.fill(spill, 0, 128);
          isSpilled = true;
          room = SPILL_AFTER;
          spillEight(a0, spill, 0);
          a0 = i16x8.splat(0);
          spillEight(a1, spill, 32);
          a1 = i16x8.splat(0);
          spillEight(a2, spill, 64);
          a2 = i16x8.splat(0);
          spillEight(a3, spill, 96);
          a3 = i16x8.splat(0);
        }
      }
    }
    settleEight(a0, isSpilled, current, scales, spill, 0);
    settleEight(a1, isSpilled, current, scales, spill, 32);
    settleEight(a2, isSpilled, current, scales, spill, 64);
    settleEight(a3, isSpilled, current, scales, spill, 96);
    current += window.pixelBytes;
  }
}

/** Tiles of 16 channels. */
export function gatherInt8By2(
  window: Window,
  current: usize,
  weights: usize,
  scales: usize,
  spill: usize,
): void {
  const sourceWidth = window.sourceWidth;
  const offsetsRowBytes = window.offsetsRowBytes;
  const rowWeights = (<usize>(window.kernelWidth * window.codes)) << 5;
  const endRow = window.endRow;
  for (let x = 0, left = -window.padding; x < window.width; x++, left += window.stride) {
    const low = (<usize>clamp(left, sourceWidth)) << 2;
    const high = (<usize>clamp(left + window.kernelWidth, sourceWidth)) << 2;
    let a0 = i16x8.splat(0);
    let a1 = i16x8.splat(0);
    let isSpilled = false;
    let room = SPILL_AFTER;
    let k = window.firstRow;
    let row = window.offsets + <usize>k * offsetsRowBytes;
    let origin = weights + <usize>k * rowWeights - ((<usize>(left * window.codes)) << 5);
    for (; k < endRow; k++, row += offsetsRowBytes, origin += rowWeights) {
      let event = <usize>load<u32>(row + low);
      const end = <usize>load<u32>(row + high);
      while (event < end) {
        const count = min(room, <i32>((end - event) >> 2));
        const stop = event + ((<usize>count) << 2);
        for (; event < stop; event += 4) {
          const w = origin + ((<usize>load<u32>(event)) << 5);
          a0 = i16x8.add(a0, v128.load(w, 0));
          a1 = i16x8.add(a1, v128.load(w, 16));
        }
        room -= count;
        if (room === 0) {
          if (!isSpilled) memory.fill(spill, 0, 64);
          isSpilled = true;
          room = SPILL_AFTER;
          spillEight(a0, spill, 0);
          a0 = i16x8.splat(0);
          spillEight(a1, spill, 32);
          a1 = i16x8.splat(0);
        }
      }
    }
    settleEight(a0, isSpilled, current, scales, spill, 0);
    settleEight(a1, isSpilled, current, scales, spill, 32);
    current += window.pixelBytes;
  }
}

/** Tiles of 8 channels. */
export function gatherInt8By1(
  window: Window,
  current: usize,
  weights: usize,
  scales: usize,
  spill: usize,
): void {
  const sourceWidth = window.sourceWidth;
  const offsetsRowBytes = window.offsetsRowBytes;
  const rowWeights = (<usize>(window.kernelWidth * window.codes)) << 4;
  const endRow = window.endRow;
  for (let x = 0, left = -window.padding; x < window.width; x++, left += window.stride) {
    const low = (<usize>clamp(left, sourceWidth)) << 2;
    const high = (<usize>clamp(left + window.kernelWidth, sourceWidth)) << 2;
    let a0 = i16x8.splat(0);
    let isSpilled = false;
    let room = SPILL_AFTER;
    let k = window.firstRow;
    let row = window.offsets + <usize>k * offsetsRowBytes;
    let origin = weights + <usize>k * rowWeights - ((<usize>(left * window.codes)) << 4);
    for (; k < endRow; k++, row += offsetsRowBytes, origin += rowWeights) {
      let event = <usize>load<u32>(row + low);
      const end = <usize>load<u32>(row + high);
      while (event < end) {
        const count = min(room, <i32>((end - event) >> 2));
        const stop = event + ((<usize>count) << 2);
        for (; event < stop; event += 4) {
          const w = origin + ((<usize>load<u32>(event)) << 4);
          a0 = i16x8.add(a0, v128.load(w));
        }
        room -= count;
        if (room === 0) {
          if (!isSpilled) memory.fill(spill, 0, 32);
          isSpilled = true;
          room = SPILL_AFTER;
          spillEight(a0, spill, 0);
          a0 = i16x8.splat(0);
        }
      }
    }
    settleEight(a0, isSpilled, current, scales, spill, 0);
    current += window.pixelBytes;
  }
}
