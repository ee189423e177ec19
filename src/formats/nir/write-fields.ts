import type { NumericArray } from "../array.ts";
import type { NewHdf5Dataset } from "../hdf5/tree.ts";
import type { NirGraph, NirNode } from "../nir-graph.ts";
import { isParameter, nirFields } from "./fields.ts";

/** The datasets of a node that is no graph. */
export function writeNirFields(node: Exclude<NirNode, NirGraph>): Record<string, NewHdf5Dataset> {
  const values = node as unknown as Record<string, unknown>;
  const entries = Object.entries(nirFields[node.type])
    .filter(([key]) => values[key] !== undefined)
    .map(([key, { stored, kind }]): [string, NewHdf5Dataset] => [
      stored,
      isParameter(kind) ? arrayDataset(values[key] as NumericArray) : wholeNumbers(values[key]),
    ]);
  return Object.fromEntries(entries);
}

function arrayDataset({ shape, data }: NumericArray): NewHdf5Dataset {
  return { kind: "dataset", shape, data };
}

function wholeNumbers(value: unknown): NewHdf5Dataset {
  if (typeof value === "string") return { kind: "dataset", shape: [], data: [value] };
  const numbers = Array.isArray(value) ? value : [value];
  const data = BigInt64Array.from(numbers, (number) => BigInt(number as number));
  return { kind: "dataset", shape: Array.isArray(value) ? [numbers.length] : [], data };
}
