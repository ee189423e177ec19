/**
 * Convolution of events into a row of currents, by target: the currents of a pixel stay in registers while the events
 * that reach it are looked up.
 *
 * In a row of the source, the events under a kernel lie together. The weights lie in the same order (kernel column, code),
 * so that an event's are found by its place in the row less that of the kernel's left edge. Every sum is taken in the order
 * of kernel rows, pixels and channels, and has the same bits as that of scatter.ts.
 *
 * All take:
 * @param current of the row's first pixel and the tile's first channel
 * @param pixelBytes from one pixel's currents to the next one's
 * @param width of the row in pixels
 * @param offsets of the source's row under the kernel's first row, which may lie outside
 * @param offsetsRowBytes from one row's offsets to the next one's
 * @param firstRow, endRow rows of the kernel that lie inside the source
 * @param sourceWidth in pixels
 * @param codes a pixel of the source
 * @param weights of the tile
 * @param valuesDelta bytes from an event to its value, 0 where every one counts 1
 */

function clamp(x: i32, low: i32, high: i32): i32 {
  return min(max(x, low), high);
}

export function gather8(
  current: usize,
  pixelBytes: usize,
  width: i32,
  offsets: usize,
  offsetsRowBytes: usize,
  firstRow: i32,
  endRow: i32,
  kernelWidth: i32,
  stride: i32,
  padding: i32,
  sourceWidth: i32,
  codes: i32,
  weights: usize,
  valuesDelta: usize,
): void {
  for (let x = 0, left = -padding; x < width; x++, left += stride) {
    const low = (<usize>clamp(left, 0, sourceWidth)) << 2;
    const high = (<usize>clamp(left + kernelWidth, 0, sourceWidth)) << 2;
    let a0 = v128.load(current, 0);
    let a1 = v128.load(current, 16);
    let a2 = v128.load(current, 32);
    let a3 = v128.load(current, 48);
    let a4 = v128.load(current, 64);
    let a5 = v128.load(current, 80);
    let a6 = v128.load(current, 96);
    let a7 = v128.load(current, 112);
    let row = offsets + <usize>firstRow * offsetsRowBytes;
    let origin = weights + ((<usize>((firstRow * kernelWidth - left) * codes)) << 7);
    const rowWeights = (<usize>(kernelWidth * codes)) << 7;
    for (let k = firstRow; k < endRow; k++, row += offsetsRowBytes, origin += rowWeights) {
      let event = <usize>load<u32>(row + low);
      const end = <usize>load<u32>(row + high);
      if (valuesDelta === 0) {
        for (; event < end; event += 4) {
          const w = origin + ((<usize>load<u32>(event)) << 7);
          a0 = f32x4.add(a0, v128.load(w, 0));
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
          a1 = f32x4.add(a1, f32x4.mul(value, v128.load(w, 16)));
          a2 = f32x4.add(a2, f32x4.mul(value, v128.load(w, 32)));
          a3 = f32x4.add(a3, f32x4.mul(value, v128.load(w, 48)));
          a4 = f32x4.add(a4, f32x4.mul(value, v128.load(w, 64)));
          a5 = f32x4.add(a5, f32x4.mul(value, v128.load(w, 80)));
          a6 = f32x4.add(a6, f32x4.mul(value, v128.load(w, 96)));
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
    current += pixelBytes;
  }
}

export function gather4(
  current: usize,
  pixelBytes: usize,
  width: i32,
  offsets: usize,
  offsetsRowBytes: usize,
  firstRow: i32,
  endRow: i32,
  kernelWidth: i32,
  stride: i32,
  padding: i32,
  sourceWidth: i32,
  codes: i32,
  weights: usize,
  valuesDelta: usize,
): void {
  for (let x = 0, left = -padding; x < width; x++, left += stride) {
    const low = (<usize>clamp(left, 0, sourceWidth)) << 2;
    const high = (<usize>clamp(left + kernelWidth, 0, sourceWidth)) << 2;
    let a0 = v128.load(current, 0);
    let a1 = v128.load(current, 16);
    let a2 = v128.load(current, 32);
    let a3 = v128.load(current, 48);
    let row = offsets + <usize>firstRow * offsetsRowBytes;
    let origin = weights + ((<usize>((firstRow * kernelWidth - left) * codes)) << 6);
    const rowWeights = (<usize>(kernelWidth * codes)) << 6;
    for (let k = firstRow; k < endRow; k++, row += offsetsRowBytes, origin += rowWeights) {
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
    current += pixelBytes;
  }
}

export function gather2(
  current: usize,
  pixelBytes: usize,
  width: i32,
  offsets: usize,
  offsetsRowBytes: usize,
  firstRow: i32,
  endRow: i32,
  kernelWidth: i32,
  stride: i32,
  padding: i32,
  sourceWidth: i32,
  codes: i32,
  weights: usize,
  valuesDelta: usize,
): void {
  for (let x = 0, left = -padding; x < width; x++, left += stride) {
    const low = (<usize>clamp(left, 0, sourceWidth)) << 2;
    const high = (<usize>clamp(left + kernelWidth, 0, sourceWidth)) << 2;
    let a0 = v128.load(current, 0);
    let a1 = v128.load(current, 16);
    let row = offsets + <usize>firstRow * offsetsRowBytes;
    let origin = weights + ((<usize>((firstRow * kernelWidth - left) * codes)) << 5);
    const rowWeights = (<usize>(kernelWidth * codes)) << 5;
    for (let k = firstRow; k < endRow; k++, row += offsetsRowBytes, origin += rowWeights) {
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
    current += pixelBytes;
  }
}

export function gather1(
  current: usize,
  pixelBytes: usize,
  width: i32,
  offsets: usize,
  offsetsRowBytes: usize,
  firstRow: i32,
  endRow: i32,
  kernelWidth: i32,
  stride: i32,
  padding: i32,
  sourceWidth: i32,
  codes: i32,
  weights: usize,
  valuesDelta: usize,
): void {
  for (let x = 0, left = -padding; x < width; x++, left += stride) {
    const low = (<usize>clamp(left, 0, sourceWidth)) << 2;
    const high = (<usize>clamp(left + kernelWidth, 0, sourceWidth)) << 2;
    let a0 = v128.load(current, 0);
    let row = offsets + <usize>firstRow * offsetsRowBytes;
    let origin = weights + ((<usize>((firstRow * kernelWidth - left) * codes)) << 4);
    const rowWeights = (<usize>(kernelWidth * codes)) << 4;
    for (let k = firstRow; k < endRow; k++, row += offsetsRowBytes, origin += rowWeights) {
      let event = <usize>load<u32>(row + low);
      const end = <usize>load<u32>(row + high);
      if (valuesDelta === 0) {
        for (; event < end; event += 4)
          a0 = f32x4.add(a0, v128.load(origin + ((<usize>load<u32>(event)) << 4)));
      } else {
        for (; event < end; event += 4) {
          const value = v128.load32_splat(event + valuesDelta);
          a0 = f32x4.add(a0, f32x4.mul(value, v128.load(origin + ((<usize>load<u32>(event)) << 4))));
        }
      }
    }
    v128.store(current, a0, 0);
    current += pixelBytes;
  }
}
