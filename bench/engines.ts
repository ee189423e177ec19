import { nodesOf, type SpikingGraph } from "../src/spiking/graph/index.ts";
import { type Contender, local } from "./benchmark.ts";
import { type EngineOptions, engines } from "./engine-kinds.ts";

/** Each engine on a graph of one output; `check` is given that output's arrays (some steps, N, …), run after run. */
export function engineContenders(
  graph: SpikingGraph,
  values: Float32Array,
  steps: number,
  options: EngineOptions,
  check: (outputs: readonly Float32Array[]) => number[],
): Contender[] {
  const output = nodesOf(graph, "output")[0]!.name;
  return engines.map(({ name, make, approximates }) => {
    const engine = make(graph, options);
    const run = async () => {
      engine.reset();
      const outputs: Float32Array[] = [];
      for await (const results of engine.run(values, steps))
        outputs.push(results[output]!.data as Float32Array);
      return outputs;
    };
    return {
      ...local(name, async () => check(await run()), run),
      release: () => engine.release(),
      ...(approximates && { approximates }),
    };
  });
}

/** Sums of each of `size` values over all steps. */
export function sumOverSteps(outputs: readonly Float32Array[], size: number): number[] {
  const total = new Array<number>(size).fill(0);
  for (const values of outputs) for (const [i, value] of values.entries()) total[i % size]! += value;
  return total;
}
