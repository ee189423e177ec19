import { StriateError } from "../../error.ts";
import type { Operation } from "./node.ts";
import { startAtNeurons } from "./recurrence.ts";

/** One node of a spiking graph, and the nodes whose outputs it takes. */
export interface SpikingNode {
  readonly name: string;
  /** Several inputs are summed, except by "concat", which joins them in this order. */
  readonly inputs: readonly string[];
  readonly operation: Operation;
  /** Shape of one step's output without the batch axis; needed only of nodes that a recurrent edge starts at. */
  readonly shape?: readonly number[] | undefined;
}

/**
 * A network of spiking neurons as plain data, in the terms of NIR (Pedersen et al., 2024) and a few more. Spikes are 0
 * or 1; what they weigh is in the weights.
 */
export interface SpikingGraph {
  readonly nodes: readonly SpikingNode[];
  /** Length of a time step in seconds. Networks converted from rates have no time of their own: 1. */
  readonly timeStep: number;
  /** What the graph is to be remembered by: plain JSON. */
  readonly metadata: Readonly<Record<string, unknown>>;
}

export const nodesOf = (graph: SpikingGraph, type: Operation["type"]): SpikingNode[] =>
  graph.nodes.filter(({ operation }) => operation.type === type);

/** The nodes in an order of evaluation, and the edges that go against it. */
export interface Schedule {
  readonly order: readonly SpikingNode[];
  /**
   * Inputs that come from a node later in the order, by the name of the node that takes them: they carry what the source
   * put out one step before.
   */
  readonly recurrent: ReadonlyMap<string, ReadonlySet<string>>;
}

/**
 * Orders a graph for evaluation step by step. Edges that close a cycle, found going from the inputs on, are recurrent;
 * where weights or delays on the way back lead nowhere else, the edge from the neurons into the first of them is.
 *
 * @throws StriateError for two nodes of one name, and for inputs that are no node.
 */
export function schedule(graph: SpikingGraph): Schedule {
  const byName = new Map(graph.nodes.map((node) => [node.name, node]));
  if (byName.size !== graph.nodes.length) {
    const names = graph.nodes.map(({ name }) => name);
    const twice = names.find((name, i) => names.indexOf(name) !== i);
    throw new StriateError(`two nodes of the graph are called "${twice}"`, "Give each its own name");
  }
  const users = new Map<string, SpikingNode[]>(graph.nodes.map(({ name }) => [name, []]));
  for (const node of graph.nodes) {
    for (const source of node.inputs) {
      const list = users.get(source);
      if (list === undefined)
        throw new StriateError(`the node "${node.name}" takes "${source}", which is no node of the graph`);
      list.push(node);
    }
  }
  const finished: SpikingNode[] = [];
  const open = new Set<string>();
  const closed = new Set<string>();
  const recurrent = new Map<string, Set<string>>();
  const roots = [...graph.nodes].sort(
    (a, b) => Number(b.operation.type === "input") - Number(a.operation.type === "input"),
  );
  for (const root of roots) {
    if (closed.has(root.name)) continue;
    const stack = [{ node: root, next: 0 }];
    open.add(root.name);
    while (stack.length > 0) {
      const frame = stack.at(-1)!;
      const target = users.get(frame.node.name)![frame.next++];
      if (target === undefined) {
        stack.pop();
        open.delete(frame.node.name);
        closed.add(frame.node.name);
        finished.push(frame.node);
      } else if (open.has(target.name)) {
        const sources = recurrent.get(target.name) ?? new Set();
        recurrent.set(target.name, sources.add(frame.node.name));
      } else if (!closed.has(target.name)) {
        open.add(target.name);
        stack.push({ node: target, next: 0 });
      }
    }
  }
  return startAtNeurons({ order: finished.reverse(), recurrent }, users);
}
