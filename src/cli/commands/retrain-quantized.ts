import { createHash } from "node:crypto";
import type { ImageDataset } from "../../formats/dataset.ts";
import type { Augmentation } from "../../nn/batches.ts";
import { encodeModel, type Model } from "../../nn/model-file.ts";
import {
  photographAugmentation,
  quantizeModel,
  type RetrainingOptions,
  retrainingSettings,
} from "../../recipes/quantize.node.ts";
import type { RunFolder } from "../../recipes/run-folder.node.ts";
import type { TrainedPhase } from "../../recipes/train.node.ts";
import type { CommandContext } from "../command.ts";
import { requireSameRun } from "../same-run.ts";

/** What --augment can be. */
export const AUGMENTATIONS: Readonly<Record<string, (height: number) => Augmentation>> = {
  "shift-flip": photographAugmentation,
  shift: (height) => ({ ...photographAugmentation(height), flip: false }),
  none: () => ({}),
};

export interface RetrainOptions {
  readonly bits: number;
  readonly seed: number;
  readonly epochs?: number;
  readonly learningRate?: number;
  readonly augment?: string;
  readonly resume?: boolean;
}

/** Quantises a float network by a short retraining in the run's folder, or goes on with it. */
export async function retrainQuantized(
  float: Model,
  training: ImageDataset,
  folder: RunFolder,
  run: Readonly<Record<string, unknown>>,
  { bits, seed, epochs, learningRate, augment, resume = false }: RetrainOptions,
  { progress, signal }: CommandContext,
): Promise<{ quantized: Model; phases: TrainedPhase[]; run: Readonly<Record<string, unknown>> }> {
  const augmentation = augment === undefined ? undefined : AUGMENTATIONS[augment]!(training.height);
  const retraining: RetrainingOptions = { bits, seed, epochs, learningRate, augmentation };
  const configuration = {
    network: createHash("sha256").update(encodeModel(float)).digest("hex"),
    ...retrainingSettings(training, retraining),
  };
  const described = { ...run, configuration, dataHash: training.hash };
  if (resume) await requireSameRun(folder, configuration, training.hash);
  else {
    await folder.remove("spiking.safetensors");
    await folder.writeJson("run.json", described);
  }
  const { quantized, phases } = await quantizeModel(float, training, folder, {
    ...retraining,
    resume,
    progress,
    signal,
  });
  return { quantized, phases, run: described };
}
