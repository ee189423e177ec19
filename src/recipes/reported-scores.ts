import { bootstrapMean, type Estimate, type NeuronScores } from "../cortex/metrics/index.ts";
import type { ReportedMetrics, ReportedSubject, ScoreEstimate, ScoreKind } from "../report/index.ts";
import type { ScoredRecording } from "./score-responses.ts";

/** What of scores a report is about: the main score, and the ceiling that all recordings have. */
export interface ScoreChoice {
  readonly score: ScoreKind;
  readonly ceiling: "ceiling" | "oracle" | undefined;
  readonly ceilingName: string | undefined;
}

type Metric = "singleTrial" | "toAverage" | "normalizedCorrelation" | "feve" | "oracle" | "ceiling";

/**
 * Without repeats the score is the correlation with whatever responses there are, else that with single trials. The
 * ceiling is the true one of synthetic recordings, else the oracle.
 */
export function chooseScore(scored: readonly ScoredRecording[]): ScoreChoice {
  const all = (metric: Metric) => scored.every(({ scores }) => scores[metric] !== undefined);
  const hasRepeats = scored.some(({ scores }) => scores.toAverage !== undefined);
  const ceiling = all("ceiling") ? "ceiling" : all("oracle") ? "oracle" : undefined;
  return {
    score: hasRepeats ? "singleTrialCorrelation" : "correlation",
    ceiling,
    ceilingName: ceiling === "ceiling" ? "true ceiling" : ceiling,
  };
}

/** The mean scores of one recording, or over the neurons of several; a metric is there if all of them have it. */
export function reportedMetrics(
  scored: readonly ScoredRecording[],
  { score, ceiling }: ScoreChoice,
  seed = 1,
): ReportedMetrics {
  const estimate = (metric: Metric | undefined): ScoreEstimate | undefined => {
    const scores = scored.map((one) => metric && one.scores[metric]);
    if (scores.some((one) => one === undefined)) return undefined;
    const known = scores as NeuronScores[];
    const pooled = known.flatMap(({ perNeuron }) => [...perNeuron]);
    const mean = known.length === 1 ? known[0]!.mean : bootstrapMean(pooled, { seed });
    return withCount(mean, pooled.length);
  };
  const metrics = {
    [score]: estimate("singleTrial"),
    correlationToAverage: estimate("toAverage"),
    normalizedCorrelation: estimate("normalizedCorrelation"),
    feve: estimate("feve"),
    ceiling: estimate(ceiling),
  };
  return Object.fromEntries(Object.entries(metrics).filter(([, value]) => value !== undefined));
}

/** Says over how many neurons where that is not all. */
const withCount = ({ neurons, ...estimate }: Estimate, all: number): ScoreEstimate => ({
  ...estimate,
  ...(neurons === all ? {} : { neurons }),
});

export const reportedSubjects = (
  scored: readonly ScoredRecording[],
  choice: ScoreChoice,
): ReportedSubject[] =>
  scored.map((one) => ({
    name: one.recording.subject,
    neurons: one.recording.neurons,
    testImages: one.scores.images,
    testTrials: one.scores.trials,
    metrics: reportedMetrics([one], choice),
  }));
