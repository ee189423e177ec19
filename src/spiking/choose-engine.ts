import { StriateError } from "../error.ts";
import { DenseEngine } from "./dense/index.ts";
import type { SpikingEngine } from "./engine.ts";
import { EventEngine } from "./event/index.ts";
import { nodesOf, type SpikingGraph } from "./graph/index.ts";

export const engineNames = ["dense", "event"] as const;

export type EngineName = (typeof engineNames)[number];

/** What both engines take. */
export interface EngineOptions {
  readonly batch: number;
  readonly chunk?: number;
  readonly threads?: number;
  readonly input?: "constant" | "steps";
  /** Of the event engine. */
  readonly weights?: "float32" | "int8";
}

export interface EngineChoice {
  readonly engine: EngineName;
  /** Milliseconds that each took for the same steps of the same input; absent for an engine that cannot run the graph. */
  readonly milliseconds: Readonly<Partial<Record<EngineName, number>>>;
  /** Spikes of a neuron in a step, on the mean, where the event engine could run. */
  readonly density?: number;
  /** Why the event engine cannot run the graph. */
  readonly refusal?: string;
}

/** @throws StriateError for 8-bit weights on the dense engine, and for a graph that the event engine cannot run */
export function makeEngine(name: EngineName, graph: SpikingGraph, options: EngineOptions): SpikingEngine {
  if (name === "event") return new EventEngine(graph, options);
  if (options.weights === "int8")
    throw new StriateError("the dense engine has no 8-bit weights", "Take the event engine");
  return new DenseEngine(graph, options);
}

/** Rounds that are timed, after one that is not. */
const ROUNDS = 3;

/**
 * Runs a graph on both engines and says which was faster: the fastest of three rounds each, in turn.
 *
 * @param values the input as engines take it
 */
export async function chooseEngine(
  graph: SpikingGraph,
  values: Float32Array,
  steps: number,
  options: EngineOptions,
): Promise<EngineChoice> {
  const dense = new DenseEngine(graph, options);
  let event: EventEngine | undefined;
  let refusal: string | undefined;
  try {
    event = new EventEngine(graph, options);
  } catch (error) {
    if (!(error instanceof StriateError)) throw error;
    refusal = error.message;
  }
  if (event === undefined) return { engine: "dense", milliseconds: {}, ...(refusal && { refusal }) };
  try {
    const milliseconds = { dense: Number.POSITIVE_INFINITY, event: Number.POSITIVE_INFINITY };
    for (let round = 0; round <= ROUNDS; round++) {
      for (const [name, engine] of [
        ["dense", dense],
        ["event", event],
      ] as const) {
        const took = await timeOf(engine, values, steps);
        if (round > 0) milliseconds[name] = Math.min(milliseconds[name], took);
      }
    }
    const counts = event.eventCounts();
    const neurons = nodesOf(graph, "neuron");
    const spikes = neurons.reduce((sum, { name }) => sum + counts.get(name)!, 0);
    const units = neurons.reduce((sum, { name }) => sum + event.unitsOf(name), 0);
    const density = spikes / (units * options.batch * steps * (ROUNDS + 1));
    const engine = milliseconds.event < milliseconds.dense ? "event" : "dense";
    return { engine, milliseconds, density };
  } finally {
    await dense.release();
    await event.release();
  }
}

async function timeOf(engine: SpikingEngine, values: Float32Array, steps: number): Promise<number> {
  engine.reset();
  const begun = performance.now();
  for await (const _ of engine.run(values, steps));
  return performance.now() - begun;
}

/** The choice in a sentence. */
export function engineChoiceText({ engine, milliseconds, density, refusal }: EngineChoice): string {
  if (refusal !== undefined) return `engine: dense, since the event engine refuses: ${refusal}`;
  const times = engineNames.map((name) => `${name} ${milliseconds[name]!.toPrecision(3)} ms`).join(", ");
  return `engine: ${engine} (${times} for the same input; ${(100 * density!).toPrecision(3)} % of the neurons fire at a step)`;
}
