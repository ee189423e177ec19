import { Window } from "./window";

/**
 * Convolution of events into a row of currents, by source: every event adds its weights to the pixels that it reaches.
 * Where events are few this is faster than looking at every pixel (gather.ts).
 *
 * @param vectors of four channels in the tile
 * @param current, weights as in gather.ts
 */
export function scatter(window: Window, current: usize, weights: usize, vectors: i32): void {
  const codes = window.codes;
  const stride = window.stride;
  const kernelWidth = window.kernelWidth;
  const pixelBytes = window.pixelBytes;
  const valuesDelta = window.valuesDelta;
  const codeBytes = (<usize>vectors) << 4;
  const columnBytes = <usize>codes * codeBytes;
  const back = <usize>stride * columnBytes;
  const last = window.width - 1;
  for (let k = window.firstRow; k < window.endRow; k++) {
    let pixel = window.offsets + <usize>k * window.offsetsRowBytes;
    let event = <usize>load<u32>(pixel);
    for (let p = 0; p < window.sourceWidth; p++) {
      pixel += 4;
      const end = <usize>load<u32>(pixel);
      if (event === end) continue;
      // column = p + padding − x · stride lies in the kernel for these x
      const right = p + window.padding;
      const from = right < kernelWidth ? 0 : (right - kernelWidth) / stride + 1;
      const to = min(right / stride, last);
      const first = weights + <usize>(k * kernelWidth + right - from * stride) * columnBytes;
      const place = <usize>(p * codes);
      for (; event < end; event += 4) {
        let w = first + (<usize>load<u32>(event) - place) * codeBytes;
        let target = current + <usize>from * pixelBytes;
        const value = valuesDelta === 0 ? f32x4.splat(1) : v128.load32_splat(event + valuesDelta);
        for (let x = from; x <= to; x++, target += pixelBytes, w -= back) {
          for (let v: usize = 0; v < codeBytes; v += 16) {
            v128.store(target + v, f32x4.add(v128.load(target + v), f32x4.mul(value, v128.load(w + v))));
          }
        }
      }
    }
  }
}
