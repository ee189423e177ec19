import { binaryOf } from "./binary.ts";
import { base64 } from "./recordings.generated.ts";

/**
 * Decodes the records [from, to) of `input` and appends events to x, y (uint16), t (float64) and p (uint8), which are byte
 * offsets in the memory, until `room` events are there. Stops before the first record that is not plain: corrupt, or with a
 * clock that went round. Returns the record at which it stopped. Vectors may write up to 11 events beyond `room`.
 */
export type RecordKernel = (
  input: number,
  from: number,
  to: number,
  room: number,
  state: number,
  x: number,
  y: number,
  t: number,
  p: number,
  width: number,
  height: number,
) => number;

export interface RecordingKernels {
  readonly dat: RecordKernel;
  readonly evt2: RecordKernel;
  readonly evt3: RecordKernel;
}

/** A decoder's state, as it lies in the memory: int32 by their index, but `base`, a float64. */
export const recordState = { count: 0, last: 4, low: 5, row: 6, column: 7, polarity: 8 } as const;
/** Index of `base` in float64. */
export const recordStateBase = 1;

let compiled: WebAssembly.Module | undefined;

export function recordingKernelsOver(memory: WebAssembly.Memory): RecordingKernels {
  compiled ??= new WebAssembly.Module(binaryOf(base64));
  return new WebAssembly.Instance(compiled, { env: { memory } }).exports as unknown as RecordingKernels;
}
