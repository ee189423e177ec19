import type { ImageDataset } from "../formats/dataset.ts";
import { orderedBatch } from "../nn/batches.ts";
import type { RecordedEvidence } from "../spiking/anytime/index.ts";
import { type EngineName, makeEngine } from "../spiking/choose-engine.ts";
import { type SpikingEngine, stepsOf } from "../spiking/engine.ts";
import { nodesOf } from "../spiking/graph/index.ts";
import { ClassReadout } from "../spiking/readout.ts";
import type { ProgressReporter } from "./progress.ts";
import { imageShape, type SpikingModel } from "./spiking-model.ts";

export interface RecordingOptions {
  readonly steps: number;
  readonly batchSize: number;
  readonly engine: EngineName;
  /** Use only the first so many images. */
  readonly limit?: number | undefined;
  /** Of the progress. */
  readonly title: string;
  readonly progress: ProgressReporter;
  readonly signal?: AbortSignal | undefined;
}

/** Runs a spiking model for all its steps on images, and keeps the evidence after each. */
export async function recordEvidence(
  model: SpikingModel,
  data: ImageDataset,
  { steps, batchSize, engine: name, limit, title, progress, signal }: RecordingOptions,
): Promise<{ readonly evidence: RecordedEvidence; readonly imagesPerSecond: number }> {
  const { graph, description } = model;
  const { classes, readout: kind, scale } = description;
  const samples = Math.min(data.count, limit ?? data.count);
  const batch = Math.min(batchSize, samples);
  const output = nodesOf(graph, "output")[0]!.name;
  const values = new Float64Array(steps * samples * classes);
  const engine = makeEngine(name, graph, { batch });
  let milliseconds = 0;
  progress.begin(title, samples, "images");
  try {
    const [channels, height, width] = imageShape(model);
    await warmUp(engine, batch * channels * height * width, steps);
    for (let start = 0; start < samples; start += batch) {
      signal?.throwIfAborted();
      const { images } = orderedBatch(data, scale, start, batch);
      const readout = new ClassReadout(kind, batch, classes);
      const size = Math.min(batch, samples - start);
      const begun = performance.now();
      engine.reset();
      let step = 0;
      for await (const results of engine.run(images, steps)) {
        for (const outputs of stepsOf(results[output]!)) {
          readout.add(outputs);
          for (let i = 0; i < size; i++)
            values.set(readout.evidence(i), (step * samples + start + i) * classes);
          step++;
        }
      }
      milliseconds += performance.now() - begun;
      progress.advance(start + size);
    }
  } finally {
    await engine.release();
  }
  const imagesPerSecond = (1000 * samples) / milliseconds;
  progress.end(`${imagesPerSecond.toFixed(0)} images/s`);
  const labels = data.labels.subarray(0, samples);
  return { evidence: { steps, samples, classes, values, labels }, imagesPerSecond };
}

/** Compiles what an engine needs for runs of so many steps, so that it is not measured with them. */
export async function warmUp(engine: SpikingEngine, values: number, steps: number): Promise<void> {
  for await (const _ of engine.run(new Float32Array(values), steps));
  engine.reset();
}
