import { type Description, describeBytes } from "./describe.ts";
import { readFileOrExplain } from "./files.node.ts";

/** Describes a file of any format in `describers`. Throws StriateError when it cannot be read. */
export async function describeFile(path: string): Promise<Description> {
  return describeBytes(await readFileOrExplain(path), path);
}
