import { StriateError } from "../../error.ts";
import { type Dtype, elementCount, emptyArray, formatShape, type NumericArray } from "../array.ts";
import { childOf, type Hdf5Group, type Hdf5Value } from "../hdf5/tree.ts";
import type { NirType } from "../nir-graph.ts";
import type { TextArray } from "../npy.ts";
import { type Field, isParameter, nirFields } from "./fields.ts";

type Stored = NumericArray | TextArray;

const again = "Write the file with the nir package";

/** The value of a dataset. Throws StriateError when there is none, or none that can be read. */
export function storedValue(group: Hdf5Group, field: string, where: string): Stored {
  const child = childOf(group, field);
  const value: Hdf5Value | undefined = child?.kind === "dataset" ? child.value : undefined;
  if (value?.data !== undefined) return value;
  throw new StriateError(
    value === undefined
      ? `${where} has no field '${field}'`
      : `${where}: '${field}' has the element type ${value.dtype}; expected numbers or text`,
    again,
  );
}

/**
 * The fields of a node that is no graph.
 *
 * @param where what error messages call the node.
 * @throws StriateError for a field that is missing, of the wrong kind or unknown.
 */
export function readNirFields(
  group: Hdf5Group,
  type: Exclude<NirType, "NIRGraph">,
  where: string,
): Record<string, unknown> {
  const fields = nirFields[type];
  refuseUnknownFields(group, Object.values(fields), where);
  const entries = Object.entries(fields).map(([key, field]): [string, unknown] => {
    const { stored, former } = field;
    const present = [stored, former].find((name) => name !== undefined && childOf(group, name) !== undefined);
    if (present === undefined && field.optional) return [key, undefined];
    const fallback = present === undefined ? fallbacks[stored]?.(group, where) : undefined;
    return [
      key,
      fallback ?? convert(storedValue(group, present ?? stored, where), field, `${where}: '${stored}'`),
    ];
  });
  const values = Object.fromEntries(entries.filter(([, value]) => value !== undefined));
  const { wIn, vLeak } = values as Record<string, NumericArray | undefined>;
  if (wIn?.data.length === 1 && vLeak !== undefined) {
    values.wIn = filled(vLeak.shape, wIn.dtype, Number(wIn.data[0]));
  }
  return values;
}

/** What the Python package takes for a field that is not there. */
const fallbacks: Record<string, (group: Hdf5Group, where: string) => unknown> = {
  v_reset: (group, where) => filledLike(group, "v_threshold", 0, where),
  w_in: (group, where) => filledLike(group, "v_leak", 1, where),
  start_dim: () => 1,
  end_dim: () => -1,
};

/** Types and shapes that a node only derives are not read. */
const derived = ["type", "metadata", "input_type", "output_type"];

function refuseUnknownFields(group: Hdf5Group, fields: readonly Field[], where: string): void {
  const names = fields.map(({ stored }) => stored);
  const unknown = Object.keys(group.children).find((key) => !names.includes(key) && !derived.includes(key));
  if (unknown === undefined) return;
  throw new StriateError(
    `${where} has a field '${unknown}', which NIR 1.0 does not know; expected ${names.join(", ")}`,
    "Leave it out, or keep it as metadata",
  );
}

function convert(value: Stored, { kind }: Field, where: string): unknown {
  if (isParameter(kind)) return parameter(value, where);
  if (Array.isArray(value.data)) {
    const [word] = value.data;
    if (kind.startsWith("padding") && value.shape.length === 0 && (word === "same" || word === "valid"))
      return word;
    throw new StriateError(
      `${where} is the text ${JSON.stringify(word)}; expected ${kind.startsWith("padding") ? "same, valid or " : ""}whole numbers`,
      again,
    );
  }
  const numbers = Array.from(value.data as ArrayLike<number | bigint>, Number);
  if (kind === "sizes") return numbers;
  if (kind === "pair" || kind === "paddingPair") {
    if (numbers.length === 1) return [numbers[0], numbers[0]];
    if (numbers.length === 2) return numbers;
    throw new StriateError(`${where} is ${formatShape(value.shape)}; expected two whole numbers`, again);
  }
  if (numbers.length === 1) return numbers[0];
  throw new StriateError(`${where} is ${formatShape(value.shape)}; expected one whole number`, again);
}

/** float32 and float64 as they are, everything else as float64. */
function parameter(value: Stored, where: string): NumericArray {
  if (Array.isArray(value.data)) {
    throw new StriateError(`${where} holds text; expected numbers`, again);
  }
  const { shape, dtype, data } = value as NumericArray;
  if (dtype === "float32" || dtype === "float64") return { shape, dtype, data };
  return { shape, dtype: "float64", data: Float64Array.from(data as ArrayLike<number | bigint>, Number) };
}

function filled(shape: readonly number[], dtype: Dtype, value: number): NumericArray {
  const data = emptyArray(dtype, elementCount(shape)) as Float64Array;
  return { shape: [...shape], dtype, data: data.fill(value) };
}

function filledLike(group: Hdf5Group, field: string, value: number, where: string): NumericArray {
  const { shape, dtype } = parameter(storedValue(group, field, where), `${where}: '${field}'`);
  return filled(shape, dtype, value);
}
