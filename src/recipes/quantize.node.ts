import { calibrateOnBatches } from "../convert/fast-snn/calibrate.ts";
import { buildSpikingGraph } from "../convert/spiking-resnet/build.ts";
import { captureNetwork } from "../convert/spiking-resnet/capture.ts";
import { StriateError } from "../error.ts";
import type { ImageDataset } from "../formats/dataset.ts";
import type { Augmentation } from "../nn/batches.ts";
import { copyModel, type Model } from "../nn/model-file.ts";
import { nodesOf } from "../spiking/graph/index.ts";
import { calibrationBatches } from "./calibration-batches.ts";
import { checkImages } from "./check-images.ts";
import { parseSettings, type TrainingSettings } from "./configuration.ts";
import { type ProgressReporter, silent } from "./progress.ts";
import type { RunFolder } from "./run-folder.node.ts";
import { type TrainedPhase, type TrainOptions, trainPhases } from "./train.node.ts";

export interface RetrainingOptions {
  /** Bits b of every activation in the end; below 3 the network is trained with 4 and 3 bits before. */
  readonly bits: number;
  /** Of each phase; see retrainingDefaults. */
  readonly epochs?: number | undefined;
  /** Of AdamW, at the start of each phase; it falls along half a cosine. See retrainingDefaults. */
  readonly learningRate?: number | undefined;
  readonly batchSize?: number | undefined;
  /** How training images are varied; colour images are shifted and mirrored when absent, others left as they are. */
  readonly augmentation?: Augmentation | undefined;
  readonly seed?: number | undefined;
}

/** How photographs are varied: shifted by up to an eighth of their height, half of them mirrored. */
export const photographAugmentation = (height: number): Augmentation => ({
  shift: Math.round(height / 8),
  flip: true,
});

/** Epochs of each phase of a retraining, and the learning rate of AdamW at its start. */
export const retrainingDefaults = { epochs: 4, learningRate: 1e-4 };

/** Images that the thresholds are calibrated on. */
const CALIBRATION_IMAGES = 1000;
/** Percentile of a unit's activations that its threshold starts from. */
const PERCENTILE = 99.9;

/**
 * Settings of the layer-wise fine-tuning that take as long as the retraining on a network of twenty layers: imported
 * networks are deep, and every layer is simulated with all those before it.
 */
export const briefFineTuning = { images: 320, calibrationImages: 300 };

/**
 * What a float network is retrained with on a data set: all that decides the result beside the two. The rule is AdamW,
 * whose steps do not depend on the scale of gradients: where normalisations are folded into the weights that differs
 * from layer to layer, and SGD diverges at rates that are not tiny.
 */
export function retrainingSettings(
  training: ImageDataset,
  { bits, augmentation, batchSize = 64, seed = 1, ...given }: RetrainingOptions,
): TrainingSettings {
  const { epochs = retrainingDefaults.epochs, learningRate = retrainingDefaults.learningRate } = given;
  const path = bits >= 3 ? [bits] : [4, 3, 2, 1].filter((each) => each >= bits);
  return parseSettings(
    {
      seed,
      batchSize: Math.min(batchSize, training.count),
      augmentation: augmentation ?? (training.channels === 3 ? photographAugmentation(training.height) : {}),
      optimizer: "adamw",
      weightDecay: 0,
      quantized: { phases: path.map((each) => ({ bits: each, epochs, learningRate, warmup: 0.05 })) },
    },
    "the retraining",
  );
}

/**
 * What a user should know of a float network before it is quantised and converted with Fast-SNN, a sentence each.
 *
 * @throws StriateError that names the first operation that cannot spike.
 */
export async function checkQuantizable({ network, description }: Model): Promise<string[]> {
  if (description.kind.type !== "float") {
    throw new StriateError(
      `a ${description.kind.type} network was given, a float one is quantised`,
      "Give the network as it was before",
    );
  }
  const captured = await captureNetwork(network);
  const graph = buildSpikingGraph(captured, { scales: captured.units.map(() => 1) });
  if (network.activations.length === 0) {
    throw new StriateError(
      "the network has no activation units that could spike",
      "Give a network with ReLUs between its layers",
    );
  }
  const pools = nodesOf(graph, "maxPool2d").map(({ name }) => name);
  if (pools.length === 0) return [];
  return [
    `Max-pooling (${pools.join(", ")}) passes a spike at each step at which one neuron of its window fires, which is more often than the most active one of them: average pooling has no such error.`,
  ];
}

/**
 * Quantises the activations of a trained float network: sets the thresholds α to a percentile of its activations, then
 * retrains it with quantised ReLUs and straight-through gradients (Hu et al., 2023). Writes "quantized-b" into the run
 * for each phase, with checkpoints on the way; a run that was stopped and is resumed ends with the same bits.
 *
 * @throws StriateError that names the first operation of the network that cannot spike, before any training.
 */
export async function quantizeModel(
  float: Model,
  training: ImageDataset,
  folder: RunFolder,
  { progress = silent, signal, resume, checkpointSeconds, ...retraining }: RetrainingOptions & TrainOptions,
): Promise<{ quantized: Model; phases: TrainedPhase[]; notes: string[] }> {
  const notes = await checkQuantizable(float);
  checkImages(float.network.architecture.input, training);
  if (training.classes > float.description.classes) {
    throw new StriateError(
      `${training.name} has ${training.classes} classes, the network tells ${float.description.classes} apart`,
      "Use the data that the network was trained on",
    );
  }
  const { name, hash, classNames } = training;
  const model = copyModel(float);
  const description = { ...float.description, data: { name, hash }, ...(classNames && { classNames }) };
  const phases = await trainPhases(
    {
      model: { network: model.network, description },
      settings: retrainingSettings(training, retraining),
      training,
      validation: undefined,
      calibrate: () => calibrate(model, training, progress, signal),
    },
    folder,
    { progress, signal, resume, checkpointSeconds },
  );
  return { quantized: await folder.readModel(phases.at(-1)!.name), phases, notes };
}

async function calibrate(
  { network, description }: Model,
  training: ImageDataset,
  progress: ProgressReporter,
  signal: AbortSignal | undefined,
): Promise<void> {
  const images = calibrationBatches(training, description.scale, CALIBRATION_IMAGES, 50);
  progress.begin("calibrating thresholds", images.count * images.batch, "images");
  await calibrateOnBatches(network, images, {
    percentile: PERCENTILE,
    onProgress: (done) => progress.advance(done),
    signal,
  });
  progress.end();
}
