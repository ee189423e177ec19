import type { ArrayValue } from "../runtime/compile.ts";

/** What a run of some steps gave: each recorded node's output (steps, N, …) by its name, and what was observed. */
export type StepResults = Readonly<Record<string, ArrayValue>>;

/** Runs a spiking graph for a batch of N samples, step by step, and keeps the neurons' state between calls. */
export interface SpikingEngine {
  /** Takes every neuron back to its potential before the first step: of these samples of the batch, or of all. */
  reset(samples?: Iterable<number>): void;
  /**
   * Goes on for `steps` steps, some at a time. `values` are the input: (N, …) for one that stays the same, (steps, N, …)
   * for one that has an array for each step.
   */
  run(values: Float32Array, steps: number): AsyncGenerator<StepResults>;
  release(): Promise<void>;
}

/** The outputs (N, …) of each step that an array (steps, N, …) of outputs holds, as views. */
export function* stepsOf({ data, shape }: ArrayValue): Generator<Float32Array> {
  const size = data.length / shape[0]!;
  for (let start = 0; start < data.length; start += size)
    yield (data as Float32Array).subarray(start, start + size);
}
