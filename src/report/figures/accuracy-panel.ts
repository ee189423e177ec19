import * as Plot from "@observablehq/plot";
import type { LineStyle } from "../palette.ts";
import { type AccuracyAxis, accuracyTick, type ClippedLine } from "./accuracy-axis.ts";
import { symbolMark } from "./legend.ts";

/** One network's accuracies: x as on the step axis, y as `AccuracyAxis.position` gives it. */
export interface AccuracyCurve extends ClippedLine {
  style: LineStyle;
}

/** A network without steps, drawn as a level line; `label` is written over it, clear of the axis's own. */
export interface AccuracyLevel {
  accuracy: number;
  style: Pick<LineStyle, "colour" | "dash">;
  label?: string;
}

/** The axis of time steps, in whatever measure the curves' x has: steps, or their logarithm. */
export interface StepAxis {
  domain: [first: number, last: number];
  ticks: { x: number; text: string }[];
  /** "time steps T" when absent. */
  label?: string;
}

export interface AccuracyPanel {
  curves: readonly AccuracyCurve[];
  levels: readonly AccuracyLevel[];
  accuracy: AccuracyAxis;
  steps: StepAxis;
}

/** Draws accuracy against time steps; a marker at the bottom edge stands for each point below the axis. */
export function accuracyPanel(panel: AccuracyPanel, width: number, document: Document): Element {
  const { curves, accuracy: axis, steps } = panel;
  const levels = panel.levels.filter(({ accuracy }) => Number.isFinite(accuracy));
  const [first, last] = steps.domain;
  const ticks = axis.ticks.map(axis.position);
  const labels = new Map(steps.ticks.map(({ x, text }) => [x, text]));
  return Plot.plot({
    document,
    width,
    height: 290,
    marginLeft: 46,
    marginRight: 14,
    marginTop: 24,
    marginBottom: 38,
    x: { domain: first === last ? [first - 1, last + 1] : [first, last], inset: 8 },
    y: { domain: [axis.position(axis.low), axis.position(axis.high)], insetBottom: 12 },
    marks: [
      Plot.gridY(ticks, { stroke: "var(--hairline)", strokeOpacity: 1 }),
      Plot.axisY(ticks, {
        text: axis.ticks.map(accuracyTick),
        tickSize: 0,
        label: "accuracy (%)",
        labelArrow: "none",
      }),
      Plot.axisX([...labels.keys()], {
        text: (x: number) => labels.get(x) ?? "",
        tickSize: 4,
        label: steps.label ?? "time steps T",
        labelAnchor: "center",
        labelArrow: "none",
      }),
      ...levels.map(({ accuracy, style }) =>
        Plot.ruleY([axis.position(accuracy)], {
          stroke: style.colour,
          strokeWidth: 1.6,
          strokeDasharray: style.dash,
        }),
      ),
      ...curves.map(({ style, line }) =>
        Plot.line(line, {
          x: "x",
          y: "y",
          stroke: style.colour,
          strokeWidth: 2,
          strokeDasharray: style.dash,
        }),
      ),
      ...curves.map(({ style, shown }) => symbolMark(shown, style)),
      ...curves.map(({ style, below }, i) =>
        Plot.dot(below, {
          x: "x",
          frameAnchor: "bottom",
          dx: (i - (curves.length - 1) / 2) * 5,
          dy: -5,
          r: 2.8,
          symbol: "triangle",
          rotate: 180,
          fill: "none",
          stroke: style.colour,
          strokeWidth: 1.4,
        }),
      ),
      Plot.text(
        levels.filter(({ label }) => label !== undefined),
        {
          y: ({ accuracy }: AccuracyLevel) => axis.position(accuracy),
          text: "label",
          frameAnchor: "left",
          textAnchor: "start",
          lineAnchor: "bottom",
          dx: 44,
          dy: -4,
          stroke: "var(--paper)",
          strokeWidth: 4,
          fill: ({ style }: AccuracyLevel) => style.colour,
        },
      ),
    ],
  }) as Element;
}
