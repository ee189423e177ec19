import type { NwbFile } from "./file.ts";

/** A part of a file that was chosen from its outline: what has to be loaded, and what it then gives. */
export interface Part<Content> {
  readonly paths: readonly string[];
  read(file: NwbFile): Content;
}
