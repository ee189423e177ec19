import type { SpikingGraph, SpikingNode } from "../../spiking/graph/index.ts";

/** One layer of neurons and the synapses before it, cut out of a graph: what it gets from other neurons are inputs. */
export interface Stage {
  readonly unit: SpikingNode;
  /** From the inputs to one output, "current": the sum of what the neurons take in. */
  readonly graph: SpikingGraph;
  /** Names of the neurons, or of the graph's own input, that the stage takes from. */
  readonly sources: readonly string[];
}

/**
 * Cuts a graph without recurrence into its layers of neurons, in order; `shapes` are those of one step of each neuron
 * layer, without the batch axis.
 */
export function stagesOf(graph: SpikingGraph, shapes: ReadonlyMap<string, readonly number[]>): Stage[] {
  const byName = new Map(graph.nodes.map((node) => [node.name, node]));
  return graph.nodes
    .filter(({ operation }) => operation.type === "neuron")
    .map((unit) => {
      const within = new Set<SpikingNode>();
      const sources = new Set<string>();
      const pending = [...unit.inputs];
      while (pending.length > 0) {
        const node = byName.get(pending.pop()!)!;
        const isSource = node.operation.type === "neuron" || node.operation.type === "input";
        if (isSource) sources.add(node.name);
        else if (!within.has(node)) {
          within.add(node);
          pending.push(...node.inputs);
        }
      }
      const inputs = [...sources].map((name): SpikingNode => {
        const { operation } = byName.get(name)!;
        const shape = operation.type === "input" ? operation.shape : shapes.get(name)!;
        return { name, inputs: [], operation: { type: "input", shape } };
      });
      const nodes = [
        ...inputs,
        ...graph.nodes.filter((node) => within.has(node)),
        { name: "current", inputs: unit.inputs, operation: { type: "output" as const } },
      ];
      return { unit, sources: [...sources], graph: { ...graph, nodes } };
    });
}
