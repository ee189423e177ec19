import { type Zippable, zipSync } from "fflate";
import { StriateError } from "../error.ts";
import { formatShape, type NumericArray, type NumericArrayLike } from "./array.ts";
import type { Description } from "./describe.ts";
import { readNpy, type TextArray, writeNpy } from "./npy.ts";
import { sourceOfBytes, zipTree } from "./zip-tree.ts";

/** The earliest date that zip can hold: the same arrays always give the same bytes. */
const epoch = new Date(1980, 0, 1);

/**
 * Reads a .npz file of `numpy.savez` or `savez_compressed`: a zip archive with one .npy file for each array.
 *
 * @param name what error messages call the file.
 * @returns the arrays by name, in the order of their names.
 * @throws StriateError, naming the file and the array, when it is no such archive or cannot be read.
 */
export async function readNpz(
  bytes: Uint8Array,
  name: string,
): Promise<Record<string, NumericArray | TextArray>> {
  const tree = await zipTree(sourceOfBytes(bytes, name));
  const others = tree.paths.filter((path) => !path.endsWith(".npy"));
  if (others.length > 0 || tree.paths.length === 0) {
    throw new StriateError(
      `${name}: not a .npz file: ${others.length > 0 ? `it holds ${others[0]}` : "it holds no .npy file"}`,
      "Save it with numpy.savez",
    );
  }
  const arrays: Record<string, NumericArray | TextArray> = Object.create(null);
  for (const path of tree.paths)
    arrays[path.slice(0, -4)] = readNpy(await tree.read(path), tree.locate(path));
  return arrays;
}

/** Writes a .npz file, packed with deflate, as `numpy.savez_compressed` does. */
export function writeNpz(
  arrays: Readonly<Record<string, NumericArrayLike | Omit<TextArray, "dtype">>>,
): Uint8Array {
  const files: Zippable = {};
  for (const [name, array] of Object.entries(arrays))
    files[`${name}.npy`] = [writeNpy(array), { mtime: epoch }];
  return zipSync(files);
}

/** Throws StriateError as readNpz. */
export async function describeNpz(bytes: Uint8Array, name: string): Promise<Description> {
  const arrays = Object.entries(await readNpz(bytes, name)).map(([array, { shape, dtype }]) => ({
    name: array,
    shape,
    dtype,
  }));
  return {
    format: "npz",
    rows: [
      { name: "format", value: "NumPy .npz" },
      { name: "arrays", value: String(arrays.length) },
      ...arrays.map((array) => ({ name: array.name, value: `${formatShape(array.shape)} ${array.dtype}` })),
      { name: "bytes", value: String(bytes.length) },
    ],
    json: { format: "npz", arrays, bytes: bytes.length },
  };
}
