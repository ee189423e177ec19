/** The part of an accuracy axis where the networks differ, and what falls below it. */

export interface Point {
  x: number;
  y: number;
}

function median(values: number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return (sorted[(sorted.length - 1) >> 1] + sorted[sorted.length >> 1]) / 2;
}

/**
 * The range of accuracies to show, as fractions. `anchors` are the values that should be comparable by eye (final
 * accuracies and reference lines); one that lies ten times further from the best than the median does, and more
 * than 0.01, is given up. All of `values` are shown when that costs no more than twice the height.
 */
export function accuracyRange(anchors: number[], values: number[]): [low: number, high: number] {
  const finite = (list: number[]) => list.filter((value) => Number.isFinite(value));
  const shown = finite(values);
  const fixed = finite(anchors).length > 0 ? finite(anchors) : shown;
  if (fixed.length === 0) return [0, 1];
  const best = Math.max(...fixed, ...shown);
  const reach = Math.max(10 * (best - median(fixed)), 0.01);
  let low = Math.min(...fixed.filter((value) => value >= best - reach), best);
  const span = Math.max(best - low, 0.004);
  const lowest = Math.min(low, ...shown);
  if (lowest >= best - 2 * span) low = lowest;
  const room = Math.max(best - low, 0.004) * 0.12;
  return [Math.max(0, low - 2 * room), Math.min(1, best + room)];
}

export interface ClippedLine {
  /** The line where it lies at or above `low`; a point with NaN breaks it. */
  line: Point[];
  /** The data points that are shown. */
  shown: Point[];
  /** The data points that lie below. */
  below: Point[];
}

/** Cuts a polyline at a lower bound, exactly where its segments cross it. Points that are not finite are dropped. */
export function clipBelow(points: Point[], low: number): ClippedLine {
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
