import * as Plot from "@observablehq/plot";
import { sampleEvenly } from "./sample-evenly.ts";

/** More dots than these cover one another. */
export const mostDots = 1500;

interface Pair {
  ceiling: number;
  score: number;
}

/** A dot for each neuron, its ceiling to the right and its score upward, with the line where they are equal. */
export function ceilingScatter(
  pairs: readonly Pair[],
  axis: { low: number; score: string; ceiling: string },
  width: number,
  document: Document,
): Element {
  const high = pairs.reduce(
    (highest, { ceiling, score }) => Math.max(highest, ceiling, score),
    axis.low + 0.1,
  );
  const inside = pairs.filter(({ ceiling, score }) => ceiling >= axis.low && score >= axis.low);
  const dots = sampleEvenly(inside, mostDots);
  const scale = { domain: [axis.low, high], inset: 4 };
  const side = Math.min(width, 380);
  const shown = { ticks: 5, tickSize: 0, labelAnchor: "center", labelArrow: "none" } as const;
  return Plot.plot({
    document,
    width: side,
    height: side - 16,
    marginLeft: 56,
    marginRight: 10,
    marginTop: 6,
    marginBottom: 38,
    x: scale,
    y: scale,
    marks: [
      Plot.gridX({ stroke: "var(--hairline)", strokeOpacity: 1, ticks: 5 }),
      Plot.gridY({ stroke: "var(--hairline)", strokeOpacity: 1, ticks: 5 }),
      Plot.axisX({ ...shown, label: axis.ceiling }),
      Plot.axisY({ ...shown, label: axis.score }),
      Plot.dot(dots, {
        x: "ceiling",
        y: "score",
        r: dots.length > 400 ? 1.6 : 2.4,
        fill: "var(--signed)",
        fillOpacity: 0.55,
      }),
      Plot.line(
        [
          [axis.low, axis.low],
          [high, high],
        ],
        { stroke: "var(--muted)", strokeWidth: 1.6, strokeDasharray: "5 3" },
      ),
    ],
  }) as Element;
}
