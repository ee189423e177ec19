import { type SpikingEngine, stepsOf } from "../engine.ts";
import { type ClassReadout, largest } from "../readout.ts";
import type { Certainty } from "./certainty.ts";

export interface DecideOptions {
  /** An engine for one input that stays the same. */
  readonly engine: SpikingEngine;
  /** The output node that the engine records. */
  readonly output: string;
  readonly readout: ClassReadout;
  /** Samples at a time, as many as the engine and the readout take. */
  readonly batch: number;
  /** Values of one sample. */
  readonly size: number;
  /** Samples to decide, and how the input of one is written. */
  readonly samples: number;
  write(sample: number, into: Float32Array): void;
  /** Most steps of a sample. */
  readonly steps: number;
  /** Steps in one run of the engine: what is decided is only looked at after it. */
  readonly chunk: number;
  readonly certainty: Certainty;
  readonly threshold: number;
}

export interface Decision {
  readonly sample: number;
  readonly decision: number;
  /** Steps that it took. */
  readonly steps: number;
}

/**
 * Decides samples, each in as many steps as it needs. The place in the batch that a decided sample leaves is taken by
 * the next one, so that the batch stays full and no step is spent on what is decided, but for the rest of a chunk.
 */
export async function* decide(options: DecideOptions): AsyncGenerator<Decision> {
  const { engine, output, readout, batch, size, samples, steps, certainty, threshold } = options;
  const values = new Float32Array(batch * size);
  const places: ({ readonly sample: number; steps: number } | undefined)[] = new Array(batch).fill(undefined);
  let next = 0;
  let open = 0;
  engine.reset();
  while (next < samples || open > 0) {
    const taken: number[] = [];
    for (let place = 0; place < batch && next < samples; place++) {
      if (places[place] !== undefined) continue;
      options.write(next, values.subarray(place * size, (place + 1) * size));
      readout.reset(place);
      places[place] = { sample: next++, steps: 0 };
      taken.push(place);
      open++;
    }
    engine.reset(taken);
    for await (const results of engine.run(values, options.chunk)) {
      for (const outputs of stepsOf(results[output]!)) {
        readout.add(outputs);
        for (const [place, own] of places.entries()) {
          if (own === undefined) continue;
          own.steps++;
          const evidence = readout.evidence(place);
          if (own.steps < steps && !(certainty(evidence, own.steps) >= threshold)) continue;
          yield { sample: own.sample, decision: largest(evidence), steps: own.steps };
          places[place] = undefined;
          open--;
        }
      }
    }
  }
}
