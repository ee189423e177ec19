import { Window } from "./window";

/**
 * The events of several rows of the source as one row, for kernels that are several rows high: pixel by pixel, in each by
 * kernel row and channel, with codes that say the kernel row too. What a kernel covers then lies together once instead of
 * once a row, and one loop whose length cannot be foretold takes the place of several.
 *
 * Events are copied eight at a time, most of which do not count, so that few pixels need a loop.
 *
 * @param target offsets of the merged row, and behind `codesAt` bytes its codes
 */
export function mergeRows(window: Window, target: usize, codesAt: usize): void {
  const offsetsRowBytes = window.offsetsRowBytes;
  const rowCodes = window.kernelWidth * window.codes;
  let out = target + codesAt;
  let first = window.offsets + <usize>window.firstRow * offsetsRowBytes;
  const rowsBytes = <usize>(window.endRow - window.firstRow) * offsetsRowBytes;
  for (let p = 0; p < window.sourceWidth; p++, first += 4, target += 4) {
    store<u32>(target, <u32>out);
    let row = i32x4.splat(window.firstRow * rowCodes);
    for (let line = first; line < first + rowsBytes; line += offsetsRowBytes) {
      const event = <usize>load<u32>(line);
      const bytes = <usize>load<u32>(line, 4) - event;
      v128.store(out, i32x4.add(v128.load(event), row));
      v128.store(out, i32x4.add(v128.load(event, 16), row), 16);
      for (let done: usize = 32; done < bytes; done += 16) {
        v128.store(out + done, i32x4.add(v128.load(event + done), row));
      }
      out += bytes;
      row = i32x4.add(row, i32x4.splat(rowCodes));
    }
  }
  store<u32>(target, <u32>out);
}
