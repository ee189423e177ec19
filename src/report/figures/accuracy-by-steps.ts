import * as Plot from "@observablehq/plot";
import { percent, plural } from "../numbers.ts";
import { type NetworkKind, networkStyles, spikingKind } from "../palette.ts";
import {
  type AccuracyAxis,
  accuracyAxis,
  accuracyTick,
  axisNotes,
  type ClippedLine,
  clipBelow,
} from "./accuracy-axis.ts";
import { type FigureOptions, frameFigure, type Panel } from "./frame.ts";
import { networkLegend, symbolMark } from "./legend.ts";
import { stepTicks } from "./step-ticks.ts";

/** Accuracy of one spiking network, read out after each number of steps. */
export interface AccuracySeries {
  bits: number;
  neurons: "unsigned" | "signed";
  fineTuned: boolean;
  /** In order of steps; accuracy 0 to 1. */
  points: { steps: number; accuracy: number }[];
}

export interface AccuracyByStepsData {
  series: AccuracySeries[];
  /** Accuracy of the float network, 0 to 1. */
  float?: number;
  /** Accuracy of the quantised network that each spiking one was converted from, 0 to 1. */
  quantized: { bits: number; accuracy: number }[];
}

interface Curve extends ClippedLine {
  kind: NetworkKind;
  bits: number;
}

/** Accuracy against time steps, one panel for each number of bits, all with the same accuracy axis. */
export function accuracyBySteps(data: AccuracyByStepsData, options: FigureOptions): string {
  const measured = data.series.flatMap(({ points }) => points.map(({ accuracy }) => accuracy));
  const references = data.quantized.map(({ accuracy }) => accuracy);
  if (data.float !== undefined) references.push(data.float);
  const axis = accuracyAxis([...measured, ...references]);

  const curves: Curve[] = data.series.map(({ bits, neurons, fineTuned, points }) => ({
    bits,
    kind: spikingKind(neurons, fineTuned),
    ...clipBelow(
      points.map(({ steps, accuracy }) => ({ x: steps, y: axis.position(accuracy) })),
      axis.position(axis.low),
    ),
  }));
  const bitWidths = [...new Set((curves.length > 0 ? curves : data.quantized).map(({ bits }) => bits))].sort(
    (a, b) => a - b,
  );
  const kinds: NetworkKind[] = curves.map(({ kind }) => kind);
  if (data.float !== undefined) kinds.push("float");
  if (data.quantized.length > 0) kinds.push("quantized");

  const panels = bitWidths.map((bits): Panel => {
    const quantized = data.quantized.find((network) => network.bits === bits)?.accuracy;
    return {
      title: plural(bits, "bit"),
      subtitle: quantized === undefined ? undefined : `quantised network ${percent(quantized)}`,
      draw: (width) =>
        drawPanel(
          curves.filter((curve) => curve.bits === bits),
          { float: data.float, quantized },
          axis,
          width,
          options.document,
        ),
    };
  });
  return frameFigure(
    {
      label: describe(data),
      legend: networkLegend(kinds, true),
      panels,
      columns: 3,
      notes: axisNotes(axis, measured, "▽ "),
    },
    options,
  );
}

function describe(data: AccuracyByStepsData): string {
  const ends = data.series.flatMap(({ bits, neurons, fineTuned, points }) => {
    const last = points.at(-1);
    const name = networkStyles[spikingKind(neurons, fineTuned)].name;
    return last === undefined
      ? []
      : [`${bits} bit ${name}: ${percent(last.accuracy)} after ${plural(last.steps, "step")}`];
  });
  return `Accuracy against time steps. ${ends.join("; ")}.`;
}

function drawPanel(
  curves: Curve[],
  levels: { float?: number; quantized?: number },
  axis: AccuracyAxis,
  width: number,
  document: Document,
): Element {
  const steps = curves.flatMap((curve) => [...curve.shown, ...curve.below].map(({ x }) => x));
  const first = steps.length > 0 ? Math.min(...steps) : 1;
  const last = steps.length > 0 ? Math.max(...steps) : 1;
  const rules = (["float", "quantized"] as const).filter((kind) =>
    Number.isFinite(levels[kind] ?? Number.NaN),
  );
  const ticks = axis.ticks.map(axis.position);
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
      Plot.axisX({
        ticks: stepTicks(first, last),
        tickFormat: (step: number) => String(step),
        tickSize: 4,
        label: "time steps T",
        labelAnchor: "center",
        labelArrow: "none",
      }),
      ...rules.map((kind) =>
        Plot.ruleY([axis.position(levels[kind]!)], {
          stroke: networkStyles[kind].colour,
          strokeWidth: 1.6,
          strokeDasharray: networkStyles[kind].dash,
        }),
      ),
      ...curves.map(({ kind, line }) =>
        Plot.line(line, {
          x: "x",
          y: "y",
          stroke: networkStyles[kind].colour,
          strokeWidth: 2,
          strokeDasharray: networkStyles[kind].dash,
        }),
      ),
      ...curves.map(({ kind, shown }) => symbolMark(shown, networkStyles[kind])),
      ...curves.map(({ kind, below }, i) =>
        Plot.dot(below, {
          x: "x",
          frameAnchor: "bottom",
          dx: (i - (curves.length - 1) / 2) * 5,
          dy: -5,
          r: 2.8,
          symbol: "triangle",
          rotate: 180,
          fill: "none",
          stroke: networkStyles[kind].colour,
          strokeWidth: 1.4,
        }),
      ),
    ],
  }) as Element;
}
