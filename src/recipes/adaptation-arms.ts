import { type AdaptationArm, chooseImages } from "../cortex/adaptation.ts";
import type { PathKind } from "../cortex/paths/path.ts";
import type { ResponseModel } from "../cortex/response-model.ts";
import { trialsOf } from "../cortex/trials.ts";
import { StriateError } from "../error.ts";
import type { Recording } from "../formats/recording.ts";

const paths = (...kinds: PathKind[]): AdaptationArm => ({ train: "paths", paths: kinds });

/** Every way of adapting a model that is compared; the path of behaviour where the model is told of it. */
export const comparedArms = ({ specification }: ResponseModel): AdaptationArm[] => [
  { train: "readout" },
  paths("subject"),
  paths("stimulus"),
  paths("dataset"),
  paths("subject", "stimulus", "dataset"),
  paths("adapter"),
  paths("low-rank"),
  ...(specification.behavior ? [paths("behavior")] : []),
  { train: "all" },
  { train: "scratch" },
];

/** @throws StriateError, before anything is trained, when a model cannot be adapted so */
export function checkArm(name: string, { core, specification }: ResponseModel, arm: AdaptationArm): void {
  if (arm.train !== "paths") return;
  if (core.stages === 0)
    throw new StriateError(
      `${name} is a linear-nonlinear model: it has no core that paths could adapt`,
      "Adapt its readout with --arm readout, or give a model with a core",
    );
  if (arm.paths.includes("behavior") && !specification.behavior)
    throw new StriateError(
      `${name} was fitted without behaviour, which a behavior path needs`,
      "Choose other paths, or fit the model to recordings with behaviour",
    );
}

/** How many distinct training images each recording has at most. */
export const trainingImages = (recordings: readonly Recording[]): number =>
  Math.max(
    ...recordings.map(
      (recording) =>
        new Set(Array.from(trialsOf(recording, "train"), (trial) => recording.stimulusOf[trial])).size,
    ),
  );

/** @throws StriateError when a recording has fewer training images than asked for */
export function requireImages(
  recordings: readonly Recording[],
  images: readonly (number | undefined)[],
): void {
  for (const count of images) for (const recording of recordings) chooseImages(recording, count, 0);
}
