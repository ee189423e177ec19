import type { DescribedNode, Description } from "../formats/describe.ts";
import { nodeShapes } from "./dense/index.ts";
import type { Numbers, Operation, SpikingGraph } from "./graph/index.ts";

/** A table of the nodes of a spiking graph, and the graph to draw. */
export function describeSpikingGraph(graph: SpikingGraph): Required<Pick<Description, "table" | "graph">> {
  const shapes = nodeShapes(graph);
  const rows = graph.nodes.map(({ name, inputs, operation }) => [
    name,
    kindOf(operation),
    parametersOf(operation),
    shapes.get(name)?.join(" × ") ?? "?",
    inputs.join(" + "),
  ]);
  return {
    table: { headers: ["node", "operation", "parameters", "output", "fed by"], rows },
    graph: graph.nodes.map(({ name, inputs, operation }) => ({
      name,
      type: kindOf(operation),
      role: roleOf(operation),
      detail: shapes.get(name)?.join(" × ") ?? "",
      inputs: [...inputs],
    })),
  };
}

function kindOf(operation: Operation): string {
  if (operation.type !== "neuron") return operation.type;
  const { membrane, firing } = operation;
  if (firing === undefined) return `${membrane.kind}, no spikes`;
  const reset = firing.reset === "subtract" ? "soft reset" : "hard reset";
  return `${membrane.kind} neurons, ${firing.takesBackAt === undefined ? "" : "signed, "}${reset}`;
}

function roleOf({ type }: Operation): DescribedNode["role"] {
  if (type === "input" || type === "output") return "port";
  if (type === "neuron" || type === "threshold") return "activation";
  return type === "conv2d" || type === "linear" || type === "scale" ? "linear" : "other";
}

/** Shapes of the arrays of an operation, and its single numbers. */
function parametersOf(operation: Operation): string {
  const parts: string[] = [];
  const visit = (value: unknown, key: string): void => {
    if (typeof value !== "object" || value === null || Array.isArray(value)) return;
    if (!("data" in value)) {
      for (const [inner, each] of Object.entries(value)) visit(each, inner);
      return;
    }
    const { shape, data } = value as Numbers;
    parts.push(`${key} ${data.length === 1 ? Number(data[0]!.toPrecision(4)) : shape.join(" × ")}`);
  };
  visit(operation, "");
  return parts.join(", ");
}
