import type { ConversionReport, ConversionVariant, ConvertedCost } from "./conversion-data.ts";
import { markedSteps } from "./figures/step-ticks.ts";
import { compared, energyCompared } from "./headline.ts";
import { count, fixed, percent, plural, significant } from "./numbers.ts";

type Reading = ConversionVariant["accuracyBySteps"][number];

/** The most steps that something was measured after. */
function longest<Measured extends { steps: number }>(measured: readonly Measured[]): Measured | undefined {
  return [...measured].sort((a, b) => b.steps - a.steps)[0];
}

/** "resnet20.onnx spikes: 91.1 % at T = 64 (91.5 % before conversion)": the saved network after the most steps costed. */
export function conversionHeadline({ subject, ann, costs, variants }: ConversionReport): string {
  const reading: Reading | undefined = longest(costs) ?? longest(variants.at(-1)?.accuracyBySteps ?? []);
  const before = `${percent(ann.accuracy, 1)} before conversion`;
  if (reading === undefined) return `${subject} was converted to spikes (${before})`;
  return `${subject} spikes: ${percent(reading.accuracy, 1)} at T\u00a0=\u00a0${reading.steps} (${before})`;
}

/** Paragraphs under the headline, every number computed from the report. */
export function conversionLead(report: ConversionReport): string[] {
  const { method, data, ann, costs } = report;
  const cost = longest(costs);
  const corrections = correctionsSentence(report.variants);
  return [
    `Converted with ${method}, measured on ${data}.${cost === undefined ? "" : ` ${costSentence(cost, ann)}`}`,
    ...(corrections === undefined ? [] : [corrections]),
  ];
}

/** What the saved network has over each of the others, in percentage points; undefined where nothing compares. */
function correctionsSentence(variants: readonly ConversionVariant[]): string | undefined {
  const saved = variants.at(-1);
  const parts = variants.slice(0, -1).flatMap((variant) => {
    const difference = differencePhrase(variant, saved!);
    return difference === undefined ? [] : [`against “${variant.name}” it ${difference}`];
  });
  if (parts.length === 0) return undefined;
  return `The saved network is “${saved!.name}”. In percentage points of accuracy, ${parts.join("; ")}.`;
}

function costSentence(cost: ConvertedCost, ann: ConversionReport["ann"]): string {
  const difference = `After ${plural(cost.steps, "step")} it is ${compared(cost.accuracy, ann.accuracy)} the ANN`;
  const energy = `${significant(cost.energyNanojoules)}\u00a0nJ`;
  const ratio =
    cost.energyNanojoules > 0 && ann.energyNanojoules > 0
      ? `, ${energyCompared(cost.energyNanojoules, ann.energyNanojoules)} the ANN’s ${significant(ann.energyNanojoules)}\u00a0nJ`
      : "";
  return `${difference}; an image takes it ${count(cost.spikesPerImage)} spikes and an estimated ${energy} for arithmetic${ratio}.`;
}

/** How many numbers of steps a sentence tells of. */
const mostSteps = 4;

function verb(points: number): "gains" | "loses" | "is level" {
  if (Math.abs(points) < 0.05) return "is level";
  return points > 0 ? "gains" : "loses";
}

/**
 * "gains 3.0 at T = 32 and 1.5 at T = 64", at the last few numbers of steps that both were measured after; undefined
 * where there are none.
 */
function differencePhrase(variant: ConversionVariant, saved: ConversionVariant): string | undefined {
  const accuracies = new Map(variant.accuracyBySteps.map(({ steps, accuracy }) => [steps, accuracy]));
  const common = saved.accuracyBySteps.filter(({ steps }) => accuracies.has(steps));
  const told = new Set(markedSteps(common.map(({ steps }) => steps)).slice(-mostSteps));
  const points = common
    .filter(({ steps }) => told.has(steps))
    .map(({ steps, accuracy }) => ({ steps, value: (accuracy - accuracies.get(steps)!) * 100 }));
  const phrases = points.map(({ steps, value }, i) => {
    const own = verb(value);
    const said = i > 0 && verb(points[i - 1].value) === own ? [] : [own];
    const amount = own === "is level" ? [] : [fixed(Math.abs(value), 1)];
    return [...said, ...amount, `at T\u00a0=\u00a0${steps}`].join(" ");
  });
  if (phrases.length < 2) return phrases[0];
  return `${phrases.slice(0, -1).join(", ")} and ${phrases.at(-1)}`;
}
