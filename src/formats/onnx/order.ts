/** What a node takes and gives, for ordering. */
export interface OrderedNode {
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
}

/**
 * An order in which every node comes after those whose values it takes (depth-first, Tarjan 1976). Nodes that are in
 * order already stay so.
 *
 * @returns positions in `nodes`, or the position of a node that takes, over others, a value of its own.
 */
export function evaluationOrder(
  nodes: readonly OrderedNode[],
): readonly number[] | { readonly cycle: number } {
  const producer = new Map<string, number>();
  nodes.forEach(({ outputs }, index) => {
    for (const name of outputs) producer.set(name, index);
  });
  const state = new Uint8Array(nodes.length);
  const [open, done] = [1, 2];
  const order: number[] = [];
  for (let start = 0; start < nodes.length; start++) {
    if (state[start] === done) continue;
    const path = [{ node: start, next: 0 }];
    state[start] = open;
    while (path.length > 0) {
      const top = path[path.length - 1];
      if (top.next === nodes[top.node].inputs.length) {
        state[top.node] = done;
        order.push(top.node);
        path.pop();
        continue;
      }
      const source = producer.get(nodes[top.node].inputs[top.next++]);
      if (source === undefined || state[source] === done) continue;
      if (state[source] === open) return { cycle: source };
      state[source] = open;
      path.push({ node: source, next: 0 });
    }
  }
  return order;
}
