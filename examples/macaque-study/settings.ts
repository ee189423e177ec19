import type { AdaptationArm } from "../../src/cortex/adaptation.ts";
import { adaptationTraining } from "../../src/cortex/presets.ts";
import type { ResponseModel } from "../../src/cortex/response-model.ts";
import type { Recording } from "../../src/formats/recording.ts";
import { adaptModel, nameOfArm } from "../../src/recipes/adapt.node.ts";
import type { ProgressReporter } from "../../src/recipes/progress.ts";
import { scoreRecording } from "../../src/recipes/score-responses.ts";
import type { Pieces } from "./pieces.ts";
import { type SessionScores, sessionScores } from "./scores.ts";

/** What the arms are: AVM's paths, what they are measured against, and their limits from below and above. */
export const arms: readonly AdaptationArm[] = [
  { train: "readout" },
  { train: "paths", paths: ["subject"] },
  { train: "paths", paths: ["stimulus"] },
  { train: "paths", paths: ["dataset"] },
  { train: "paths", paths: ["subject", "stimulus", "dataset"] },
  { train: "paths", paths: ["adapter"] },
  { train: "paths", paths: ["low-rank"] },
  { train: "all" },
  { train: "scratch" },
];

/** One arm after training on some number of images. */
export interface ArmScores {
  readonly arm: AdaptationArm;
  readonly images: number | "all";
  readonly trainableParameters: number;
  readonly scores: readonly SessionScores[];
}

/** Trains every arm from `base` on every number of images of `recordings`, and scores it on their test images. */
export async function measureSetting(
  pieces: Pieces,
  name: string,
  base: ResponseModel,
  recordings: readonly Recording[],
  counts: readonly (number | "all")[],
  progress: ProgressReporter,
): Promise<ArmScores[]> {
  const measured: ArmScores[] = [];
  for (const images of counts) {
    for (const arm of arms) {
      const piece = `${name}-${nameOfArm(arm)}-${images}`;
      const result = await pieces.get(piece, async (folder): Promise<ArmScores> => {
        const configuration = {
          arm,
          images: images === "all" ? undefined : images,
          training: adaptationTraining,
          seed: 1,
        };
        const { model, trainableParameters } = await adaptModel(base, recordings, configuration, folder, {
          progress,
        });
        const scores: SessionScores[] = [];
        for (const recording of recordings)
          scores.push(sessionScores(await scoreRecording(model, recording)));
        return { arm, images, trainableParameters, scores };
      });
      measured.push(result);
    }
  }
  return measured;
}
