import type { LayerError } from "../convert/fast-snn/sequential-error.ts";
import type { ImageDataset } from "../formats/dataset.ts";
import type { Model } from "../nn/model-file.ts";
import type { QuickstartReport, SpikingSummary } from "../report/index.ts";
import { type ConversionOptions, convertFastSnn, measureSequentialError } from "./convert.node.ts";
import { type Evaluation, evaluateWithProgress } from "./evaluate.ts";
import { type ProgressReporter, silent } from "./progress.ts";

/** A converted network and what it does on test images. */
export interface ComparedNetwork {
  readonly model: Model;
  readonly labels: {
    readonly bits: number;
    readonly neurons: "signed" | "unsigned";
    readonly fineTuned: boolean;
  };
  readonly steps: number;
  readonly evaluation: Evaluation;
  readonly errors: readonly LayerError[];
}

/**
 * The networks that a quantised one converts to, the plainest first: with unsigned neurons, with signed ones unless
 * `options.neurons` rules them out, fine-tuned unless that is turned off.
 */
export async function convertForComparison(
  quantized: Model,
  training: ImageDataset,
  options: ConversionOptions,
): Promise<{ models: Model[]; layers: Awaited<ReturnType<typeof convertFastSnn>>["layers"] }> {
  const models: Model[] = [];
  if (options.neurons !== "unsigned") {
    const unsigned = { ...options, neurons: "unsigned" as const, fineTuning: false as const };
    models.push((await convertFastSnn(quantized, training, unsigned)).plain);
  }
  const { plain, fineTuned, layers } = await convertFastSnn(quantized, training, options);
  models.push(plain);
  if (fineTuned !== plain) models.push(fineTuned);
  return { models, layers };
}

/** Measures converted networks against the quantised one that they come from. */
export async function compareNetworks(
  models: readonly Model[],
  quantized: Model,
  test: ImageDataset,
  { progress = silent, signal }: { progress?: ProgressReporter; signal?: AbortSignal | undefined } = {},
): Promise<ComparedNetwork[]> {
  const compared: ComparedNetwork[] = [];
  for (const model of models) {
    const { kind } = model.description;
    if (kind.type !== "converted") throw new Error(`${kind.type} is not a converted network`);
    const { bits, neurons, steps, fineTuned } = kind;
    const title = `T = ${steps}, ${neurons}${fineTuned ? ", tuned" : ""}`;
    const evaluation = await evaluateWithProgress(model, test, title, progress, { signal });
    const errors = await measureSequentialError(quantized, model, test);
    compared.push({ model, labels: { bits, neurons, fineTuned }, steps, evaluation, errors });
  }
  return compared;
}

/** What a report shows of compared networks. */
export function comparisonSeries(
  networks: readonly ComparedNetwork[],
): { spiking: SpikingSummary[] } & Pick<
  QuickstartReport,
  "accuracyBySteps" | "sequentialError" | "firingRates"
> {
  return {
    spiking: networks.map(({ labels: { bits, neurons, fineTuned }, steps, evaluation }) => ({
      bits,
      steps,
      neurons,
      fineTuned,
      accuracy: evaluation.accuracy,
      spikesPerImage: evaluation.spikesPerImage,
      synapticOperations: evaluation.synapticOperations,
      energyNanojoules: evaluation.energyNanojoules,
    })),
    accuracyBySteps: networks.map(({ labels, evaluation }) => ({
      ...labels,
      points: evaluation.accuracyBySteps.map((accuracy, t) => ({ steps: t + 1, accuracy })),
    })),
    sequentialError: networks.map(({ labels, errors }) => ({
      ...labels,
      layers: errors.map(({ layer, relative }) => ({ name: layer, error: relative })),
    })),
    firingRates: networks.map(({ labels, steps, evaluation }) => ({
      ...labels,
      steps,
      layers: [...evaluation.firingRates],
    })),
  };
}
