import type { Schedule, SpikingNode } from "./graph.ts";

/** Nodes whose output is there before their input of the same step is. */
const isSource = ({ operation: { type } }: SpikingNode): boolean =>
  type === "neuron" || type === "maxPool2d" || type === "input";

/**
 * Lets recurrent edges start at neurons. Where a recurrent edge comes at the end of nodes that only lead back, weights
 * or delays, the edge into the first of them waits for the step instead: a bias on the way back is then there from the
 * first step on, and a delay knows that its values have waited for one step.
 */
export function startAtNeurons(
  { order, recurrent }: Schedule,
  users: ReadonlyMap<string, readonly SpikingNode[]>,
): Schedule {
  const byName = new Map(order.map((node) => [node.name, node]));
  const moved = new Map([...recurrent].map(([target, sources]) => [target, new Set(sources)]));
  const first = new Set<SpikingNode>();
  for (const [target, sources] of recurrent) {
    for (const source of sources) {
      const way = wayBack(byName.get(source)!, byName, users);
      if (way === undefined || way.some(({ name }) => recurrent.has(name))) continue;
      moved.get(target)!.delete(source);
      moved.set(way[0]!.name, new Set(way[0]!.inputs));
      for (const node of way) first.add(node);
    }
    if (moved.get(target)!.size === 0) moved.delete(target);
  }
  return { order: [...first, ...order.filter((node) => !first.has(node))], recurrent: moved };
}

/** The nodes from a neuron's outputs to `last`, of which each feeds only the next; undefined where there is more to it. */
function wayBack(
  last: SpikingNode,
  byName: ReadonlyMap<string, SpikingNode>,
  users: ReadonlyMap<string, readonly SpikingNode[]>,
): readonly SpikingNode[] | undefined {
  const way: SpikingNode[] = [];
  for (let node = last; !isSource(node); node = byName.get(node.inputs[0]!)!) {
    if (users.get(node.name)!.length !== 1 || node.inputs.length === 0 || way.includes(node))
      return undefined;
    way.unshift(node);
    const sources = node.inputs.map((name) => byName.get(name)!);
    if (sources.every(({ operation }) => operation.type === "neuron")) return way;
    if (sources.length !== 1) return undefined;
  }
  return undefined;
}
