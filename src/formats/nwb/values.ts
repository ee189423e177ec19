import type { Hdf5Dataset, Hdf5Value } from "../hdf5/tree.ts";
import type { NwbFile, Placed } from "./file.ts";

/** Numbers of any element type as doubles; undefined for text, references and what was not read. */
export function numbersOf(value: Hdf5Value | undefined): Float64Array | undefined {
  if (value?.data === undefined || Array.isArray(value.data)) return undefined;
  const { data } = value;
  if (data instanceof Float64Array) return data;
  return Float64Array.from(data as ArrayLike<number | bigint>, Number);
}

/** One number, also where it is stored as an array of one. */
export function numberOf(value: Hdf5Value | undefined): number | undefined {
  const numbers = numbersOf(value);
  return numbers?.length === 1 ? numbers[0] : undefined;
}

/** The paths to which references lead; undefined for anything else. */
export const targetsOf = (value: Hdf5Value | undefined): readonly string[] | undefined =>
  value !== undefined && "targets" in value ? value.targets : undefined;

/** @throws StriateError when a dataset does not hold numbers. */
export function requireNumbers(file: NwbFile, { path, object }: Placed<Hdf5Dataset>): Float64Array {
  const numbers = numbersOf(object.value);
  if (numbers === undefined)
    throw file.error(path, `holds ${object.value.dtype}; expected numbers`, "Store numbers there");
  return numbers;
}

/** The middle value, the lower of two; NaN when there is none. */
export function median(values: readonly number[]): number {
  const sorted = Float64Array.from(values).sort();
  return sorted.length === 0 ? Number.NaN : sorted[(sorted.length - 1) >> 1]!;
}

/** The index of the first of ascending values that is at least `least`. */
export function firstAtLeast(
  ascending: ArrayLike<number>,
  least: number,
  from = 0,
  to = ascending.length,
): number {
  let low = from;
  let high = to;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (ascending[middle]! < least) low = middle + 1;
    else high = middle;
  }
  return low;
}
