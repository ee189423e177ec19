import { StriateError } from "../../error.ts";
import type { NumericArray } from "../array.ts";
import type { Hdf5Group, Hdf5Value, NewHdf5Dataset, NewHdf5Group } from "../hdf5/tree.ts";
import type { NirMetadata } from "../nir-graph.ts";
import type { TextArray } from "../npy.ts";

/** @param where what error messages call the group that is read. */
export function readNirMetadata(group: Hdf5Group, where: string): NirMetadata {
  const entries = Object.entries(group.children).map(([key, child]): [string, NirMetadata[string]] => {
    if (child.kind === "group") return [key, readNirMetadata(child, `${where}/${key}`)];
    if (child.kind !== "dataset" || child.value.data === undefined) {
      const what = child.kind === "dataset" ? child.value.dtype : child.kind;
      throw new StriateError(
        `${where}: '${key}' is a ${what}; expected a number, text or an array`,
        "Store it as one of these",
      );
    }
    return [key, plainValue(child.value)];
  });
  return Object.fromEntries(entries);
}

export function writeNirMetadata(metadata: NirMetadata): NewHdf5Group {
  const children = Object.entries(metadata).map(([key, value]) => [key, stored(value)]);
  return { kind: "group", children: Object.fromEntries(children) };
}

/** Text and numbers that a double holds exactly are plain; everything else is an array. */
function plainValue(
  value: Exclude<Hdf5Value, { data: undefined }>,
): NumericArray | TextArray | number | string {
  if (value.shape.length > 0) return value;
  const [scalar] = value.data;
  if (typeof scalar !== "bigint") return scalar;
  return Number.isSafeInteger(Number(scalar)) ? Number(scalar) : value;
}

function stored(value: NirMetadata[string]): NewHdf5Group | NewHdf5Dataset {
  if (typeof value === "string") return { kind: "dataset", shape: [], data: [value] };
  if (typeof value === "number") {
    const data = Number.isSafeInteger(value) ? BigInt64Array.of(BigInt(value)) : Float64Array.of(value);
    return { kind: "dataset", shape: [], data };
  }
  if (isArray(value)) return { kind: "dataset", shape: value.shape, data: value.data };
  return writeNirMetadata(value);
}

const isArray = (value: NirMetadata | NumericArray | TextArray): value is NumericArray | TextArray =>
  Array.isArray(value.shape) && (ArrayBuffer.isView(value.data) || Array.isArray(value.data));
