import type { AdaptationArm } from "../cortex/adaptation.ts";
import { coreHash } from "../cortex/model-file.ts";
import { readModulations } from "../cortex/read-parameters.ts";
import type { ResponseModel } from "../cortex/response-model.ts";
import { prepareTrials } from "../cortex/trials.ts";
import type { PathModulation, ReportedMetrics } from "../report/index.ts";
import { chooseScore, reportedMetrics, type ScoreChoice } from "./reported-scores.ts";
import { type ScoredRecording, scoresAsJson } from "./score-responses.ts";

/** Recordings, and stimuli of each, that γ and β are read for. */
const SHOWN = { recordings: 2, stimuli: 32 };

/** What is kept of one way of adapting after training on one number of images: plain data, which JSON can hold. */
export interface MeasuredArm {
  readonly arm: AdaptationArm;
  readonly name: string;
  /** Distinct training images of each recording. */
  readonly images: number;
  readonly trainableParameters: number;
  /** SHA-256 of the core: that of the model that was adapted, where the core was frozen. */
  readonly core: string;
  readonly choice: ScoreChoice;
  /** Over the neurons of all recordings. */
  readonly metrics: ReportedMetrics;
  readonly subjects: readonly Record<string, unknown>[];
  readonly modulation: readonly PathModulation[];
  readonly seconds: number;
}

type Trained = Pick<MeasuredArm, "arm" | "name" | "images" | "trainableParameters" | "seconds">;

export async function measureArm(
  model: ResponseModel,
  trained: Trained,
  scored: readonly ScoredRecording[],
): Promise<MeasuredArm> {
  const { arm, name, images, trainableParameters, seconds } = trained;
  const choice = chooseScore(scored);
  return {
    ...{ arm, name, images, trainableParameters, choice },
    core: await coreHash(model),
    metrics: reportedMetrics(scored, choice),
    subjects: scored.map(scoresAsJson),
    modulation: await modulationsOf(model, scored.slice(0, SHOWN.recordings)),
    seconds,
  };
}

/** γ and β of every path, of a dataset path once for each data set. */
async function modulationsOf(
  model: ResponseModel,
  scored: readonly ScoredRecording[],
): Promise<PathModulation[]> {
  const byName = new Map<string, PathModulation>();
  for (const { recording, trials } of scored) {
    const chosen = trials.slice(0, SHOWN.stimuli);
    const names: Record<string, string> = {
      subject: `subject path, ${recording.subject}`,
      dataset: `dataset path, ${recording.dataset}`,
      stimulus: `stimulus path, ${recording.subject}, mean over ${chosen.length} trials`,
    };
    for (const { kind, gamma, beta } of await readModulations(
      model,
      prepareTrials(model, recording),
      chosen,
    )) {
      const name = names[kind]!;
      const stages = (values: readonly Float32Array[]) => values.map((stage) => [...stage]);
      if (!byName.has(name)) byName.set(name, { name, gamma: stages(gamma), beta: stages(beta) });
    }
  }
  return [...byName.values()];
}
