import { denseContext } from "../nn/dense.ts";
import { compile } from "../runtime/compile.ts";
import { mean, type Tensor } from "../tensor/index.ts";
import { contextWith } from "./paths/apply.ts";
import type { PathKind } from "./paths/path.ts";
import { SubjectFeeds, subjectInputs } from "./predict.ts";
import { GaussianReadout } from "./readouts/gaussian.ts";
import type { ResponseModel } from "./response-model.ts";
import type { SubjectTrials } from "./trials.ts";

/** Where the neurons of a subject read in a core's features, from −1 at the left and the top to 1 at the right and the bottom. */
export interface ReadoutCenters {
  /** (neurons). */
  readonly x: Float32Array;
  readonly y: Float32Array;
}

/** The positions μ of a subject's Gaussian readout; undefined for a readout without positions. */
export async function readoutCenters(
  model: ResponseModel,
  subject: string,
): Promise<ReadoutCenters | undefined> {
  const { readout } = model.subject(subject);
  if (!(readout instanceof GaussianReadout)) return undefined;
  const program = await compile({ outputs: { centers: readout.centers() } }, { freeze: true });
  try {
    const { centers } = await program.run();
    const both = centers!.data as Float32Array;
    return { x: both.filter((_, i) => i % 2 === 0), y: both.filter((_, i) => i % 2 === 1) };
  } finally {
    await program.release();
  }
}

/** What a path does to each feature after each stage: h ← (1 + γ) ⊙ h + β. */
export interface ReadModulation {
  readonly kind: PathKind;
  /** In the order of the stages, each (features). */
  readonly gamma: readonly Float32Array[];
  readonly beta: readonly Float32Array[];
}

/**
 * γ and β of the paths of a model that modulate, for one subject: those of a path that follows the stimulus are means
 * over the stimuli of `chosen`.
 */
export async function readModulations(
  model: ResponseModel,
  trials: SubjectTrials,
  chosen: Int32Array,
): Promise<ReadModulation[]> {
  const paths = model.paths.filter(({ modulation }) => modulation !== undefined);
  if (paths.length === 0) return [];
  const outputs = modulationOutputs(model, trials, chosen.length);
  const program = await compile({ outputs }, { freeze: true });
  try {
    const feeds = new SubjectFeeds(trials, chosen.length);
    feeds.fill(chosen, 0);
    const results = await program.run(feeds.feeds);
    const read = (kind: PathKind, part: string) =>
      Array.from({ length: model.core.stages }, (_, stage) => {
        return (results[`${kind}:${part}:${stage}`]!.data as Float32Array).slice();
      });
    return paths.map(({ specification: { kind } }) => ({
      kind,
      gamma: read(kind, "gamma"),
      beta: read(kind, "beta"),
    }));
  } finally {
    await program.release();
  }
}

/** Means over N trials of γ and β, by path and stage. */
function modulationOutputs(model: ResponseModel, trials: SubjectTrials, n: number): Record<string, Tensor> {
  const given = subjectInputs(trials, n);
  const { behavior } = given;
  const subjects = new Array(n).fill(model.subject(trials.subject).specification);
  const outputs: Record<string, Tensor> = {};
  const afterStage = (stage: number, features: Tensor, summary: Tensor): Tensor => {
    for (const path of model.paths) {
      const { kind } = path.specification;
      const modulation = path.modulation?.(stage, { subjects, summary, behavior });
      if (modulation === undefined) continue;
      outputs[`${kind}:gamma:${stage}`] = mean(modulation.gamma, [0, 1]);
      outputs[`${kind}:beta:${stage}`] = mean(modulation.beta, [0, 1]);
    }
    return features;
  };
  model.core.call(given.images, { behavior, afterStage }, contextWith(model.paths, denseContext()));
  return outputs;
}
