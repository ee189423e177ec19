import type { NumericArray } from "../../../src/formats/array.ts";
import type { NirGraph, NirNode } from "../../../src/formats/nir-graph.ts";
import { type StoredArray, valuesOf } from "../../tensor/fixture.ts";

/** A graph as reference/nir_simulation.py stores it. */
export interface StoredGraph {
  readonly type: "NIRGraph";
  readonly nodes: Readonly<Record<string, StoredGraph | Readonly<Record<string, unknown>>>>;
  readonly edges: [string, string][];
}

const isArray = (value: unknown): value is StoredArray =>
  typeof value === "object" && value !== null && "shape" in value;

const arrayOf = (stored: StoredArray): NumericArray => ({
  shape: [...stored.shape],
  dtype: "float32",
  data: valuesOf(stored),
});

export function nirGraphOf({ nodes, edges }: StoredGraph): NirGraph {
  const entries = Object.entries(nodes).map(([name, node]): [string, NirNode] => {
    if ("nodes" in node) return [name, nirGraphOf(node as StoredGraph)];
    const fields = Object.entries(node).map(([key, value]) => [key, isArray(value) ? arrayOf(value) : value]);
    return [name, { ...Object.fromEntries(fields), metadata: {} } as NirNode];
  });
  return { type: "NIRGraph", nodes: Object.fromEntries(entries), edges, metadata: {} };
}
