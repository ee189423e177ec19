import { StriateError } from "../error.ts";
import type { ImageDataset } from "../formats/dataset.ts";
import { ActivityMeter, energyNanojoules, OperationCounter } from "../measure/index.ts";
import type { Model, ModelKind } from "../nn/model-file.ts";
import { type ClassifyOptions, classify } from "./classifier.ts";
import type { ProgressReporter } from "./progress.ts";

/** What one network does with a data set. Counts and energy are means over the images. */
export interface Evaluation {
  readonly accuracy: number;
  readonly images: number;
  /** Time steps; 1 for a network that does not spike. */
  readonly steps: number;
  /** After 1, 2, … steps. */
  readonly accuracyBySteps: readonly number[];
  readonly spikesPerImage: number;
  /** Effective accumulates and multiply-accumulates for one image. */
  readonly synapticOperations: number;
  readonly multiplyAccumulates: number;
  readonly energyNanojoules: number;
  readonly firingRates: readonly { readonly name: string; readonly rate: number }[];
  readonly imagesPerSecond: number;
}

/** Classifies a data set, counting spikes, synaptic operations and energy (45 nm) on the way. */
export async function evaluate(
  model: Model,
  data: ImageDataset,
  options: Omit<ClassifyOptions, "meters"> = {},
): Promise<Evaluation> {
  const { network, description } = model;
  const { type } = description.kind;
  const operations = new OperationCounter();
  const spikes = type === "converted" || type === "spiking" ? new ActivityMeter() : undefined;
  const { images, accuracy, accuracyBySteps, seconds } = await classify(
    network,
    description.kind,
    data,
    description.scale,
    { ...options, meters: spikes === undefined ? [operations] : [operations, spikes] },
  );
  const { acs, macs } = operations.counts();
  const activity = spikes?.activity();
  return {
    accuracy,
    images,
    steps: accuracyBySteps.length,
    accuracyBySteps,
    spikesPerImage: activity?.spikesPerImage ?? 0,
    synapticOperations: acs + macs,
    multiplyAccumulates: macs,
    energyNanojoules: energyNanojoules({ macs, acs }),
    firingRates: activity?.layers.map(({ name, firingRate }) => ({ name, rate: firingRate })) ?? [],
    imagesPerSecond: images / seconds,
  };
}

/** What evaluate does, as one stretch of progress with this title. */
export async function evaluateWithProgress(
  model: Model,
  data: ImageDataset,
  title: string,
  progress: ProgressReporter,
  options: Omit<ClassifyOptions, "meters" | "onProgress"> = {},
): Promise<Evaluation> {
  progress.begin(title, Math.min(data.count, options.limit ?? data.count), "images");
  const result = await evaluate(model, data, { ...options, onProgress: (done) => progress.advance(done) });
  progress.end(`${(100 * result.accuracy).toFixed(2)} %`);
  return result;
}

/** The kind of network to evaluate when other steps or other neurons are asked for. */
export function withSimulation(
  kind: ModelKind,
  steps: number | undefined,
  neurons: "signed" | "unsigned" | undefined,
): ModelKind {
  if (steps === undefined && neurons === undefined) return kind;
  if (kind.type === "converted")
    return { ...kind, steps: steps ?? kind.steps, neurons: neurons ?? kind.neurons };
  if (kind.type === "quantized") {
    const { bits, weightBits } = kind;
    return {
      type: "converted",
      bits,
      weightBits,
      steps: steps ?? 2 ** bits - 1,
      neurons: neurons ?? "signed",
      fineTuned: false,
    };
  }
  if (kind.type === "spiking" && steps !== undefined && neurons === undefined) return { ...kind, steps };
  throw new StriateError(
    `a ${kind.type} network cannot be run with ${neurons === undefined ? `${steps} steps` : `${neurons} neurons`}`,
    kind.type === "float" ? "Convert it first: striate convert" : "Leave --neurons out",
  );
}
