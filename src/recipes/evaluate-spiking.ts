import { StriateError } from "../error.ts";
import type { ImageDataset } from "../formats/dataset.ts";
import { GraphMeter } from "../measure/graph-meter.ts";
import { energyNanojoules } from "../measure/index.ts";
import { orderedBatch } from "../nn/batches.ts";
import { chooseEngine, type EngineChoice, type EngineName, makeEngine } from "../spiking/choose-engine.ts";
import { DenseEngine } from "../spiking/dense/index.ts";
import { type SpikingEngine, stepsOf } from "../spiking/engine.ts";
import { nodesOf } from "../spiking/graph/index.ts";
import { ClassReadout } from "../spiking/readout.ts";
import type { ClassifyOptions } from "./classifier.ts";
import type { Evaluation } from "./evaluate.ts";
import type { SpikingModel } from "./spiking-model.ts";

export interface SpikingEvaluationOptions extends Omit<ClassifyOptions, "meters"> {
  /** Time steps T; the model's own when absent. */
  readonly steps?: number | undefined;
  /** Spikes, operations and energy are means over the first so many images; 200 when absent, 0 to count none. */
  readonly countedImages?: number;
  /**
   * What runs the images that are not counted ("dense" when absent): "auto" measures both engines on a batch. Counting is
   * the dense engine's.
   */
  readonly engine?: EngineName | "auto" | undefined;
  /** "int8" rounds weights to 8 bits, each output channel by its own scale, on the event engine. */
  readonly weights?: "float32" | "int8" | undefined;
  readonly onChoice?: (choice: EngineChoice) => void;
}

/** What a spiking graph does on a data set, and what it has cost up to several steps. */
export interface SpikingEvaluation extends Evaluation {
  /** How many images spikes, operations and energy are means of. */
  readonly countedImages: number;
  readonly engine: EngineName;
  /** How the engine was chosen, where it was. */
  readonly choice?: EngineChoice;
  readonly costsBySteps: readonly {
    readonly steps: number;
    readonly accuracy: number;
    readonly spikesPerImage: number;
    readonly synapticOperations: number;
    readonly energyNanojoules: number;
  }[];
}

/** Classifies a data set with a spiking graph, counting spikes, synaptic operations and energy (45 nm) on the way. */
export async function evaluateSpiking(
  { graph, description }: SpikingModel,
  data: ImageDataset,
  {
    steps = description.steps,
    batchSize = 25,
    limit,
    countedImages = 200,
    engine: wanted = "dense",
    weights = "float32",
    onChoice,
    onProgress,
    signal,
  }: SpikingEvaluationOptions = {},
): Promise<SpikingEvaluation> {
  const [output, ...others] = nodesOf(graph, "output");
  if (output === undefined || others.length > 0)
    throw new StriateError(`the graph has ${others.length + (output ? 1 : 0)} outputs, expected one`);
  const count = Math.min(data.count, limit ?? data.count);
  const meter = new GraphMeter(graph);
  const engines = new Map<string, SpikingEngine>();
  let choice: EngineChoice | undefined;
  if (wanted === "auto") {
    const batch = Math.min(batchSize, count);
    const { images } = orderedBatch(data, description.scale, 0, batch);
    choice = await chooseEngine(graph, images, steps, { batch });
    onChoice?.(choice);
  }
  const name = choice?.engine ?? (wanted as EngineName);
  const correct = new Array<number>(steps).fill(0);
  let milliseconds = 0;
  try {
    for (let start = 0; start < count; start += batchSize) {
      const size = Math.min(batchSize, count - start);
      const counting = start < countedImages;
      const key = `${size} ${counting}`;
      const engine =
        engines.get(key) ??
        (counting
          ? new DenseEngine(graph, { batch: size, observe: (signals) => meter.outputs(signals) })
          : makeEngine(name, graph, { batch: size, weights }));
      engines.set(key, engine);
      const { images, labels } = orderedBatch(data, description.scale, start, size);
      const readout = new ClassReadout(description.readout, size, description.classes);
      const begun = performance.now();
      engine.reset();
      let step = 0;
      for await (const results of engine.run(images, steps)) {
        signal?.throwIfAborted();
        const from = step;
        for (const outputs of stepsOf(results[output.name]!)) {
          readout.add(outputs);
          for (const [i, chosen] of readout.decisions().entries()) if (chosen === labels[i]) correct[step]!++;
          step++;
        }
        if (counting) meter.add(results, from, step);
      }
      milliseconds += performance.now() - begun;
      onProgress?.(start + size, count);
    }
  } finally {
    for (const engine of engines.values()) await engine.release();
  }
  const accuracyBySteps = correct.map((number) => number / count);
  const result = {
    accuracy: accuracyBySteps.at(-1)!,
    images: count,
    steps,
    engine: name,
    ...(choice && { choice }),
    accuracyBySteps,
    imagesPerSecond: (1000 * count) / milliseconds,
  };
  if (countedImages === 0) return { ...result, ...uncounted };
  const { operations, activity } = meter.counts();
  return {
    ...result,
    countedImages: operations.images,
    spikesPerImage: activity.spikesPerImage,
    synapticOperations: operations.acs + operations.macs,
    multiplyAccumulates: operations.macs,
    energyNanojoules: energyNanojoules(operations),
    firingRates: activity.layers.map(({ name, firingRate }) => ({ name, rate: firingRate })),
    costsBySteps: meter.costs().map((cost) => ({
      steps: cost.steps,
      accuracy: accuracyBySteps[cost.steps - 1]!,
      spikesPerImage: cost.spikes,
      synapticOperations: cost.acs + cost.macs,
      energyNanojoules: energyNanojoules(cost),
    })),
  };
}

const uncounted = {
  countedImages: 0,
  spikesPerImage: 0,
  synapticOperations: 0,
  multiplyAccumulates: 0,
  energyNanojoules: 0,
  firingRates: [],
  costsBySteps: [],
};
