import { count, percent, plural } from "./numbers.ts";
import type { ResponseReport } from "./response-data.ts";
import {
  estimateText,
  hasInterval,
  intervalsText,
  isKnown,
  scoreNames,
  scoreText,
  shareOfCeiling,
} from "./score-words.ts";

/** "v1t-small reaches a single-trial correlation of 0.394, 78.0 % of the true ceiling". */
export function responseHeadline(report: ResponseReport): string {
  const { model, score, overall, data, run } = report;
  const own = overall[score];
  if (!isKnown(own)) return `${model} was ${run === "fit" ? "fitted to" : "scored on"} ${data}`;
  const share = shareOfCeiling(overall, score);
  const ofCeiling =
    share === undefined ? "" : `, ${percent(share, 1)} of the ${report.ceilingName ?? "ceiling"}`;
  return `${model} reaches a ${scoreNames[score]} of ${scoreText(own.value)}${ofCeiling}`;
}

/** Paragraphs under the headline, every number computed from the report. */
export function responseLead(report: ResponseReport): string[] {
  const { run, data, score, overall, subjects } = report;
  const neurons = subjects.reduce((sum, subject) => sum + subject.neurons, 0);
  const size =
    subjects.length === 0 ? "" : `, ${count(neurons)} neurons of ${plural(subjects.length, "subject")}`;
  const sentences = [`${run === "fit" ? "Fitted to" : "Scored on"} ${data}${size}.`];
  const own = overall[score];
  if (isKnown(own)) {
    const means = `Over the test tier the mean ${scoreNames[score]} is ${estimateText(own)}`;
    const ceiling = isKnown(overall.ceiling)
      ? `, that of the ${report.ceilingName ?? "ceiling"} ${estimateText(overall.ceiling)}`
      : "";
    const intervals = hasInterval(own)
      ? ` Brackets are ${intervalsText(report.confidence)}, from a bootstrap over neurons.`
      : "";
    sentences.push(`${means}${ceiling}.${intervals}`);
  }
  const range = subjectRange(report);
  if (range !== undefined) sentences.push(range);
  return [sentences.join(" ")];
}

/** Between which subjects the score lies; undefined with fewer than two. */
function subjectRange({ subjects, score }: ResponseReport): string | undefined {
  const scored = subjects.flatMap(({ name, metrics }) => {
    const own = metrics[score];
    return isKnown(own) ? [{ name, value: own.value }] : [];
  });
  if (scored.length < 2) return undefined;
  scored.sort((a, b) => a.value - b.value);
  const [lowest, highest] = [scored[0], scored[scored.length - 1]];
  return `By subject it lies between ${scoreText(lowest.value)} (${lowest.name}) and ${scoreText(highest.value)} (${highest.name}).`;
}

/** What a score means, in a sentence. */
export const scoreMeanings = {
  correlation: "Correlation: of predicted and recorded responses over images, for each neuron.",
  singleTrialCorrelation:
    "Single-trial correlation: of predicted and recorded responses over all trials, for each neuron; the noise of single trials counts against it.",
  correlationToAverage: "Correlation to average: the repeats of an image are averaged first.",
  normalizedCorrelation:
    "Normalised correlation: correlation to average over the highest that the noise left in the average allows (Schoppe et al. 2016).",
  feve: "FEVE: the fraction of the explainable variance that is explained, over neurons of which at least 15 % of the variance is explainable.",
} as const;
