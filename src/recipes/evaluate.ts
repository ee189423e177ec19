import { StriateError } from "../error.ts";
import type { ImageDataset } from "../formats/dataset.ts";
import { energyNanojoules, OperationCounter } from "../measure/index.ts";
import type { Model, ModelKind } from "../nn/model-file.ts";
import { type ClassifyOptions, classify, type LayerActivity } from "./classifier.ts";

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
  readonly activity: readonly LayerActivity[];
  readonly imagesPerSecond: number;
}

/** Classifies a data set, counting spikes, synaptic operations and energy (45 nm) on the way. */
export async function evaluate(
  model: Model,
  data: ImageDataset,
  options: Omit<ClassifyOptions, "meter"> = {},
): Promise<Evaluation> {
  const { network, description } = model;
  const counter = new OperationCounter();
  const result = await classify(network, description.kind, data, description.scale, {
    ...options,
    meter: counter,
  });
  const { acs, macs } = counter.counts();
  const { images, activity } = result;
  const steps = result.accuracyBySteps.length;
  return {
    accuracy: result.accuracy,
    images,
    steps,
    accuracyBySteps: result.accuracyBySteps,
    spikesPerImage: activity.reduce((total, { spikes }) => total + spikes, 0) / images,
    synapticOperations: acs + macs,
    multiplyAccumulates: macs,
    energyNanojoules: energyNanojoules({ macs, acs }),
    firingRates: activity.map(({ name, spikes, neurons }) => ({
      name,
      rate: spikes / (images * neurons * steps),
    })),
    activity,
    imagesPerSecond: images / result.seconds,
  };
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
