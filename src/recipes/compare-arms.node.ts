import type { AdaptationArm } from "../cortex/adaptation.ts";
import type { AdaptationTraining } from "../cortex/presets.ts";
import type { ResponseModel } from "../cortex/response-model.ts";
import type { Recording } from "../formats/recording.ts";
import { adaptModel, nameOfArm } from "./adapt.node.ts";
import type { TrainOptions } from "./resumable-fit.node.ts";
import type { RunFolder } from "./run-folder.node.ts";
import { type ScoredRecording, scoreRecording } from "./score-responses.ts";

/** One arm, trained on one number of images, with its scores on the test tier of each recording. */
export interface ArmResult {
  readonly arm: AdaptationArm;
  readonly name: string;
  /** Distinct training images of each recording; undefined for all. */
  readonly images: number | undefined;
  readonly trainableParameters: number;
  readonly scored: readonly ScoredRecording[];
  readonly seconds: number;
}

export interface Comparison {
  readonly arms: readonly AdaptationArm[];
  readonly images: readonly (number | undefined)[];
  readonly training: AdaptationTraining;
  readonly seed: number;
  /** What is not to be trained, such as what an earlier run has done. */
  readonly skip?: (arm: AdaptationArm, images: number | undefined) => boolean;
  /** Is given each model before it is dropped. */
  readonly inspect?: (model: ResponseModel, result: ArmResult) => Promise<void>;
}

/** Trains every arm on every number of images, each for as many steps, and scores it. Nothing is kept but the scores. */
export async function compareArms(
  base: ResponseModel,
  recordings: readonly Recording[],
  { arms, images, training, seed, skip, inspect }: Comparison,
  folder: RunFolder,
  options: TrainOptions = {},
): Promise<ArmResult[]> {
  const results: ArmResult[] = [];
  for (const count of images) {
    for (const arm of arms) {
      if (skip?.(arm, count)) continue;
      const configuration = { arm, images: count, training, seed };
      const adapted = await adaptModel(base, recordings, configuration, folder, {
        ...options,
        resume: false,
      });
      const scored: ScoredRecording[] = [];
      for (const recording of recordings)
        scored.push(await scoreRecording(adapted.model, recording, { seed }));
      const { trainableParameters, seconds } = adapted;
      const result = { arm, name: nameOfArm(arm), images: count, trainableParameters, scored, seconds };
      results.push(result);
      await inspect?.(adapted.model, result);
    }
  }
  return results;
}
