import { StriateError } from "../error.ts";
import type { NumericArray } from "./array.ts";
import { readCsv } from "./csv.ts";
import { readFileOrExplain } from "./files.node.ts";
import { readNpy, type TextArray } from "./npy.ts";
import { readNpz } from "./npz.ts";
import { sniff } from "./sniff.ts";

/** An array from a file, and what errors call it. */
export interface ArrayFromFile {
  readonly array: NumericArray | TextArray;
  readonly file: string;
  /** What the columns are called, where the file is a table with a header. */
  readonly header?: readonly string[] | undefined;
}

/** The arrays of a file by name; the only one of a .npy or .csv file is called `""`. */
export type ArrayFile = ReadonlyMap<string, ArrayFromFile>;

/** Reads a .npy, .npz or .csv file. Throws StriateError, naming the file, for another or a broken one. */
export async function readArrayFile(path: string): Promise<ArrayFile> {
  const bytes = await readFileOrExplain(path);
  const format = sniff(bytes, path);
  if (format === "npy") return new Map([["", { array: readNpy(bytes, path), file: path }]]);
  if (format === "npz" || format === "zip") {
    const arrays = Object.entries(await readNpz(bytes, path));
    return new Map(arrays.map(([name, array]) => [name, { array, file: `${path}: ${name}` }]));
  }
  if (/\.(csv|tsv|txt)$/i.test(path)) return new Map([["", { ...readCsv(bytes, path), file: path }]]);
  throw new StriateError(`${path} is no array (its format is ${format})`, "Give a .npy, .npz or .csv file");
}

/**
 * The array of that name, or the only one of the file.
 *
 * @throws StriateError, naming those that there are, when neither exists.
 */
export function arrayNamed(arrays: ArrayFile, name: string, path: string): ArrayFromFile {
  const found = arrays.get(name) ?? (arrays.size === 1 ? [...arrays.values()][0] : undefined);
  if (found !== undefined) return found;
  throw new StriateError(
    `${path} has no array "${name}"; it has ${[...arrays.keys()].join(", ")}`,
    `Save it under the name ${name}`,
  );
}
