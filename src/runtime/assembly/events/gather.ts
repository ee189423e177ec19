import { clamp } from "./clamp";
import { Window } from "./window";

/*
 * Convolution of events into a row of currents, by target: the currents of a pixel stay in registers while the events
 * that reach it are looked up.
 *
 * In a row of the source, the events under a kernel lie together. The weights lie in the same order (kernel column, code),
 * so that an event's are found by its place in the row less that of the kernel's left edge. Every sum is taken in the order
 * of kernel rows, pixels and channels.
 *
 * @param current of the row's first pixel and the tile's first channel
 * @param weights of the tile
 */

/**
 * Tiles of 32 channels. Some sums are stored at every event: V8's compiler (of Node 20) moves additions behind all loads
 * unless something needs them, and eight sums and eight loaded vectors are more than there are registers. A sum that is
 * kept in memory instead would make every event wait for the one before.
 */
export function gather8(window: Window, current: usize, weights: usize): void {
  const sourceWidth = window.sourceWidth;
  const offsetsRowBytes = window.offsetsRowBytes;
  const rowWeights = (<usize>(window.kernelWidth * window.codes)) << 7;
  const valuesDelta = window.valuesDelta;
  const endRow = window.endRow;
  for (let x = 0, left = -window.padding; x < window.width; x++, left += window.stride) {
    const low = (<usize>clamp(left, sourceWidth)) << 2;
    const high = (<usize>clamp(left + window.kernelWidth, sourceWidth)) << 2;
    let a0 = v128.load(current, 0);
    let a1 = v128.load(current, 16);
    let a2 = v128.load(current, 32);
    let a3 = v128.load(current, 48);
    let a4 = v128.load(current, 64);
    let a5 = v128.load(current, 80);
    let a6 = v128.load(current, 96);
    let a7 = v128.load(current, 112);
    let k = window.firstRow;
    let row = window.offsets + <usize>k * offsetsRowBytes;
    let origin = weights + <usize>k * rowWeights - ((<usize>(left * window.codes)) << 7);
    for (; k < endRow; k++, row += offsetsRowBytes, origin += rowWeights) {
      let event = <usize>load<u32>(row + low);
      const end = <usize>load<u32>(row + high);
      if (valuesDelta === 0) {
        for (; event < end; event += 4) {
          const w = origin + ((<usize>load<u32>(event)) << 7);
          a0 = f32x4.add(a0, v128.load(w, 0));
          v128.store(current, a0, 0);
          a1 = f32x4.add(a1, v128.load(w, 16));
          a2 = f32x4.add(a2, v128.load(w, 32));
          a3 = f32x4.add(a3, v128.load(w, 48));
          a4 = f32x4.add(a4, v128.load(w, 64));
          a5 = f32x4.add(a5, v128.load(w, 80));
          a6 = f32x4.add(a6, v128.load(w, 96));
          a7 = f32x4.add(a7, v128.load(w, 112));
        }
      } else {
        for (; event < end; event += 4) {
          const w = origin + ((<usize>load<u32>(event)) << 7);
          const value = v128.load32_splat(event + valuesDelta);
          a0 = f32x4.add(a0, f32x4.mul(value, v128.load(w, 0)));
          v128.store(current, a0, 0);
          a1 = f32x4.add(a1, f32x4.mul(value, v128.load(w, 16)));
          a2 = f32x4.add(a2, f32x4.mul(value, v128.load(w, 32)));
          v128.store(current, a2, 32);
          a3 = f32x4.add(a3, f32x4.mul(value, v128.load(w, 48)));
          a4 = f32x4.add(a4, f32x4.mul(value, v128.load(w, 64)));
          v128.store(current, a4, 64);
          a5 = f32x4.add(a5, f32x4.mul(value, v128.load(w, 80)));
          a6 = f32x4.add(a6, f32x4.mul(value, v128.load(w, 96)));
          v128.store(current, a6, 96);
          a7 = f32x4.add(a7, f32x4.mul(value, v128.load(w, 112)));
        }
      }
    }
    v128.store(current, a0, 0);
    v128.store(current, a1, 16);
    v128.store(current, a2, 32);
    v128.store(current, a3, 48);
    v128.store(current, a4, 64);
    v128.store(current, a5, 80);
    v128.store(current, a6, 96);
    v128.store(current, a7, 112);
    current += window.pixelBytes;
  }
}

