import { compile } from "../../../src/runtime/node.ts";
import { traceSteps } from "../../../src/spiking/dense/index.ts";
import { EventEngine } from "../../../src/spiking/event/index.ts";
import { nodesOf, type SpikingGraph } from "../../../src/spiking/graph/index.ts";
import type { Integration } from "../../../src/spiking/integration.ts";
import { input, sizeOf } from "../../../src/tensor/index.ts";

export interface Recording {
  /** What every node put out: (steps, …), by its name. */
  readonly outputs: Readonly<Record<string, Float32Array>>;
  /** Potentials of the neurons after every step, reset included. */
  readonly membranes: Readonly<Record<string, Float32Array>>;
}

/** Runs a graph with one input (steps, …) on the dense engine's own steps, one at a time, and records everything. */
export async function record(
  graph: SpikingGraph,
  values: Float32Array,
  steps: number,
  integration: Integration = "exponential",
): Promise<Recording> {
  const [node] = nodesOf(graph, "input");
  const { shape } = node!.operation as { readonly shape: readonly number[] };
  const size = sizeOf(shape);
  const x = input("x", [1, ...shape]);
  const { signals, kept } = traceSteps(graph, {
    batch: 1,
    steps: 1,
    inputs: { [node!.name]: [x] },
    integration,
  });
  const outputs = Object.fromEntries([
    ...[...signals].map(([name, [output]]) => [`out ${name}`, output!]),
    ...kept.map(({ name, after }) => [`next ${name}`, after]),
  ]);
  const program = await compile(
    { inputs: [x, ...kept.map(({ before }) => before)], outputs },
    { freeze: true },
  );
  const state: Record<string, Float32Array> = {};
  for (const { name, shape, initial } of kept) {
    const { data } = initial;
    state[name] = Float32Array.from({ length: sizeOf(shape) }, (_, i) => data[i % data.length]!);
  }
  const rows: Record<string, Float32Array[]> = {};
  for (let t = 0; t < steps; t++) {
    const results = await program.run({ x: values.subarray(t * size, (t + 1) * size), ...state });
    for (const [name, { data }] of Object.entries(results)) {
      (rows[name] ??= []).push(Float32Array.from(data as Float32Array));
    }
    for (const { name } of kept) state[name] = rows[`next ${name}`]!.at(-1)!;
  }
  await program.release();
  const pick = (start: string, end: string) =>
    Object.fromEntries(
      Object.entries(rows)
        .filter(([name]) => name.startsWith(start) && name.endsWith(end))
        .map(([name, list]) => [
          name.slice(start.length, name.length - end.length),
          Float32Array.from(list.flatMap((row) => [...row])),
        ]),
    );
  return { outputs: pick("out ", ""), membranes: pick("next ", ":membrane") };
}

/** What some nodes put out when the event engine runs a graph with one input (steps, …). */
export async function eventOutputs(
  graph: SpikingGraph,
  values: Float32Array,
  steps: number,
  names: readonly string[],
  integration: Integration = "exponential",
): Promise<Readonly<Record<string, Float32Array>>> {
  const engine = new EventEngine(graph, { batch: 1, input: "steps", integration, record: names });
  const rows = Object.fromEntries(names.map((name): [string, number[]] => [name, []]));
  for await (const results of engine.run(values, steps)) {
    for (const name of names) rows[name]!.push(...(results[name]!.data as Float32Array));
  }
  await engine.release();
  return Object.fromEntries(names.map((name) => [name, Float32Array.from(rows[name]!)]));
}
