import { calibrateThresholds } from "../convert/fast-snn/calibrate.ts";
import { StriateError } from "../error.ts";
import { type ImageDataset, sliceDataset } from "../formats/dataset.ts";
import { measurePixels, orderedBatch, type PixelScale } from "../nn/batches.ts";
import type { Model } from "../nn/model-file.ts";
import { buildNetwork, type Network } from "../nn/network.ts";
import {
  parseConfiguration,
  phasesOf,
  type TrainingConfiguration,
  type TrainingConfigurationInput,
  type TrainingSettings,
} from "./configuration.ts";
import { MetricsLog } from "./metrics-log.node.ts";
import type { TrainOptions } from "./resumable-fit.node.ts";
import type { RunFolder } from "./run-folder.node.ts";
import { kindOf, PhaseRun, type TrainedPhase } from "./train-phase.node.ts";

export type { TrainedPhase, TrainOptions };

/**
 * Trains the phases of a configuration one after the other, each from the network of the one before, and writes a
 * model after each. A run that was stopped at any moment and resumed ends with the same bits.
 */
export async function train(
  description: TrainingConfigurationInput,
  data: ImageDataset,
  folder: RunFolder,
  options: TrainOptions = {},
): Promise<{ network: Network; scale: PixelScale; phases: TrainedPhase[] }> {
  const configuration = parseConfiguration(description, "the training configuration");
  checkFit(configuration, data);
  const split = splitValidation(data, configuration.validationImages);
  const scale = measurePixels(split.training);
  const network = buildNetwork(configuration.architecture, configuration.seed);
  const model: Model = {
    network,
    description: {
      format: "striate-model-1",
      architecture: network.architecture,
      kind: { type: "float" },
      scale: { mean: [...scale.mean], deviation: [...scale.deviation] },
      classes: data.classes,
      classNames: data.classNames,
      data: { name: data.name, hash: data.hash },
    },
  };
  const calibrate = () => calibrateOnBatch(network, split.training, scale);
  const phases = await trainPhases({ model, settings: configuration, ...split, calibrate }, folder, options);
  return { network, scale, phases };
}

/** What is trained, how, and on what. */
export interface PhasedTraining {
  /** The network to start from, whose parameters change, and what its model files are to say. */
  readonly model: Model;
  readonly settings: TrainingSettings;
  readonly training: ImageDataset;
  readonly validation: ImageDataset | undefined;
  /** Sets the thresholds α of the float network that the first quantised phase starts from. */
  readonly calibrate: () => Promise<void>;
}

/** Trains a given network through the phases of its settings, as `train` does one of its own. */
export async function trainPhases(
  { model: { network, description }, settings, training, validation, calibrate }: PhasedTraining,
  folder: RunFolder,
  options: TrainOptions = {},
): Promise<TrainedPhase[]> {
  const { scale } = description;
  const log = await MetricsLog.open(folder, options.resume ?? false);
  const finished: TrainedPhase[] =
    options.resume && folder.has("phases.json")
      ? ((await folder.readJson("phases.json")) as TrainedPhase[])
      : [];
  if (!options.resume) {
    await folder.remove("checkpoint.safetensors");
    await folder.writeJson("phases.json", []);
  }

  const phases = phasesOf(settings);
  const firstQuantized = phases.find(({ kind }) => kind === "quantized");
  for (const [index, phase] of phases.entries()) {
    if (index < finished.length) {
      network.load((await folder.readModel(phase.name)).network.state());
      continue;
    }
    const prepare = phase === firstQuantized ? calibrate : undefined;
    const parts = {
      settings,
      phase,
      index,
      network,
      prepare,
      training,
      validation,
      scale,
      folder,
      log,
      options,
    };
    finished.push(await new PhaseRun(parts).run());
    const kind = kindOf(phase, settings);
    await folder.writeModel(phase.name, { network, description: { ...description, kind } });
    await folder.writeJson("phases.json", finished);
  }
  return finished;
}

/** Thresholds start from what the float network puts out on some training images. */
async function calibrateOnBatch(network: Network, training: ImageDataset, scale: PixelScale): Promise<void> {
  const { channels, height, width } = network.architecture.input;
  const size = Math.min(500, training.count);
  const { images } = orderedBatch(training, scale, 0, size);
  await calibrateThresholds(network, { data: images, shape: [size, channels, height, width] });
}

function checkFit(
  { architecture }: TrainingConfiguration,
  { name, channels, height, width, classes }: ImageDataset,
): void {
  const { input } = architecture;
  if (input.channels !== channels || input.height !== height || input.width !== width) {
    throw new StriateError(
      `${name} has images of ${channels}×${height}×${width}, the architecture takes ${input.channels}×${input.height}×${input.width}`,
      "Use a recipe or an architecture for this data set",
    );
  }
  const last = architecture.layers.at(-1);
  if (last?.type === "linear" && last.features !== classes) {
    throw new StriateError(
      `${name} has ${classes} classes, the network's last layer ${last.features} outputs`,
    );
  }
}

function splitValidation(
  data: ImageDataset,
  count: number,
): { training: ImageDataset; validation: ImageDataset | undefined } {
  if (count === 0) return { training: data, validation: undefined };
  if (count >= data.count)
    throw new StriateError(`${count} validation images leave none of ${data.count} to train on`);
  const kept = data.count - count;
  return { training: sliceDataset(data, 0, kept), validation: sliceDataset(data, kept, data.count) };
}
