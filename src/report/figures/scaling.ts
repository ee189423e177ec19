import * as Plot from "@observablehq/plot";
import { StriateError } from "../../error.ts";
import { significant } from "../numbers.ts";
import { type FigureOptions, frameFigure } from "./frame.ts";

export interface ScalingSeries {
  readonly name: string;
  /** In order of size; both positive. */
  readonly points: readonly { readonly size: number; readonly value: number }[];
}

export interface ScalingData {
  readonly title: string;
  readonly sizeLabel: string;
  readonly valueLabel: string;
  readonly series: readonly ScalingSeries[];
}

/** Colours that networkStyles keep apart for any eye, and symbols that do so without colour. */
const styles = [
  { colour: "var(--signed)", symbol: "triangle" },
  { colour: "var(--unsigned)", symbol: "circle" },
  { colour: "var(--signed-tuned)", symbol: "diamond2" },
  { colour: "var(--unsigned-tuned)", symbol: "square" },
] as const;

/** How something grows with size: both axes logarithmic, a line for each series. */
export function scaling(data: ScalingData, options: FigureOptions): string {
  const { title, sizeLabel, valueLabel, series } = data;
  const points = series.flatMap(({ points }) => points);
  if (series.length === 0 || series.length > styles.length || !points.every(isPositive)) {
    throw new StriateError(
      `${series.length} series of ${points.length} points cannot be drawn on logarithmic axes`,
      `Give 1 to ${styles.length} series of positive sizes and values`,
    );
  }
  const sizes = [...new Set(points.map(({ size }) => size))].sort((a, b) => a - b);
  const ends = series.map(({ name, points }) => {
    const [first, last] = [points[0], points.at(-1)!];
    return `${name} from ${significant(first.value)} at ${first.size} to ${significant(last.value)} at ${last.size}`;
  });
  return frameFigure(
    {
      label: `${title}: ${valueLabel} against ${sizeLabel}. ${ends.join("; ")}.`,
      legend: series.map(({ name }, i) => ({ label: name, line: true, ...styles[i] })),
      panels: [
        {
          title,
          subtitle: `${valueLabel} against ${sizeLabel}, both logarithmic`,
          draw: (width) =>
            Plot.plot({
              document: options.document,
              width,
              height: 300,
              marginLeft: 52,
              marginRight: 26,
              x: { type: "log", label: null, ticks: sizes, tickFormat: (size) => String(size) },
              y: {
                type: "log",
                label: null,
                grid: true,
                ticks: 4,
                tickFormat: (value) => significant(value),
              },
              style: { background: "none", color: "currentColor" },
              marks: series.flatMap(({ points }, i) => [
                Plot.line(points, { x: "size", y: "value", stroke: styles[i].colour, strokeWidth: 2 }),
                Plot.dot(points, {
                  x: "size",
                  y: "value",
                  symbol: styles[i].symbol,
                  fill: styles[i].colour,
                  r: 4,
                }),
              ]),
            }),
        },
      ],
    },
    options,
  );
}

const isPositive = ({ size, value }: { size: number; value: number }) => size > 0 && value > 0;
