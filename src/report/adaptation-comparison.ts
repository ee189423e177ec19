import type { AdaptationArm, AdaptationReport, AdaptationSetting } from "./adaptation-data.ts";
import { armName, modulationMethods } from "./arm-style.ts";
import type { ReportedMetrics, ScoreEstimate, ScoreKind } from "./response-data.ts";
import { hasInterval, isKnown } from "./score-words.ts";

/** Which arms of a setting are compared, and at which number of images. */

export function metricsAt(arm: AdaptationArm, images: number): ReportedMetrics | undefined {
  return arm.points.find((point) => point.images === images)?.metrics;
}

/** The numbers of images that any arm was measured with, rising. */
export function imageCounts(arms: readonly AdaptationArm[]): number[] {
  const counts = arms.flatMap(({ points }) => points.map(({ images }) => images));
  return [...new Set(counts)].sort((a, b) => a - b);
}

/**
 * The number of images at which a setting's arms are compared: the report's where the setting has it, else the most
 * that all arms were measured with, else the most that any was. Undefined without a measurement.
 */
export function comparedImages(
  { arms }: AdaptationSetting,
  { comparedAt }: Pick<AdaptationReport, "comparedAt">,
): number | undefined {
  const counts = imageCounts(arms);
  if (comparedAt !== undefined && counts.includes(comparedAt)) return comparedAt;
  return (
    counts.findLast((images) => arms.every((arm) => metricsAt(arm, images) !== undefined)) ?? counts.at(-1)
  );
}

/** An arm with what it scored at the number of images compared. */
export interface ComparedArm {
  arm: AdaptationArm;
  name: string;
  estimate: ScoreEstimate;
}

export function comparedArms(setting: AdaptationSetting, images: number, score: ScoreKind): ComparedArm[] {
  return setting.arms.flatMap((arm) => {
    const estimate = metricsAt(arm, images)?.[score];
    return isKnown(estimate) ? [{ arm, name: armName(arm), estimate }] : [];
  });
}

/** The modulation paths, together or one, with the highest score; undefined without any. */
export function bestPaths(arms: readonly ComparedArm[]): ComparedArm | undefined {
  return arms
    .filter(({ arm }) => modulationMethods.has(arm.method))
    .sort((a, b) => b.estimate.value - a.estimate.value)[0];
}

/** How one score compares with another: "apart" where their intervals do not overlap. */
export type Comparison = "above, apart" | "above" | "level" | "below" | "below, apart";

export function compareEstimates(own: ScoreEstimate, other: ScoreEstimate): Comparison {
  const difference = own.value - other.value;
  if (Math.abs(difference) < 0.0005) return "level";
  const [higher, lower] = difference > 0 ? [own, other] : [other, own];
  const apart = hasInterval(higher) && hasInterval(lower) && higher.low > lower.high;
  return `${difference > 0 ? "above" : "below"}${apart ? ", apart" : ""}`;
}
