import * as Plot from "@observablehq/plot";
import { median } from "../quantiles.ts";
import { scoreText } from "../score-words.ts";
import { shortenText, textWidth } from "./text.ts";

/** One histogram, its name over it. */
export interface HistogramRow {
  name: string;
  colour: string;
  /** All finite. */
  values: readonly number[];
}

/** Bins of one width, shared by histograms that are to be compared. */
export interface Bins {
  low: number;
  /** Width of a bin. */
  width: number;
  count: number;
}

const mostBins = 56;
const barHeight = 46;
const rowHeight = 74;
/** Half a tick's label. */
const margin = 14;

/**
 * Bins from zero, or from the lowest score below it, to the highest. Of the lowest hundredth some may lie below the
 * bins: FEVE has no lower bound, and one neuron's −20 would leave no room for the others.
 */
export function scoreBins(scores: readonly number[]): Bins {
  const sorted = [...scores].sort((a, b) => a - b);
  const highest = Math.max(0.1, sorted.at(-1) ?? 0);
  const hundredth = Math.min(0, sorted[Math.floor(sorted.length / 100)] ?? 0);
  const bound = hundredth - (highest - hundredth) / 2;
  const lowest = Math.min(0, sorted.find((score) => score >= bound) ?? 0);
  const width =
    [0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1].find((size) => (highest - lowest) / size <= mostBins) ?? 2;
  const first = Math.floor(lowest / width + 1e-9);
  const last = Math.ceil(highest / width - 1e-9);
  return { low: Number((first * width).toFixed(6)), width, count: last - first };
}

function counts(values: readonly number[], { low, width, count }: Bins): number[] {
  const bins = new Array<number>(count).fill(0);
  for (const value of values) {
    if (value >= low) bins[Math.min(count - 1, Math.floor((value - low) / width))] += 1;
  }
  return bins;
}

/** Histograms under one another on one axis, each as high as its own fullest bin, with the median marked. */
export function histogramRows(
  rows: readonly HistogramRow[],
  bins: Bins,
  axisLabel: string,
  width: number,
  document: Document,
): Element {
  const height = rows.length * rowHeight;
  const marginBottom = 38;
  const base = (i: number) => (i + 1) * rowHeight - 8;
  const bars = rows.flatMap(({ values, colour }, i) => {
    const own = counts(values, bins);
    const highest = Math.max(1, ...own);
    return own.flatMap((neurons, bin) =>
      neurons === 0
        ? []
        : [
            {
              x: bins.low + bin * bins.width,
              y: base(i),
              top: base(i) - (neurons / highest) * barHeight,
              colour,
            },
          ],
    );
  });
  const medians = rows.map(({ values }, i) => ({ x: median(values), y: base(i) }));
  const medianText = ({ values }: HistogramRow) => `median ${scoreText(median(values))}`;
  const lines = rows.map((row, i) => ({ row, y: base(i) - barHeight - 11 }));
  return Plot.plot({
    document,
    width,
    height: height + marginBottom,
    marginLeft: margin,
    marginRight: margin,
    marginTop: 0,
    marginBottom,
    x: { domain: [bins.low, bins.low + bins.width * bins.count] },
    y: { domain: [0, Math.max(1, height)], range: [0, Math.max(1, height)], axis: null },
    marks: [
      Plot.gridX({ stroke: "var(--hairline)", strokeOpacity: 1, ticks: Math.round(width / 60) }),
      Plot.axisX({
        ticks: Math.round(width / 60),
        tickSize: 0,
        label: axisLabel,
        labelAnchor: "center",
        labelArrow: "none",
      }),
      Plot.rect(bars, {
        x1: "x",
        x2: ({ x }) => x + bins.width,
        y1: "top",
        y2: "y",
        fill: "colour",
        fillOpacity: 0.75,
        insetLeft: 0.5,
        insetRight: 0.5,
      }),
      Plot.ruleY(rows, { y: (_, i) => base(i), stroke: "var(--muted)" }),
      Plot.ruleX(medians, {
        x: "x",
        y1: ({ y }) => y - barHeight - 3,
        y2: ({ y }) => y + 3,
        stroke: "var(--ink)",
        strokeWidth: 2,
      }),
      Plot.text(lines, {
        y: "y",
        text: ({ row }) => shortenText(row.name, width - textWidth(medianText(row)) - 30),
        frameAnchor: "left",
        textAnchor: "start",
        fill: ({ row }) => row.colour,
        stroke: "var(--paper)",
        strokeWidth: 4,
        fontWeight: 600,
      }),
      Plot.text(lines, {
        y: "y",
        text: ({ row }) => medianText(row),
        frameAnchor: "right",
        textAnchor: "end",
        stroke: "var(--paper)",
        strokeWidth: 4,
        fill: "var(--ink)",
      }),
    ],
  }) as Element;
}
