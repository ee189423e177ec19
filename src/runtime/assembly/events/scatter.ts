/**
 * Convolution of events into a row of currents, by source: every event adds its weights to the pixels that it reaches.
 * Where events are few this is faster than looking at every pixel (gather.ts), and has the same bits.
 *
 * @param vectors of four channels in the tile; else as gather.ts
 */
export function scatter(
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
  vectors: i32,
): void {
  const codeBytes = (<usize>vectors) << 4;
  const columnBytes = <usize>codes * codeBytes;
  const last = width - 1;
  for (let k = firstRow; k < endRow; k++) {
    let pixel = offsets + <usize>k * offsetsRowBytes;
    let event = <usize>load<u32>(pixel);
    for (let p = 0; p < sourceWidth; p++) {
      pixel += 4;
      const end = <usize>load<u32>(pixel);
      if (event === end) continue;
      // column = p + padding − x · stride lies in the kernel for these x
      const right = p + padding;
      const from = right < kernelWidth ? 0 : (right - kernelWidth) / stride + 1;
      const to = min(right / stride, last);
      if (from > to) {
        event = end;
        continue;
      }
      const first = weights + <usize>(k * kernelWidth + right - from * stride) * columnBytes;
      const place = <usize>(p * codes);
      const back = <usize>stride * columnBytes;
      for (; event < end; event += 4) {
        let w = first + (<usize>load<u32>(event) - place) * codeBytes;
        let target = current + <usize>from * pixelBytes;
        if (valuesDelta === 0) {
          for (let x = from; x <= to; x++, target += pixelBytes, w -= back) {
            for (let v: usize = 0; v < codeBytes; v += 16) {
              v128.store(target + v, f32x4.add(v128.load(target + v), v128.load(w + v)));
            }
          }
        } else {
          const value = v128.load32_splat(event + valuesDelta);
          for (let x = from; x <= to; x++, target += pixelBytes, w -= back) {
            for (let v: usize = 0; v < codeBytes; v += 16) {
              v128.store(target + v, f32x4.add(v128.load(target + v), f32x4.mul(value, v128.load(w + v))));
            }
          }
        }
      }
    }
  }
}
