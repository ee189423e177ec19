import { type AdaptationArm, chooseImages, countParameters, startAdaptation } from "../cortex/adaptation.ts";
import type { PathKind } from "../cortex/paths/path.ts";
import { type AdaptationTraining, trainingFor } from "../cortex/presets.ts";
import type { ResponseModel } from "../cortex/response-model.ts";
import { prepareTrials } from "../cortex/trials.ts";
import type { Recording } from "../formats/recording.ts";
import type { EpochRecord } from "../nn/fit.ts";
import { plural } from "../report/index.ts";
import { fitResponses } from "./fit-responses.node.ts";
import { MetricsLog } from "./metrics-log.node.ts";
import type { TrainOptions } from "./resumable-fit.node.ts";
import type { RunFolder } from "./run-folder.node.ts";

/** Everything that decides what an adaptation ends with, beside the base model and the recordings. */
export interface AdaptationConfiguration {
  readonly arm: AdaptationArm;
  /** Distinct training images of each recording; all of the training tier when absent. */
  readonly images?: number | undefined;
  readonly training: AdaptationTraining;
  readonly seed: number;
}

export interface AdaptedModel {
  readonly model: ResponseModel;
  /** Values that training changed. */
  readonly trainableParameters: number;
  readonly history: readonly EpochRecord[];
  readonly seconds: number;
}

/**
 * Adapts a model to recordings: every arm takes the same number of steps. Only the chosen training images are used: no
 * validation trials, since whoever has few images has none to spare; the parameters of the last step are kept.
 */
export async function adaptModel(
  base: ResponseModel,
  recordings: readonly Recording[],
  { arm, images, training, seed }: AdaptationConfiguration,
  folder: RunFolder,
  options: TrainOptions = {},
): Promise<AdaptedModel> {
  const chosen = new Map(
    recordings.map((recording) => [recording.subject, chooseImages(recording, images, seed)]),
  );
  const trialsFor = ({ subject }: Recording) => chosen.get(subject)!;
  const { model, parameters } = startAdaptation(base, recordings, arm, seed, trialsFor);
  const subjects = recordings.map((recording) => ({
    trials: prepareTrials(model, recording),
    chosen: trialsFor(recording),
  }));
  const mostTrials = Math.max(...[...chosen.values()].map(({ length }) => length));
  // nothing of a core from scratch is worth going slowly for
  const coreRate = arm.train === "scratch" ? 1 : training.coreRate;
  const log = await MetricsLog.open(folder, true);
  const fitted = await fitResponses({
    model,
    parameters,
    subjects,
    training: trainingFor({ ...training, coreRate }, mostTrials),
    seed,
    phase: images === undefined ? nameOfArm(arm) : `${nameOfArm(arm)}, ${plural(images, "image")}`,
    folder,
    log,
    options,
    validate: false,
  });
  return { model, trainableParameters: countParameters(parameters), ...fitted };
}

/** What figures and files call an arm. */
export function nameOfArm(arm: AdaptationArm): string {
  if (arm.train !== "paths") return arm.train;
  return arm.paths.join("+");
}

/** The arm that a comma-separated list of paths stands for. */
export const pathsArm = (paths: readonly PathKind[]): AdaptationArm =>
  paths.length === 0 ? { train: "readout" } : { train: "paths", paths };
