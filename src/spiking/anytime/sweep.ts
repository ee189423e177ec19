import type { Certainty } from "./certainty.ts";
import { decisionsOf, evidenceAfter, type RecordedEvidence } from "./recorded.ts";

/** What stopping at one threshold comes to. */
export interface SweepPoint {
  readonly threshold: number;
  readonly accuracy: number;
  readonly meanSteps: number;
}

/** How sure each sample was after each step, and whether its decision was right, (steps, samples) each. */
export interface CertaintyTable {
  readonly steps: number;
  readonly samples: number;
  readonly certainties: Float64Array;
  readonly right: Uint8Array;
}

export function tabulate(evidence: RecordedEvidence, certainty: Certainty): CertaintyTable {
  const { steps, samples, labels } = evidence;
  const certainties = new Float64Array(steps * samples);
  for (let t = 0; t < steps; t++)
    for (let i = 0; i < samples; i++)
      certainties[t * samples + i] = certainty(evidenceAfter(evidence, t + 1, i), t + 1);
  const right = Uint8Array.from(decisionsOf(evidence), (chosen, i) => Number(chosen === labels[i % samples]));
  return { steps, samples, certainties, right };
}

/** After how many steps each sample stops: the first that is sure enough, or the last. */
export function stoppingSteps(
  { steps, samples, certainties }: CertaintyTable,
  threshold: number,
): Uint16Array {
  return Uint16Array.from({ length: samples }, (_, i) => {
    let t = 0;
    while (t < steps - 1 && !(certainties[t * samples + i]! >= threshold)) t++;
    return t + 1;
  });
}

/** Accuracy and mean steps at each threshold. The higher the threshold, the more steps every sample takes. */
export function sweep(table: CertaintyTable, thresholds: Iterable<number>): SweepPoint[] {
  return Array.from(thresholds, (threshold) => {
    let right = 0;
    let total = 0;
    for (const [i, step] of stoppingSteps(table, threshold).entries()) {
      right += table.right[(step - 1) * table.samples + i]!;
      total += step;
    }
    return { threshold, accuracy: right / table.samples, meanSteps: total / table.samples };
  });
}

/** Thresholds, rising, that spread what the samples reach before the last step: at most `most` of them. */
export function spreadThresholds({ steps, samples, certainties }: CertaintyTable, most: number): number[] {
  const before = certainties.subarray(0, (steps - 1) * samples).filter(Number.isFinite);
  const distinct = [...new Set(before.sort())];
  const count = Math.min(most, distinct.length);
  const place = (k: number) => (count === 1 ? 0 : Math.round((k * (distinct.length - 1)) / (count - 1)));
  return Array.from({ length: count }, (_, k) => distinct[place(k)]!);
}

/**
 * The lowest threshold from which on no higher one falls short of an accuracy: the fewest steps that keep it. Undefined
 * where even the highest falls short.
 *
 * @param points by rising threshold.
 */
export function lowestKeeping(points: readonly SweepPoint[], accuracy: number): SweepPoint | undefined {
  let kept: SweepPoint | undefined;
  for (const point of [...points].reverse()) {
    if (point.accuracy < accuracy) break;
    kept = point;
  }
  return kept;
}
