import { DenseEngine } from "../src/spiking/dense/index.ts";
import type { StepResults } from "../src/spiking/engine.ts";
import { EventEngine } from "../src/spiking/event/index.ts";
import type { SpikingGraph } from "../src/spiking/graph/index.ts";

export interface EngineOptions {
  readonly batch: number;
  readonly threads: number;
  readonly input: "constant" | "steps";
}

export interface Engine {
  reset(): void;
  run(values: Float32Array, steps: number): AsyncIterable<StepResults>;
  release(): Promise<void>;
}

export interface EngineKind {
  readonly name: string;
  readonly make: (graph: SpikingGraph, options: EngineOptions) => Engine;
  /** True where the weights are rounded. */
  readonly approximates?: boolean;
}

/** Ours, in Node and in a browser: to time another engine, or an engine in another way, add a line. */
export const engines: readonly EngineKind[] = [
  { name: "Striate dense", make: (graph, options) => new DenseEngine(graph, options) },
  { name: "Striate event", make: (graph, options) => new EventEngine(graph, options) },
  {
    name: "Striate event, 8-bit weights",
    make: (graph, options) => new EventEngine(graph, { ...options, weights: "int8" }),
    approximates: true,
  },
];
