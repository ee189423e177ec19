import { percent, plural } from "../numbers.ts";

/**
 * An accuracy axis that is even in the logarithm of the error, 1 − accuracy: halving the mistakes is the same
 * height everywhere. On an even axis either the early steps or the differences between good networks vanish.
 */
export interface AccuracyAxis {
  /** Accuracies at the ends, 0 to 1; what lies below `low` is clipped. */
  low: number;
  high: number;
  /** Height on the axis of an accuracy: −log₁₀(1 − accuracy), held at the top. */
  position(accuracy: number): number;
  /** Accuracies to label. */
  ticks: number[];
  /** Set when an accuracy of 1 (to six decimals), whose height would be infinite, is drawn at the top edge. */
  perfect: boolean;
}

/** The worst error shown, as a multiple of the best. */
const reach = 16;
/** Errors below this count as none: it would take a million test images to measure them. */
const leastError = 1e-6;
/** The axis never spans less than this ratio of errors, so that noise does not fill it. */
const leastRatio = 2;

const mantissas = [
  [1, 2, 5],
  [1, 1.5, 2, 3, 4, 5, 7],
  [1, 1.2, 1.4, 1.6, 1.8, 2, 2.5, 3, 3.5, 4, 5, 6, 7, 8, 9],
];

/** The axis for these accuracies; values that are not finite are ignored. */
export function accuracyAxis(accuracies: readonly number[]): AccuracyAxis {
  const errors = accuracies.filter(Number.isFinite).map((accuracy) => Math.min(1, Math.max(0, 1 - accuracy)));
  const positive = errors.filter((error) => error >= leastError);
  const perfect = positive.length < errors.length;
  const smallest = positive.length > 0 ? Math.min(...positive) : 1e-3;
  const best = perfect ? smallest / 2 : smallest;
  const worst = Math.min(Math.max(smallest, ...positive), best * reach);
  const spread = Math.max(1.1, Math.sqrt(leastRatio / (worst / best)));
  const bottom = Math.min(1, worst * spread);
  const top = perfect ? best : Math.min(best / spread, bottom / leastRatio);
  return {
    low: 1 - bottom,
    high: 1 - top,
    position: (accuracy) => -Math.log10(Math.max(top, 1 - accuracy)),
    ticks: errorTicks(top, bottom).map((error) => 1 - error),
    perfect,
  };
}

/** Round errors between two, from the coarsest list that gives at least three. */
function errorTicks(top: number, bottom: number): number[] {
  let ticks: number[] = [];
  for (const list of mantissas) {
    ticks = [];
    for (let power = Math.floor(Math.log10(top)); power <= Math.ceil(Math.log10(bottom)); power++) {
      ticks.push(...list.map((mantissa) => Number((mantissa * 10 ** power).toPrecision(3))));
    }
    ticks = ticks.filter((error) => error >= top && error <= bottom);
    if (ticks.length >= 3) break;
  }
  return ticks;
}

/** 0.985 → "98.5", with the decimals that it needs and no more. */
export function accuracyTick(accuracy: number): string {
  return String(Number((accuracy * 100).toFixed(6)));
}

/** What an accuracy axis leaves out or moves. */
export function axisNotes(axis: AccuracyAxis, accuracies: number[], marker = ""): string[] {
  const below = accuracies.filter((accuracy) => accuracy < axis.low);
  const notes: string[] = [];
  if (below.length > 0) {
    notes.push(
      `${marker}${plural(below.length, "point lies", "points lie")} below the axis, which starts at ${percent(axis.low, 1)}; the lowest is ${percent(Math.min(...below))}.`,
    );
  }
  if (axis.perfect) notes.push("An accuracy of 100 % is drawn at the top edge.");
  return notes;
}

export interface Point {
  x: number;
  y: number;
}

export interface ClippedLine {
  /** The line where it lies at or above the bound; a point with NaN breaks it. */
  line: Point[];
  /** The data points that are shown. */
  shown: Point[];
  /** The data points that lie below. */
  below: Point[];
}

/** Cuts a polyline at a lower bound, exactly where its segments cross it. Points that are not finite are dropped. */
export function clipBelow(points: readonly Point[], low: number): ClippedLine {
  const finite = points.filter(({ x, y }) => Number.isFinite(x) && Number.isFinite(y));
  const line: Point[] = [];
  finite.forEach((point, i) => {
    const before = finite[i - 1];
    if (before !== undefined && before.y < low !== point.y < low) {
      const t = (low - before.y) / (point.y - before.y);
      line.push({ x: before.x + t * (point.x - before.x), y: low });
    }
    line.push(point.y < low ? { x: point.x, y: Number.NaN } : point);
  });
  return {
    line,
    shown: finite.filter(({ y }) => y >= low),
    below: finite.filter(({ y }) => y < low),
  };
}
