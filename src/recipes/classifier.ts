import { convertedContext, quantizedContext } from "../convert/fast-snn/contexts.ts";
import type { ImageDataset } from "../formats/dataset.ts";
import { orderedBatch, type PixelScale } from "../nn/batches.ts";
import { denseContext } from "../nn/dense.ts";
import type { Context, Signal } from "../nn/layer.ts";
import type { ModelKind } from "../nn/model-file.ts";
import type { Network } from "../nn/network.ts";
import { type ArrayValue, compile, type Program } from "../runtime/compile.ts";
import { spikingContext } from "../spiking/context.ts";
import type { LeakyOptions } from "../spiking/leaky.ts";
import { add, argmax, input, stack, type Tensor } from "../tensor/index.ts";

/** How a network of this kind is evaluated, and over how many steps. */
export function contextFor(network: Network, kind: ModelKind): { context: Context; steps: number } {
  switch (kind.type) {
    case "float":
      return { context: denseContext(), steps: 1 };
    case "quantized":
      return { context: quantizedContext(network, kind), steps: 1 };
    case "converted": {
      const { steps, neurons, weightBits } = kind;
      return {
        context: convertedContext(network, { steps, signed: neurons === "signed", weightBits }),
        steps,
      };
    }
    case "spiking": {
      const neuron = kind.neuron as { kind: "if" | "lif" } & LeakyOptions;
      return { context: spikingContext({ steps: kind.steps, neuron }), steps: kind.steps };
    }
  }
}

export interface Classification {
  readonly images: number;
  readonly accuracy: number;
  /** Accuracy of the summed output after 1, 2, … T steps. */
  readonly accuracyBySteps: readonly number[];
  /** Wall-clock seconds of the runs alone. */
  readonly seconds: number;
}

/** Counts that an evaluation takes along: an OperationCounter, an ActivityMeter. */
export interface Meter {
  watch(context: Context): Context;
  outputs(): Record<string, Tensor>;
  add(results: Readonly<Record<string, ArrayValue>>): void;
}

export interface ClassifyOptions {
  readonly batchSize?: number;
  /** Evaluate only the first so many images. */
  readonly limit?: number | undefined;
  readonly meters?: readonly Meter[];
  readonly onProgress?: (done: number, total: number) => void;
  readonly signal?: AbortSignal | undefined;
}

/** A network compiled for one batch size, ready to classify again and again. */
class BatchClassifier {
  private readonly program: Program;
  private readonly meters: readonly Meter[];

  private constructor(program: Program, meters: readonly Meter[]) {
    this.program = program;
    this.meters = meters;
  }

  static async create(
    network: Network,
    kind: ModelKind,
    size: number,
    meters: readonly Meter[],
  ): Promise<BatchClassifier> {
    const { channels, height, width } = network.architecture.input;
    const images = input("images", [size, channels, height, width]);
    const { context, steps } = contextFor(network, kind);
    const watched = meters.reduce((inner, meter) => meter.watch(inner), context);
    const classes = stack(runningClasses(network.call(images, watched), steps));
    const outputs = Object.assign({ classes }, ...meters.map((meter) => meter.outputs()));
    const program = await compile({ inputs: [images], outputs }, { freeze: true });
    return new BatchClassifier(program, meters);
  }

  /** The class of each image after each step, step by step. */
  async run(images: Float32Array): Promise<number[]> {
    const results = await this.program.run({ images });
    for (const meter of this.meters) meter.add(results);
    return Array.from(results.classes!.data as BigInt64Array, Number);
  }

  async release(): Promise<void> {
    await this.program.release();
  }
}

/** The class with the largest summed output after each step. */
function runningClasses(logits: Signal, steps: number): Tensor[] {
  const classes: Tensor[] = [];
  let total: Tensor | undefined;
  for (let t = 0; t < steps; t++) {
    const step = logits[logits.length === 1 ? 0 : t]!;
    total = total === undefined ? step : add(total, step);
    classes.push(argmax(total, 1));
  }
  return classes;
}

/** Classifies a data set and counts what is right after each step. */
export async function classify(
  network: Network,
  kind: ModelKind,
  dataset: ImageDataset,
  scale: PixelScale,
  { batchSize = 100, limit, meters = [], onProgress, signal }: ClassifyOptions = {},
): Promise<Classification> {
  const count = Math.min(dataset.count, limit ?? dataset.count);
  const classifiers = new Map<number, BatchClassifier>();
  const correct: number[] = [];
  let milliseconds = 0;
  try {
    for (let start = 0; start < count; start += batchSize) {
      signal?.throwIfAborted();
      const size = Math.min(batchSize, count - start);
      if (!classifiers.has(size))
        classifiers.set(size, await BatchClassifier.create(network, kind, size, meters));
      const { images, labels } = orderedBatch(dataset, scale, start, size);
      const begun = performance.now();
      const classes = await classifiers.get(size)!.run(images);
      milliseconds += performance.now() - begun;
      for (const [i, chosen] of classes.entries()) {
        const step = Math.floor(i / size);
        correct[step] = (correct[step] ?? 0) + (chosen === labels[i % size] ? 1 : 0);
      }
      onProgress?.(start + size, count);
    }
  } finally {
    for (const classifier of classifiers.values()) await classifier.release();
  }
  const accuracyBySteps = correct.map((number) => number / count);
  return { images: count, accuracy: accuracyBySteps.at(-1)!, accuracyBySteps, seconds: milliseconds / 1000 };
}
