import {
  bootstrapMean,
  type ConditionalScore,
  type Estimate,
  type ResponseScores,
  scoreResponses,
} from "../cortex/metrics/index.ts";
import type { AdaptationPath } from "../cortex/paths/path.ts";
import { Predictor } from "../cortex/predict.ts";
import type { ResponseModel } from "../cortex/response-model.ts";
import { prepareTrials, trialsOf } from "../cortex/trials.ts";
import { StriateError } from "../error.ts";
import type { Recording, Tier } from "../formats/recording.ts";

export interface ScoringOptions {
  /** "test" when absent. */
  readonly tier?: Tier | undefined;
  readonly seed?: number;
  /** Metrics that must be there. */
  readonly required?: readonly ConditionalScore[] | undefined;
  /** The paths that are switched on; all when absent. */
  readonly paths?: readonly AdaptationPath[] | undefined;
}

/** Predictions of one recording's tier, in the units of its responses, and their scores. */
export interface ScoredRecording {
  readonly recording: Recording;
  /** Of the tier. */
  readonly trials: Int32Array;
  /** (trials, neurons). */
  readonly predictions: Float32Array;
  readonly scores: ResponseScores;
}

/** Predicts a tier of a recording and scores the predictions. */
export async function scoreRecording(
  model: ResponseModel,
  recording: Recording,
  { tier = "test", seed = 1, required = [], paths }: ScoringOptions = {},
): Promise<ScoredRecording> {
  const prepared = prepareTrials(model, recording);
  const trials = scorableTrials(recording, tier);
  const predictor = await Predictor.create(model, prepared, { freeze: true, ...(paths && { paths }) });
  try {
    const predictions = await predictor.predict(trials);
    const scale = model.subject(recording.subject).scales.response.data;
    for (let i = 0; i < predictions.length; i++) predictions[i]! *= scale[i % recording.neurons]!;
    const scores = scoreResponses({ recording, tier, predictions, seed, required });
    return { recording, trials, predictions, scores };
  } finally {
    await predictor.release();
  }
}

/** @throws StriateError when the tier has fewer than two trials, which no correlation can be computed of */
export function scorableTrials(recording: Recording, tier: Tier): Int32Array {
  const trials = trialsOf(recording, tier);
  if (trials.length > 1) return trials;
  throw new StriateError(
    `${recording.name}: ${trials.length} trials in the tier "${tier}"`,
    `Its tiers are ${[...new Set(recording.tierOf)].join(", ")}: score another with striate score --tier, or import it with another split`,
  );
}

/** The mean single-trial correlation over the neurons of all recordings, with its interval. */
export const overallCorrelation = (scored: readonly ScoredRecording[], seed = 1): Estimate =>
  bootstrapMean(Float64Array.from(scored.flatMap(({ scores }) => [...scores.singleTrial.perNeuron])), {
    seed,
  });

/** Scores as a machine reads them: means with intervals, without the values of each neuron. */
export function scoresAsJson({ scores }: ScoredRecording): Record<string, unknown> {
  const { ceiling, absent, recording, subject, tier, trials, images, repeats, ...metrics } = scores;
  return {
    recording,
    subject,
    tier,
    trials,
    images,
    repeats,
    ...Object.fromEntries(Object.entries(metrics).map(([name, { mean }]) => [name, mean])),
    ...(ceiling && { ceiling: ceiling.mean, shareOfCeiling: ceiling.share }),
    absent,
  };
}
