import { bootstrapDifference, bootstrapMean, type Estimate } from "../../src/cortex/metrics/index.ts";
import type { ResponseModel } from "../../src/cortex/response-model.ts";
import { trialsOf } from "../../src/cortex/trials.ts";
import { type ScoredRecording, scoreRecording } from "../../src/recipes/score-responses.ts";
import type { SessionData } from "./sessions.ts";

/** Scores of every neuron of one session, as they are kept on disk; null where a score is not defined. */
export interface SessionScores {
  readonly subject: string;
  /** Distinct test images, and training images that there are. */
  readonly images: number;
  readonly trainingImages: number;
  readonly correlation: readonly (number | null)[];
  readonly feve?: readonly (number | null)[];
  readonly oracle?: readonly (number | null)[];
}

export type ScoreName = "correlation" | "feve" | "oracle";

const plain = (values: Float64Array): (number | null)[] =>
  [...values].map((value) => (Number.isNaN(value) ? null : value));

/** Scores of a model on the test images of sessions. */
export async function scoreSessions(
  model: ResponseModel,
  chosen: readonly SessionData[],
): Promise<SessionScores[]> {
  const scores: SessionScores[] = [];
  for (const { scored } of chosen) scores.push(sessionScores(await scoreRecording(model, scored)));
  return scores;
}

const sessionScores = ({ scores, recording }: ScoredRecording): SessionScores => ({
  subject: scores.subject,
  images: scores.images,
  trainingImages: new Set(trialsOf(recording, "train").map((trial) => recording.stimulusOf[trial]!)).size,
  correlation: plain(scores.singleTrial.perNeuron),
  ...(scores.feve && { feve: plain(scores.feve.perNeuron) }),
  ...(scores.oracle && { oracle: plain(scores.oracle.perNeuron) }),
});

/** A score of all neurons of these sessions, one after the other. */
export const neuronsOf = (scores: readonly SessionScores[], name: ScoreName = "correlation"): Float64Array =>
  Float64Array.from(scores.flatMap((session) => session[name] ?? []).map((value) => value ?? Number.NaN));

/** The mean over the neurons of these sessions, with a bootstrap interval; undefined where no session has the score. */
export function meanOf(
  scores: readonly SessionScores[],
  name: ScoreName = "correlation",
): Estimate | undefined {
  const values = neuronsOf(scores, name);
  return values.some((value) => !Number.isNaN(value)) ? bootstrapMean(values, { seed: 1 }) : undefined;
}

/** The mean of a − b over the same neurons, with a bootstrap interval. */
export const differenceOf = (a: readonly SessionScores[], b: readonly SessionScores[]): Estimate =>
  bootstrapDifference(neuronsOf(a), neuronsOf(b), { seed: 1 });

/** "0.342 [0.310, 0.374]". */
export const estimateText = (estimate: Estimate | undefined): string =>
  estimate === undefined
    ? "–"
    : `${estimate.value.toFixed(3)} [${estimate.low.toFixed(3)}, ${estimate.high.toFixed(3)}]`;
