import { StriateError } from "../error.ts";
import type { FileTree } from "./file-tree.ts";
import { asFloat32 } from "./float32.ts";
import { readNpy } from "./npy.ts";

/** Reads a .npy file of numbers, as float32. Throws StriateError, naming the file, for one of text or a broken one. */
export async function readNumbers(
  tree: FileTree,
  path: string,
): Promise<{ shape: number[]; data: Float32Array }> {
  const { shape, data } = readNpy(await tree.read(path), tree.locate(path));
  if (Array.isArray(data))
    throw new StriateError(`${tree.locate(path)}: holds text, expected numbers`, "Save it as float32");
  return {
    shape,
    data: asFloat32(data),
  };
}

/** Reads a .npy file of one entry for each trial or neuron, numbers or text, as text. */
export async function readLabels(tree: FileTree, path: string): Promise<string[]> {
  return Array.from<unknown, string>(readNpy(await tree.read(path), tree.locate(path)).data, String);
}
