/**
 * Adds to a row of currents the largest value of every window over an array (row, pixel, channel); what lies outside
 * never wins.
 *
 * @param values the array's first value
 * @param firstRow, endRow rows of the window that lie inside, `top` that of row 0
 */
export function maximumRow(
  current: usize,
  width: i32,
  channels: i32,
  values: usize,
  height: i32,
  sourceWidth: i32,
  top: i32,
  kernelHeight: i32,
  kernelWidth: i32,
  dilationY: i32,
  dilationX: i32,
  stride: i32,
  padding: i32,
): void {
  const pixelBytes = (<usize>channels) << 2;
  for (let x = 0; x < width; x++) {
    const left = x * stride - padding;
    for (let c: usize = 0; c < pixelBytes; c += 16) {
      let highest = f32x4.splat(-Infinity);
      for (let i = 0; i < kernelHeight; i++) {
        const y = top + i * dilationY;
        if (y < 0 || y >= height) continue;
        for (let j = 0; j < kernelWidth; j++) {
          const p = left + j * dilationX;
          if (p < 0 || p >= sourceWidth) continue;
          highest = f32x4.max(highest, v128.load(values + <usize>(y * sourceWidth + p) * pixelBytes + c));
        }
      }
      v128.store(current + c, f32x4.add(v128.load(current + c), highest));
    }
    current += pixelBytes;
  }
}
