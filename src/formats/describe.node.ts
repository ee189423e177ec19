import { type Description, describeBytes } from "./describe.ts";
import { readFileOrExplain } from "./files.node.ts";
import { readExternalFiles } from "./onnx.node.ts";
import { sniff } from "./sniff.ts";

/** Describes a file of any format in `describers`. Throws StriateError when it cannot be read. */
export async function describeFile(path: string): Promise<Description> {
  const bytes = await readFileOrExplain(path);
  const external = sniff(bytes, path) === "onnx" ? await readExternalFiles(bytes, path) : undefined;
  return describeBytes(bytes, path, external);
}
