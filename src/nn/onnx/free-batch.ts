import { StriateError } from "../../error.ts";
import { input, type Shape } from "../../tensor/index.ts";
import { evaluateInto } from "./evaluate.ts";
import type { FoldedGraph } from "./fold.ts";
import { type HostArray, hostIntegers } from "./host-array.ts";
import type { OperatorNode } from "./operator-call.ts";
import { atStep, type GraphValue } from "./value.ts";

/** Every value of a folded graph, traced for an input of this shape. */
export function traceValues(
  { nodes, constants }: FoldedGraph,
  opset: number,
  name: string,
  shape: Shape,
): Map<string, GraphValue> {
  const values = new Map<string, GraphValue>(constants);
  values.set(name, [input(name, shape)]);
  for (const node of nodes) evaluateInto(values, node, opset);
  return values;
}

/**
 * Rewrites a graph that was exported for one batch size so that it takes any: the shape that a Reshape asks for gets
 * −1 in front wherever the front axis of its input grows with the batch. Throws when the graph holds on to its batch.
 */
export function freeBatch(graph: FoldedGraph, opset: number, name: string, shape: Shape): FoldedGraph {
  const before = traceValues(graph, opset, name, shape);
  const constants = new Map(graph.constants);
  const after = new Map<string, GraphValue>(constants);
  after.set(name, [input(name, shape.with(0, 2 * shape[0]!))]);
  const shapeOf = (values: ReadonlyMap<string, GraphValue>, value: string): Shape =>
    atStep(values.get(value)!, 0).shape;
  const nodes = graph.nodes.map((node) => {
    let freed = node;
    const [data, target] = node.inputs as [string, string];
    if (node.type === "Reshape" && constants.has(target)) {
      const grows = shapeOf(after, data)[0] === 2 * shapeOf(before, data)[0]!;
      const result = shapeOf(before, node.outputs[0]!);
      if (grows && result.length > 0) {
        const free = `${node.outputs[0]}/shape`;
        const asked: HostArray = hostIntegers(result.with(0, -1));
        constants.set(free, asked);
        after.set(free, asked);
        freed = { ...node, inputs: [data, free], attributes: {} };
      }
    }
    traceForAnyBatch(freed, opset, after, shape[0]!);
    return freed;
  });
  return { nodes, constants };
}

function traceForAnyBatch(
  node: OperatorNode,
  opset: number,
  values: Map<string, GraphValue>,
  batch: number,
): void {
  try {
    evaluateInto(values, node, opset);
  } catch (error) {
    if (!(error instanceof StriateError)) throw error;
    throw new StriateError(
      `the graph only works for batches of ${batch}: ${error.message}`,
      "Export the network with a batch axis that is free, such as dynamic_axes or dynamic_shapes in PyTorch",
    );
  }
}
