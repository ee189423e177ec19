import { fixed, missing, percent } from "./numbers.ts";
import type { ReportedMetrics, ScoreEstimate, ScoreKind } from "./response-data.ts";

/** Scores in words and figures. */

export const scoreNames: Record<ScoreKind, string> = {
  correlation: "correlation",
  singleTrialCorrelation: "single-trial correlation",
  correlationToAverage: "correlation to average",
  normalizedCorrelation: "normalised correlation",
  feve: "FEVE",
};

/** The symbol that stands before a score where there is little room. */
export function scoreSymbol(score: ScoreKind): string {
  return score === "feve" ? "FEVE" : "r";
}

export const scoreOrder = Object.keys(scoreNames) as ScoreKind[];

export function isKnown(estimate: ScoreEstimate | undefined): estimate is ScoreEstimate {
  return estimate !== undefined && Number.isFinite(estimate.value);
}

/** True where both ends of the interval are there. */
export function hasInterval(
  estimate: ScoreEstimate,
): estimate is ScoreEstimate & { low: number; high: number } {
  return Number.isFinite(estimate.low) && Number.isFinite(estimate.high);
}

/** "0.312", or an en dash. */
export function scoreText(value: number | undefined): string {
  return fixed(value, 3);
}

/** "[0.304, 0.320]"; undefined where there is none. */
export function intervalText(estimate: ScoreEstimate | undefined): string | undefined {
  if (!isKnown(estimate) || !hasInterval(estimate)) return undefined;
  return `[${scoreText(estimate.low)}, ${scoreText(estimate.high)}]`;
}

/** "0.312 [0.304, 0.320]", the interval where there is one. */
export function estimateText(estimate: ScoreEstimate | undefined): string {
  if (!isKnown(estimate)) return missing;
  return [scoreText(estimate.value), intervalText(estimate)].filter(Boolean).join(" ");
}

/** The main score as a share of the ceiling, the one mean divided by the other; undefined where either is missing. */
export function shareOfCeiling(metrics: ReportedMetrics, score: ScoreKind): number | undefined {
  const { [score]: own, ceiling } = metrics;
  return isKnown(own) && isKnown(ceiling) && ceiling.value > 0 ? own.value / ceiling.value : undefined;
}

/** "95 % intervals". */
export function intervalsText(confidence = 0.95): string {
  return `${percent(confidence, 0)} intervals`;
}
