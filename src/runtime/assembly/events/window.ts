/** A row of currents, and the part of a source's events that a kernel sees along it: a record in Room.window bytes. */
@unmanaged
export class Window {
  /** Pixels of the row, and bytes from one pixel's currents to the next one's. */
  width: i32;
  pixelBytes: usize;
  /** Offsets of the source's row under the kernel's first row, which may lie outside, and bytes to the next row's. */
  offsets: usize;
  offsetsRowBytes: usize;
  /** Rows of the kernel that lie inside the source. */
  firstRow: i32;
  endRow: i32;
  kernelWidth: i32;
  stride: i32;
  padding: i32;
  /** Pixels of a row of the source, and codes of each. */
  sourceWidth: i32;
  codes: i32;
  /** Bytes from an event to its value; 0 where every one counts 1. */
  valuesDelta: usize;
}