/** Tiles of 16 channels. */
export function gather4(window: Window, current: usize, weights: usize): void {
  const sourceWidth = window.sourceWidth;
  const offsetsRowBytes = window.offsetsRowBytes;
  const rowWeights = (<usize>(window.kernelWidth * window.codes)) << 6;
  const valuesDelta = window.valuesDelta;
  const endRow = window.endRow;
  for (let x = 0, left = -window.padding; x < window.width; x++, left += window.stride) {
    const low = (<usize>clamp(left, sourceWidth)) << 2;
    const high = (<usize>clamp(left + window.kernelWidth, sourceWidth)) << 2;
    let a0 = v128.load(current, 0);
    let a1 = v128.load(current, 16);
    let a2 = v128.load(current, 32);
    let a3 = v128.load(current, 48);
    let k = window.firstRow;
    let row = window.offsets + <usize>k * offsetsRowBytes;
    let origin = weights + <usize>k * rowWeights - ((<usize>(left * window.codes)) << 6);
    for (; k < endRow; k++, row += offsetsRowBytes, origin += rowWeights) {
      let event = <usize>load<u32>(row + low);
      const end = <usize>load<u32>(row + high);
      if (valuesDelta === 0) {
        for (; event < end; event += 4) {
          const w = origin + ((<usize>load<u32>(event)) << 6);
          a0 = f32x4.add(a0, v128.load(w, 0));
          a1 = f32x4.add(a1, v128.load(w, 16));
          a2 = f32x4.add(a2, v128.load(w, 32));
          a3 = f32x4.add(a3, v128.load(w, 48));
        }
      } else {
        for (; event < end; event += 4) {
          const w = origin + ((<usize>load<u32>(event)) << 6);
          const value = v128.load32_splat(event + valuesDelta);
          a0 = f32x4.add(a0, f32x4.mul(value, v128.load(w, 0)));
          a1 = f32x4.add(a1, f32x4.mul(value, v128.load(w, 16)));
          a2 = f32x4.add(a2, f32x4.mul(value, v128.load(w, 32)));
          a3 = f32x4.add(a3, f32x4.mul(value, v128.load(w, 48)));
        }
      }
    }
    v128.store(current, a0, 0);
    v128.store(current, a1, 16);
    v128.store(current, a2, 32);
    v128.store(current, a3, 48);
    current += window.pixelBytes;
  }
}

/** Tiles of 8 channels. */
export function gather2(window: Window, current: usize, weights: usize): void {
  const sourceWidth = window.sourceWidth;
  const offsetsRowBytes = window.offsetsRowBytes;
  const rowWeights = (<usize>(window.kernelWidth * window.codes)) << 5;
  const valuesDelta = window.valuesDelta;
  const endRow = window.endRow;
  for (let x = 0, left = -window.padding; x < window.width; x++, left += window.stride) {
    const low = (<usize>clamp(left, sourceWidth)) << 2;
    const high = (<usize>clamp(left + window.kernelWidth, sourceWidth)) << 2;
    let a0 = v128.load(current, 0);
    let a1 = v128.load(current, 16);
    let k = window.firstRow;
    let row = window.offsets + <usize>k * offsetsRowBytes;
    let origin = weights + <usize>k * rowWeights - ((<usize>(left * window.codes)) << 5);
    for (; k < endRow; k++, row += offsetsRowBytes, origin += rowWeights) {
      let event = <usize>load<u32>(row + low);
      const end = <usize>load<u32>(row + high);
      if (valuesDelta === 0) {
        for (; event < end; event += 4) {
          const w = origin + ((<usize>load<u32>(event)) << 5);
          a0 = f32x4.add(a0, v128.load(w, 0));
          a1 = f32x4.add(a1, v128.load(w, 16));
        }
      } else {
        for (; event < end; event += 4) {
          const w = origin + ((<usize>load<u32>(event)) << 5);
          const value = v128.load32_splat(event + valuesDelta);
          a0 = f32x4.add(a0, f32x4.mul(value, v128.load(w, 0)));
          a1 = f32x4.add(a1, f32x4.mul(value, v128.load(w, 16)));
        }
      }
    }
    v128.store(current, a0, 0);
    v128.store(current, a1, 16);
    current += window.pixelBytes;
  }
}

/** Tiles of 4 channels. */
export function gather1(window: Window, current: usize, weights: usize): void {
  const sourceWidth = window.sourceWidth;
  const offsetsRowBytes = window.offsetsRowBytes;
  const rowWeights = (<usize>(window.kernelWidth * window.codes)) << 4;
  const valuesDelta = window.valuesDelta;
  const endRow = window.endRow;
  for (let x = 0, left = -window.padding; x < window.width; x++, left += window.stride) {
    const low = (<usize>clamp(left, sourceWidth)) << 2;
    const high = (<usize>clamp(left + window.kernelWidth, sourceWidth)) << 2;
    let a0 = v128.load(current);
    let k = window.firstRow;
    let row = window.offsets + <usize>k * offsetsRowBytes;
    let origin = weights + <usize>k * rowWeights - ((<usize>(left * window.codes)) << 4);
    for (; k < endRow; k++, row += offsetsRowBytes, origin += rowWeights) {
      let event = <usize>load<u32>(row + low);
      const end = <usize>load<u32>(row + high);
      if (valuesDelta === 0) {
        for (; event < end; event += 4) {
          const w = origin + ((<usize>load<u32>(event)) << 4);
          a0 = f32x4.add(a0, v128.load(w));
        }
      } else {
        for (; event < end; event += 4) {
          const w = origin + ((<usize>load<u32>(event)) << 4);
          const value = v128.load32_splat(event + valuesDelta);
          a0 = f32x4.add(a0, f32x4.mul(value, v128.load(w)));
        }
      }
    }
    v128.store(current, a0);
    current += window.pixelBytes;
  }
}
