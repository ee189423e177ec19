import { convertedContext, quantizedContext } from "../convert/fast-snn/contexts.ts";
import type { ImageDataset } from "../formats/dataset.ts";
import { orderedBatch, type PixelScale } from "../nn/batches.ts";
import { denseContext } from "../nn/dense.ts";
import type { Context, Signal } from "../nn/layer.ts";
import type { Activation } from "../nn/layers/activation.ts";
import type { ModelKind } from "../nn/model-file.ts";
import type { Network } from "../nn/network.ts";
import { type ArrayValue, compile, type Program } from "../runtime/compile.ts";
import { spikingContext } from "../spiking/context.ts";
import type { LeakyOptions } from "../spiking/leaky.ts";
import {
  add,
  argmax,
  constant,
  greater,
  input,
  less,
  mask,
  stack,
  sum,
  type Tensor,
} from "../tensor/index.ts";

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

/** What the neurons of one layer did, over all images and steps. */
export interface LayerActivity {
  readonly name: string;
  readonly neurons: number;
  readonly spikes: number;
  readonly negativeSpikes: number;
}

export interface Classification {
  readonly images: number;
  readonly accuracy: number;
  /** Accuracy of the summed output after 1, 2, … T steps. */
  readonly accuracyBySteps: readonly number[];
  /** By layer of neurons; empty for a network that does not spike. */
  readonly activity: readonly LayerActivity[];
  /** Wall-clock seconds of the runs alone. */
  readonly seconds: number;
}

/** Further counts that an evaluation takes along, such as an OperationCounter. */
export interface Meter {
  watch(context: Context): Context;
  outputs(): Record<string, Tensor>;
  add(results: Readonly<Record<string, ArrayValue>>): void;
}

export interface ClassifyOptions {
  readonly batchSize?: number;
  /** Evaluate only the first so many images. */
  readonly limit?: number | undefined;
  readonly meter?: Meter;
  readonly onProgress?: (done: number, total: number) => void;
  readonly signal?: AbortSignal | undefined;
}

/** A network compiled for one batch size, ready to classify again and again. */
class BatchClassifier {
  readonly size: number;
  private readonly program: Program;
  private readonly units: readonly { readonly unit: Activation; readonly neurons: number }[];
  private readonly meter: Meter | undefined;

  private constructor(
    size: number,
    program: Program,
    units: BatchClassifier["units"],
    meter: Meter | undefined,
  ) {
    this.size = size;
    this.program = program;
    this.units = units;
    this.meter = meter;
  }

  static async create(
    network: Network,
    kind: ModelKind,
    size: number,
    meter?: Meter,
  ): Promise<BatchClassifier> {
    const { channels, height, width } = network.architecture.input;
    const images = input("images", [size, channels, height, width]);
    const { context: bare, steps } = contextFor(network, kind);
    const context = meter?.watch(bare) ?? bare;
    const outputs: Record<string, Tensor> = {};
    const units: { unit: Activation; neurons: number }[] = [];
    const logits = network.call(images, {
      ...context,
      activate: (unit, current) => {
        const output = context.activate(unit, current);
        if (kind.type === "converted" || kind.type === "spiking") {
          outputs[`${unit.name}:up`] = countOver(output, (x) => greater(x, constant(0)));
          outputs[`${unit.name}:down`] = countOver(output, (x) => less(x, constant(0)));
          units.push({
            unit,
            neurons: output[0]!.shape.slice(1).reduce((product, extent) => product * extent, 1),
          });
        }
        return output;
      },
    });
    outputs.classes = stack(runningClasses(logits, steps));
    Object.assign(outputs, meter?.outputs());
    const program = await compile({ inputs: [images], outputs }, { freeze: true });
    return new BatchClassifier(size, program, units, meter);
  }

  /** Classes after each step, step by step, and the spikes of each layer. */
  async run(images: Float32Array): Promise<{ classes: number[]; activity: LayerActivity[] }> {
    const results = await this.program.run({ images });
    const scalar = (name: string) => Number(results[name]!.data[0]);
    this.meter?.add(results);
    const activity = this.units.map(({ unit: { name }, neurons }) => {
      const negativeSpikes = scalar(`${name}:down`);
      return { name, neurons, spikes: scalar(`${name}:up`) + negativeSpikes, negativeSpikes };
    });
    return { classes: Array.from(results.classes!.data as BigInt64Array, Number), activity };
  }

  async release(): Promise<void> {
    await this.program.release();
  }
}

const countOver = (signal: Signal, condition: (x: Tensor) => Tensor): Tensor =>
  sum(signal.map((x) => mask(condition(x))).reduce(add));

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

/** Classifies a data set and counts what is right after each step, and the spikes on the way. */
export async function classify(
  network: Network,
  kind: ModelKind,
  dataset: ImageDataset,
  scale: PixelScale,
  { batchSize = 100, limit, meter, onProgress, signal }: ClassifyOptions = {},
): Promise<Classification> {
  const count = Math.min(dataset.count, limit ?? dataset.count);
  const classifiers = new Map<number, BatchClassifier>();
  const correct: number[] = [];
  let activity: LayerActivity[] = [];
  let milliseconds = 0;
  try {
    for (let start = 0; start < count; start += batchSize) {
      signal?.throwIfAborted();
      const size = Math.min(batchSize, count - start);
      if (!classifiers.has(size))
        classifiers.set(size, await BatchClassifier.create(network, kind, size, meter));
      const { images, labels } = orderedBatch(dataset, scale, start, size);
      const begun = performance.now();
      const result = await classifiers.get(size)!.run(images);
      milliseconds += performance.now() - begun;
      for (const [i, chosen] of result.classes.entries()) {
        const step = Math.floor(i / size);
        correct[step] = (correct[step] ?? 0) + (chosen === labels[i % size] ? 1 : 0);
      }
      activity =
        activity.length === 0
          ? result.activity
          : activity.map((layer, i) => addActivity(layer, result.activity[i]!));
      onProgress?.(start + size, count);
    }
  } finally {
    for (const classifier of classifiers.values()) await classifier.release();
  }
  const accuracyBySteps = correct.map((number) => number / count);
  return {
    images: count,
    accuracy: accuracyBySteps.at(-1)!,
    accuracyBySteps,
    activity,
    seconds: milliseconds / 1000,
  };
}

const addActivity = (a: LayerActivity, b: LayerActivity): LayerActivity => ({
  ...a,
  spikes: a.spikes + b.spikes,
  negativeSpikes: a.negativeSpikes + b.negativeSpikes,
});
