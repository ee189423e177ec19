/**
 * Convolution with kernels three columns wide and stride 1, by source, as scatter.ts, without a branch for each event: the
 * row of currents has room before its first and after its last pixel, so that no event needs to know where the row ends.
 *
 * @param perPixel 2³² / codes, rounded up: the pixel of an event is the high half of its product with the code
 */

/** Tiles of 16 channels. */
export function scatterThreeBy4(
  current: usize,
  pixelBytes: usize,
  offsets: usize,
  offsetsRowBytes: usize,
  firstRow: i32,
  endRow: i32,
  padding: i32,
  sourceWidth: i32,
  codes: i32,
  perPixel: u64,
  weights: usize,
): void {
  const columnBytes = (<usize>codes) << 6;
  const first = current + <usize>(padding - 2) * pixelBytes;
  for (let k = firstRow; k < endRow; k++) {
    const row = offsets + <usize>k * offsetsRowBytes;
    const end = <usize>load<u32>(row + ((<usize>sourceWidth) << 2));
    const last = weights + <usize>(3 * k + 2) * columnBytes;
    for (let event = <usize>load<u32>(row); event < end; event += 4) {
      const code = load<u32>(event);
      const pixel = <u32>((<u64>code * perPixel) >> 32);
      const w = last + ((<usize>(code - pixel * codes)) << 6);
      const t = first + <usize>pixel * pixelBytes;
      // column 2
      v128.store(t, f32x4.add(v128.load(t, 0), v128.load(w, 0)), 0);
      v128.store(t, f32x4.add(v128.load(t, 16), v128.load(w, 16)), 16);
      v128.store(t, f32x4.add(v128.load(t, 32), v128.load(w, 32)), 32);
      v128.store(t, f32x4.add(v128.load(t, 48), v128.load(w, 48)), 48);
      // column 1
      const w1 = w - columnBytes;
      const t1 = t + pixelBytes;
      v128.store(t1, f32x4.add(v128.load(t1, 0), v128.load(w1, 0)), 0);
      v128.store(t1, f32x4.add(v128.load(t1, 16), v128.load(w1, 16)), 16);
      v128.store(t1, f32x4.add(v128.load(t1, 32), v128.load(w1, 32)), 32);
      v128.store(t1, f32x4.add(v128.load(t1, 48), v128.load(w1, 48)), 48);
      // column 0
      const w2 = w1 - columnBytes;
      const t2 = t1 + pixelBytes;
      v128.store(t2, f32x4.add(v128.load(t2, 0), v128.load(w2, 0)), 0);
      v128.store(t2, f32x4.add(v128.load(t2, 16), v128.load(w2, 16)), 16);
      v128.store(t2, f32x4.add(v128.load(t2, 32), v128.load(w2, 32)), 32);
      v128.store(t2, f32x4.add(v128.load(t2, 48), v128.load(w2, 48)), 48);
    }
  }
}

/** Tiles of 32 channels. */
export function scatterThreeBy8(
  current: usize,
  pixelBytes: usize,
  offsets: usize,
  offsetsRowBytes: usize,
  firstRow: i32,
  endRow: i32,
  padding: i32,
  sourceWidth: i32,
  codes: i32,
  perPixel: u64,
  weights: usize,
): void {
  const columnBytes = (<usize>codes) << 7;
  const first = current + <usize>(padding - 2) * pixelBytes;
  for (let k = firstRow; k < endRow; k++) {
    const row = offsets + <usize>k * offsetsRowBytes;
    const end = <usize>load<u32>(row + ((<usize>sourceWidth) << 2));
    const last = weights + <usize>(3 * k + 2) * columnBytes;
    for (let event = <usize>load<u32>(row); event < end; event += 4) {
      const code = load<u32>(event);
      const pixel = <u32>((<u64>code * perPixel) >> 32);
      const w = last + ((<usize>(code - pixel * codes)) << 7);
      const t = first + <usize>pixel * pixelBytes;
      // column 2
      v128.store(t, f32x4.add(v128.load(t, 0), v128.load(w, 0)), 0);
      v128.store(t, f32x4.add(v128.load(t, 16), v128.load(w, 16)), 16);
      v128.store(t, f32x4.add(v128.load(t, 32), v128.load(w, 32)), 32);
      v128.store(t, f32x4.add(v128.load(t, 48), v128.load(w, 48)), 48);
      v128.store(t, f32x4.add(v128.load(t, 64), v128.load(w, 64)), 64);
      v128.store(t, f32x4.add(v128.load(t, 80), v128.load(w, 80)), 80);
      v128.store(t, f32x4.add(v128.load(t, 96), v128.load(w, 96)), 96);
      v128.store(t, f32x4.add(v128.load(t, 112), v128.load(w, 112)), 112);
      // column 1
      const w1 = w - columnBytes;
      const t1 = t + pixelBytes;
      v128.store(t1, f32x4.add(v128.load(t1, 0), v128.load(w1, 0)), 0);
      v128.store(t1, f32x4.add(v128.load(t1, 16), v128.load(w1, 16)), 16);
      v128.store(t1, f32x4.add(v128.load(t1, 32), v128.load(w1, 32)), 32);
      v128.store(t1, f32x4.add(v128.load(t1, 48), v128.load(w1, 48)), 48);
      v128.store(t1, f32x4.add(v128.load(t1, 64), v128.load(w1, 64)), 64);
      v128.store(t1, f32x4.add(v128.load(t1, 80), v128.load(w1, 80)), 80);
      v128.store(t1, f32x4.add(v128.load(t1, 96), v128.load(w1, 96)), 96);
      v128.store(t1, f32x4.add(v128.load(t1, 112), v128.load(w1, 112)), 112);
      // column 0
      const w2 = w1 - columnBytes;
      const t2 = t1 + pixelBytes;
      v128.store(t2, f32x4.add(v128.load(t2, 0), v128.load(w2, 0)), 0);
      v128.store(t2, f32x4.add(v128.load(t2, 16), v128.load(w2, 16)), 16);
      v128.store(t2, f32x4.add(v128.load(t2, 32), v128.load(w2, 32)), 32);
      v128.store(t2, f32x4.add(v128.load(t2, 48), v128.load(w2, 48)), 48);
      v128.store(t2, f32x4.add(v128.load(t2, 64), v128.load(w2, 64)), 64);
      v128.store(t2, f32x4.add(v128.load(t2, 80), v128.load(w2, 80)), 80);
      v128.store(t2, f32x4.add(v128.load(t2, 96), v128.load(w2, 96)), 96);
      v128.store(t2, f32x4.add(v128.load(t2, 112), v128.load(w2, 112)), 112);
    }
  }
}
