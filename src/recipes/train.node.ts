import { StriateError } from "../error.ts";
import { type ImageDataset, sliceDataset } from "../formats/dataset.ts";
import { measurePixels, type PixelScale } from "../nn/batches.ts";
import type { Model } from "../nn/model-file.ts";
import { buildNetwork, type Network } from "../nn/network.ts";
import {
  parseConfiguration,
  phasesOf,
  type TrainingConfiguration,
  type TrainingConfigurationInput,
} from "./configuration.ts";
import { MetricsLog } from "./metrics-log.node.ts";
import type { RunFolder } from "./run-folder.node.ts";
import { kindOf, PhaseRun, type TrainedPhase, type TrainOptions } from "./train-phase.node.ts";

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
  const { training, validation } = splitValidation(data, configuration.validationImages);
  const scale = measurePixels(training);
  const network = buildNetwork(configuration.architecture, configuration.seed);
  const log = await MetricsLog.open(folder, options.resume ?? false);
  const finished: TrainedPhase[] =
    options.resume && folder.has("phases.json")
      ? ((await folder.readJson("phases.json")) as TrainedPhase[])
      : [];
  if (!options.resume) {
    await folder.remove("checkpoint.safetensors");
    await folder.writeJson("phases.json", []);
  }

  for (const [index, phase] of phasesOf(configuration).entries()) {
    if (index < finished.length) {
      network.load((await folder.readModel(phase.name)).network.state());
      continue;
    }
    const parts = { configuration, phase, index, network, training, validation, scale, folder, log, options };
    finished.push(await new PhaseRun(parts).run());
    const description = {
      format: "striate-model-1" as const,
      architecture: network.architecture,
      kind: kindOf(phase, configuration),
      scale: { mean: [...scale.mean], deviation: [...scale.deviation] },
      classes: data.classes,
      classNames: data.classNames,
      data: { name: data.name, hash: data.hash },
    };
    await folder.writeModel(phase.name, { network, description } satisfies Model);
    await folder.writeJson("phases.json", finished);
  }
  return { network, scale, phases: finished };
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
