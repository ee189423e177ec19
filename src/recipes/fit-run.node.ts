import { subjectOf } from "../cortex/adaptation.ts";
import { encodeResponseModel } from "../cortex/model-file.ts";
import type { ResponsePreset } from "../cortex/presets.ts";
import { ResponseModel } from "../cortex/response-model.ts";
import { prepareTrials, setScales, trialsOf } from "../cortex/trials.ts";
import type { Recording } from "../formats/recording.ts";
import type { EpochRecord } from "../nn/fit.ts";
import { fitResponses } from "./fit-responses.node.ts";
import { MetricsLog } from "./metrics-log.node.ts";
import type { TrainOptions } from "./resumable-fit.node.ts";
import type { RunFolder } from "./run-folder.node.ts";

/** Everything that decides what a fit ends with, beside the recordings. */
export interface FitConfiguration {
  /** What the model is called. */
  readonly name: string;
  readonly preset: ResponsePreset;
  /** Use behaviour and pupil where all recordings have them. */
  readonly behavior: boolean;
  readonly seed: number;
}

export interface FittedModel {
  readonly model: ResponseModel;
  readonly history: readonly EpochRecord[];
  readonly seconds: number;
}

/** The name of the model file in a run of `striate fit` and `striate adapt`. */
export const responseModelFile = "model.safetensors";

/** An untrained model for recordings, standardised by their training trials. */
export function newResponseModel(
  { preset, behavior, seed }: FitConfiguration,
  recordings: readonly Recording[],
): ResponseModel {
  const { channels, height, width } = recordings[0]!.stimuli;
  const hasBehavior = recordings.every((recording) => recording.behavior && recording.pupilCenter);
  const model = new ResponseModel(
    {
      input: { channels, height, width },
      core: preset.core,
      readout: preset.readout,
      behavior: behavior && hasBehavior && preset.core.kind === "transformer",
      subjects: recordings.map((recording) => subjectOf(recording, preset.readout, behavior)),
    },
    seed,
  );
  for (const recording of recordings) setScales(model, recording, trialsOf(recording, "train"));
  return model;
}

/** Fits a model to recordings, one core for all, and writes it into the run's folder. */
export async function fitRun(
  configuration: FitConfiguration,
  recordings: readonly Recording[],
  folder: RunFolder,
  options: TrainOptions = {},
): Promise<FittedModel> {
  const { name, preset, seed } = configuration;
  const model = newResponseModel(configuration, recordings);
  const subjects = recordings.map((recording) => ({
    trials: prepareTrials(model, recording),
    chosen: trialsOf(recording, "train"),
  }));
  const log = await MetricsLog.open(folder, options.resume ?? false);
  const fitted = await fitResponses({
    model,
    subjects,
    training: preset.training,
    seed,
    phase: name,
    folder,
    log,
    options,
  });
  await folder.write(responseModelFile, encodeResponseModel(name, model));
  return { model, ...fitted };
}
