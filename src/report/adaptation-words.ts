import {
  bestPaths,
  type ComparedArm,
  type Comparison,
  comparedArms,
  comparedImages,
  compareEstimates,
} from "./adaptation-comparison.ts";
import type { AdaptationReport, AdaptationSetting } from "./adaptation-data.ts";
import { count, percent, plural } from "./numbers.ts";
import { estimateText, hasInterval, intervalsText, scoreNames, scoreText } from "./score-words.ts";

/** The page's heading: of one setting what it reached, of several in how many the paths beat the readout alone. */
export function adaptationHeadline(report: AdaptationReport): string {
  const { settings, model, data, score } = report;
  const plain = `${model} was adapted to ${data}`;
  if (settings.length !== 1) return countWins(report) ?? plain;
  const images = comparedImages(settings[0], report);
  const arms = images === undefined ? [] : comparedArms(settings[0], images, score);
  const best = bestPaths(arms) ?? [...arms].sort((a, b) => b.estimate.value - a.estimate.value)[0];
  if (best === undefined) return plain;
  const readout = arms.find(({ arm }) => arm.method === "readout");
  const against =
    readout === undefined || readout === best
      ? ""
      : ` (${readout.name} ${scoreText(readout.estimate.value)})`;
  return `Adapted with ${plural(images!, "image")}, ${best.name} reaches a ${scoreNames[score]} of ${scoreText(best.estimate.value)}${against}`;
}

/** "Modulation paths score higher than the readout alone in 2 of 3 settings, in 1 with intervals apart". */
function countWins(report: AdaptationReport): string | undefined {
  const results = report.settings.flatMap((setting) => {
    const images = comparedImages(setting, report);
    const arms = images === undefined ? [] : comparedArms(setting, images, report.score);
    const best = bestPaths(arms);
    const readout = arms.find(({ arm }) => arm.method === "readout");
    return best === undefined || readout === undefined
      ? []
      : [compareEstimates(best.estimate, readout.estimate)];
  });
  if (results.length === 0) return undefined;
  const above = results.filter((result) => result.startsWith("above")).length;
  const apart = results.filter((result) => result === "above, apart").length;
  const intervals = above === 0 ? "" : `, in ${apart === 0 ? "none" : count(apart)} with intervals apart`;
  return `Modulation paths score higher than the readout alone in ${count(above)} of ${plural(results.length, "setting")}${intervals}`;
}

/** Paragraphs under the headline, every number computed from the report. */
export function adaptationLead(report: AdaptationReport): string[] {
  const { model, data, settings, modelParameters } = report;
  const size = modelParameters === undefined ? "" : ` (${plural(modelParameters, "parameter")})`;
  const brackets = settings.some(({ arms }) =>
    arms.some(({ points }) =>
      points.some(({ metrics }) => hasInterval(metrics[report.score] ?? { value: Number.NaN })),
    ),
  )
    ? ` Brackets are ${intervalsText(report.confidence)}, from a bootstrap over neurons.`
    : "";
  return [
    `The core of ${model}${size} was adapted to ${data}.${brackets}`,
    ...settings.flatMap((setting) => {
      const sentence = settingSentence(setting, report);
      return sentence === undefined ? [] : [sentence];
    }),
  ];
}

const references = ["readout", "full", "scratch"] as const;

/** What the best of the modulation paths reaches, what the arms that every study has reach, and how they compare. */
function settingSentence(setting: AdaptationSetting, report: AdaptationReport): string | undefined {
  const images = comparedImages(setting, report);
  if (images === undefined) return undefined;
  const arms = comparedArms(setting, images, report.score);
  const best = bestPaths(arms);
  if (best === undefined) return undefined;
  const others = references.flatMap((method) => arms.find(({ arm }) => arm.method === method) ?? []);
  const full = others.find(({ arm }) => arm.method === "full");
  const reached = `${capitalised(setting.name)}, with ${plural(images, "image")}: the best of the modulation paths (${best.name}) reaches ${estimateText(best.estimate)}`;
  const beside = others.map((other) => `${other.name} ${estimateText(other.estimate)}`);
  const share =
    full === undefined || !(full.arm.trainableParameters > 0)
      ? ""
      : `, ${percent(best.arm.trainableParameters / full.arm.trainableParameters, 1)} of what full fine-tuning trains`;
  return [
    `${[reached, ...beside].join("; ")}.`,
    ...intervalSentence(best, others),
    `It trains ${plural(best.arm.trainableParameters, "value")}${share}.`,
  ].join(" ");
}

/** "Its interval lies above that of from scratch and overlaps that of readout only." Nothing without intervals. */
function intervalSentence(best: ComparedArm, others: readonly ComparedArm[]): string[] {
  const known = others.filter(({ estimate }) => hasInterval(estimate) && hasInterval(best.estimate));
  const where = (comparison: Comparison) =>
    comparison === "above, apart" ? "lies above" : comparison === "below, apart" ? "lies below" : "overlaps";
  const phrases = ["lies above", "overlaps", "lies below"].flatMap((relation) => {
    const names = known
      .filter(({ estimate }) => where(compareEstimates(best.estimate, estimate)) === relation)
      .map(({ name }) => `“${name}”`);
    return names.length === 0 ? [] : [`${relation} that of ${listed(names)}`];
  });
  return phrases.length === 0 ? [] : [`Its interval ${listed(phrases)}.`];
}

function listed(items: readonly string[]): string {
  return items.length < 2 ? items.join("") : `${items.slice(0, -1).join(", ")} and ${items.at(-1)}`;
}

function capitalised(text: string): string {
  const [first = "", ...rest] = text;
  return first.toUpperCase() + rest.join("");
}
