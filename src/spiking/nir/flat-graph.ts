import { StriateError } from "../../error.ts";
import type { NirGraph, NirNode } from "../../formats/nir-graph.ts";
import type { NirShapes } from "../../formats/nir-shapes.ts";

/** A node that is no graph, by its path: "lif1/w_rec" is the node w_rec of the nested graph lif1. */
export interface FlatNode {
  readonly path: string;
  readonly node: Exclude<NirNode, NirGraph>;
  readonly shapes: NirShapes;
  /** Paths of the nodes whose outputs it takes, summed. */
  readonly inputs: readonly string[];
}

interface Found {
  readonly node: Exclude<NirNode, NirGraph>;
  readonly shapes: NirShapes;
  /** Identities and the ports of nested graphs. */
  readonly passes: boolean;
}

/**
 * The nodes of a graph and of the graphs in it, without identities and the ports of nested graphs: what these would pass
 * goes straight to the nodes after them.
 *
 * @throws StriateError for a cycle that passes through no other node.
 */
export function flatGraph(graph: NirGraph, shapes: Readonly<Record<string, NirShapes>>): FlatNode[] {
  const found = new Map<string, Found>();
  const sources = new Map<string, string[]>();
  collect(graph, shapes, "", found, sources);
  const inputsOf = (path: string, seen: readonly string[]): string[] =>
    (sources.get(path) ?? []).flatMap((source) => {
      if (!found.get(source)!.passes) return [source];
      if (!seen.includes(source)) return inputsOf(source, [...seen, source]);
      throw new StriateError(
        `nir: the node '${source}' feeds itself, and nothing on the way does anything`,
        "Leave out the edge that closes the circle",
      );
    });
  return [...found]
    .filter(([, { passes }]) => !passes)
    .map(([path, { node, shapes }]) => ({ path, node, shapes, inputs: inputsOf(path, []) }));
}

function collect(
  { nodes, edges }: NirGraph,
  shapes: Readonly<Record<string, NirShapes>>,
  prefix: string,
  found: Map<string, Found>,
  sources: Map<string, string[]>,
): void {
  for (const [key, node] of Object.entries(nodes)) {
    if (node.type === "NIRGraph") {
      collect(node, shapes[key].nodes!, `${prefix}${key}/`, found, sources);
      continue;
    }
    const isPort = node.type === "Input" || node.type === "Output";
    const passes = node.type === "Identity" || (isPort && prefix !== "");
    found.set(prefix + key, { node, shapes: shapes[key], passes });
  }
  const end = (key: string, type: "Input" | "Output"): string => {
    const node = nodes[key];
    if (node.type !== "NIRGraph") return prefix + key;
    const port = Object.keys(node.nodes).find((each) => node.nodes[each].type === type);
    return `${prefix}${key}/${port}`;
  };
  for (const [source, target] of edges) {
    const into = end(target, "Input");
    sources.set(into, [...(sources.get(into) ?? []), end(source, "Output")]);
  }
}
