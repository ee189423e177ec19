import { realpath } from "node:fs/promises";
import { dirname, join, sep } from "node:path";
import { StriateError } from "../error.ts";
import { readFileOrExplain } from "./files.node.ts";
import { externalLocations, type ReadExternal } from "./onnx/external.ts";
import { decodeModel } from "./onnx/messages.ts";
import { readOnnx } from "./onnx.ts";
import type { OnnxFile } from "./onnx-graph.ts";

/**
 * Reads an .onnx file and the files beside it that hold its large arrays.
 *
 * @throws StriateError as `readOnnx`, and for a data file that is missing or lies, also by a symbolic link, outside
 * the model's folder.
 */
export async function readOnnxFile(path: string): Promise<OnnxFile> {
  const bytes = await readFileOrExplain(path);
  return readOnnx(bytes, path, await readExternalFiles(bytes, path));
}

/** Reads the files that a model refers to. Throws as `readOnnxFile`. */
export async function readExternalFiles(model: Uint8Array, path: string): Promise<ReadExternal> {
  const files = new Map<string, Uint8Array>();
  for (const location of externalLocations(decodeModel(model, path), path)) {
    files.set(location, await readBeside(path, location));
  }
  return (location) => files.get(location) as Uint8Array;
}

/** Where the model itself is a link, as in a download cache, the data may also lie beside what it points to. */
async function readBeside(model: string, location: string): Promise<Uint8Array> {
  const path = join(dirname(model), location);
  const target = await realpath(path).catch(() => undefined);
  const folders = [await realpath(dirname(model)), dirname(await realpath(model))];
  const inside = (folder: string) => target?.startsWith(folder.endsWith(sep) ? folder : folder + sep);
  if (target !== undefined && !folders.some(inside))
    throw new StriateError(
      `${model}: its data file ${location} is a link to ${target}, outside the model's folder`,
      "Copy the file beside the model",
    );
  return readFileOrExplain(path);
}
