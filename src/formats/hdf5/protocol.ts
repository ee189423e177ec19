import type { Hdf5Group, Hdf5Selection, NewHdf5Group } from "./tree.ts";

/** What the worker is asked. */
export type Request =
  | { kind: "read"; bytes: Uint8Array<ArrayBuffer>; values: Hdf5Selection }
  | { kind: "write"; root: NewHdf5Group };

/** What it answers. It says "ready" once, then gives one answer to each request. */
export type Answer =
  | { kind: "ready" }
  | { kind: "tree"; root: Hdf5Group; spent: boolean }
  | { kind: "file"; bytes: Uint8Array<ArrayBuffer>; spent: boolean }
  | {
      kind: "refusal";
      /** Path of the object in the file, or "". */
      object: string;
      reason: string;
      /** Whether the worker must not be used again. */
      spent: boolean;
    };

/** Bytes of memory that a file may take once unpacked: long constant arrays pack to almost nothing. */
export function memoryAllowance(fileBytes: number): number {
  return 2 ** 26 + 32 * fileBytes;
}
