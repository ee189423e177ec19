import { StriateError } from "../../error.ts";

/** A directed graph: each node has the nodes whose values it takes. */
export interface LinkedNode {
  readonly name: string;
  readonly inputs: readonly string[];
}

/** Where an edge runs that cannot go straight from a layer to the next. */
export interface Detour {
  /** The gap between columns, counted from the one to the right of column 0. */
  readonly gutter: number;
  /** Position among the edges of that gap, from its left. */
  readonly lane: number;
}

export interface LaidOutEdge {
  readonly from: number;
  readonly to: number;
  readonly detour?: Detour;
}

export interface GraphLayout {
  /** Row of each node: below those of all nodes that it takes values from, but for edges that close a cycle. */
  readonly layer: readonly number[];
  readonly column: readonly number[];
  readonly edges: readonly LaidOutEdge[];
}

/**
 * Layers by longest path (Sugiyama, Tagawa and Toda 1981), columns by following the longest way through the graph.
 * An edge to the next layer is drawn straight; every other one takes a lane between two columns, where no node lies.
 *
 * @throws StriateError for two nodes of one name and for an input that no node has.
 */
export function layOutGraph(nodes: readonly LinkedNode[]): GraphLayout {
  const sources = sourcesOf(nodes);
  const targets = reversed(sources);
  const order = topDown(sources, targets);
  const position = new Map(order.map((node, index) => [node, index]));
  const forward = sources.map((inputs, node) =>
    inputs.filter((input) => (position.get(input) as number) < (position.get(node) as number)),
  );
  const layer = longestPaths(order, forward);
  const column = columnsOf(order, forward, layer);
  const pairs = sources.flatMap((inputs, to) => inputs.map((from) => ({ from, to })));
  const straight = ({ from, to }: LaidOutEdge) => layer[to] === layer[from] + 1;
  return {
    layer,
    column,
    edges: [
      ...pairs.filter(straight),
      ...withLanes(
        pairs.filter((edge) => !straight(edge)),
        layer,
        column,
      ),
    ],
  };
}

function sourcesOf(nodes: readonly LinkedNode[]): number[][] {
  const index = new Map(nodes.map(({ name }, position) => [name, position]));
  if (index.size < nodes.length)
    throw new StriateError("Two nodes of a graph have one name", "Give every node a name of its own");
  return nodes.map(({ name, inputs }) =>
    [...new Set(inputs)].map((input) => {
      const source = index.get(input);
      if (source !== undefined) return source;
      throw new StriateError(
        `The node '${name}' takes '${input}', which is not in the graph`,
        "Add it, or leave it out",
      );
    }),
  );
}

function reversed(sources: readonly (readonly number[])[]): number[][] {
  const targets: number[][] = sources.map(() => []);
  sources.forEach((inputs, node) => {
    for (const input of inputs) targets[input].push(node);
  });
  return targets;
}

/** Every node after those that it takes values from; of a cycle, the node that is reached first from above. */
function topDown(sources: readonly (readonly number[])[], targets: readonly (readonly number[])[]): number[] {
  const seen = new Set<number>();
  const bottomUp: number[] = [];
  const nodes = [...sources.keys()];
  for (const start of [...nodes.filter((node) => sources[node].length === 0), ...nodes]) {
    const path = seen.has(start) ? [] : [{ node: start, next: 0 }];
    seen.add(start);
    while (path.length > 0) {
      const top = path[path.length - 1];
      const target = targets[top.node][top.next++];
      if (target === undefined) {
        bottomUp.push(top.node);
        path.pop();
      } else if (!seen.has(target)) {
        seen.add(target);
        path.push({ node: target, next: 0 });
      }
    }
  }
  return bottomUp.reverse();
}

function longestPaths(order: readonly number[], sources: readonly (readonly number[])[]): number[] {
  const length = new Array<number>(order.length).fill(0);
  for (const node of order) {
    for (const source of sources[node]) length[node] = Math.max(length[node], length[source] + 1);
  }
  return length;
}

/**
 * In every layer the nodes with the longest way still before them come first. Each takes the column of its source in
 * the layer above, or the free one nearest to that.
 */
function columnsOf(
  order: readonly number[],
  sources: readonly (readonly number[])[],
  layer: readonly number[],
): number[] {
  const ahead = longestPaths(order.toReversed(), reversed(sources));
  const column = new Array<number>(order.length).fill(0);
  const taken = new Map<number, Set<number>>();
  for (const node of order.toSorted((a, b) => layer[a] - layer[b] || ahead[b] - ahead[a] || a - b)) {
    const above = sources[node]
      .filter((source) => layer[source] === layer[node] - 1)
      .map((source) => column[source]);
    const used = taken.get(layer[node]) ?? new Set();
    column[node] = nearestFree(used, above.length === 0 ? 0 : Math.min(...above));
    taken.set(layer[node], used.add(column[node]));
  }
  return column;
}

function nearestFree(used: ReadonlySet<number>, wanted: number): number {
  for (let distance = 0; ; distance++) {
    if (!used.has(wanted + distance)) return wanted + distance;
    if (wanted - distance >= 0 && !used.has(wanted - distance)) return wanted - distance;
  }
}

/** Short detours lie inside long ones; edges that pass the same layers have different lanes. */
function withLanes(edges: LaidOutEdge[], layer: readonly number[], column: readonly number[]): LaidOutEdge[] {
  const span = ({ from, to }: LaidOutEdge) =>
    [Math.min(layer[from], layer[to]), Math.max(layer[from], layer[to])] as const;
  const length = (edge: LaidOutEdge) => span(edge)[1] - span(edge)[0];
  const lanes = new Map<number, (readonly [number, number])[][]>();
  return edges
    .toSorted((a, b) => length(a) - length(b))
    .map((edge) => {
      const gutter = Math.min(column[edge.from], column[edge.to]);
      const own = lanes.get(gutter) ?? [];
      lanes.set(gutter, own);
      const [first, last] = span(edge);
      const free = own.findIndex((taken) => taken.every(([from, to]) => last < from || to < first));
      const lane = free < 0 ? own.length : free;
      if (free < 0) own.push([]);
      own[lane].push([first, last]);
      return { ...edge, detour: { gutter, lane } };
    });
}
