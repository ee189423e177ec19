import { input } from "../../tensor/index.ts";
import { nodesOf, type SpikingGraph } from "../graph/index.ts";
import { traceSteps } from "./trace.ts";

/**
 * The shape of what every node puts out in one step, without the batch axis.
 *
 * @throws StriateError where shapes do not fit.
 */
export function nodeShapes(graph: SpikingGraph): ReadonlyMap<string, readonly number[]> {
  const inputs = nodesOf(graph, "input").map(({ name, operation }) => {
    const { shape } = operation as { readonly shape: readonly number[] };
    return [name, [input(name, [1, ...shape])]] as const;
  });
  const { signals } = traceSteps(graph, { batch: 1, steps: 1, inputs: Object.fromEntries(inputs) });
  return new Map([...signals].map(([name, [output]]) => [name, output!.shape.slice(1)]));
}
