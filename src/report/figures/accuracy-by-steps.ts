import * as Plot from "@observablehq/plot";
import { percentage, plural } from "../numbers.ts";
import { type NetworkKind, networkStyles, spikingKind } from "../palette.ts";
import { accuracyRange, type ClippedLine, clipBelow } from "./accuracy-axis.ts";
import { type FigureOptions, frameFigure, type Panel } from "./frame.ts";
import { networkLegend, symbolMark } from "./legend.ts";

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
  const finals = data.series.flatMap(({ points }) => points.slice(-1).map(({ accuracy }) => accuracy));
  const references = data.quantized.map(({ accuracy }) => accuracy);
  if (data.float !== undefined) references.push(data.float);
  const all = data.series.flatMap(({ points }) => points.map(({ accuracy }) => accuracy));
  const [low, high] = accuracyRange([...finals, ...references], [...all, ...references]);

  const curves: Curve[] = data.series.map(({ bits, neurons, fineTuned, points }) => ({
    bits,
    kind: spikingKind(neurons, fineTuned),
    ...clipBelow(
      points.map(({ steps, accuracy }) => ({ x: steps, y: accuracy })),
      low,
    ),
  }));
  const widths = [...new Set([...curves, ...data.quantized].map(({ bits }) => bits))].sort((a, b) => a - b);
  const below = curves.flatMap((curve) => curve.below.map(({ y }) => y));
  const kinds: NetworkKind[] = curves.map(({ kind }) => kind);
  if (data.float !== undefined) kinds.push("float");
  if (data.quantized.length > 0) kinds.push("quantized");

  const panels = widths.map((bits): Panel => {
    const own = curves.filter((curve) => curve.bits === bits);
    const quantized = data.quantized.find((network) => network.bits === bits)?.accuracy;
    return {
      title: plural(bits, "bit"),
      subtitle: quantized === undefined ? undefined : `quantised network ${percentage(quantized)} %`,
      draw: (width) =>
        drawPanel(own, { low, high, float: data.float, quantized }, width, options.document) as Element,
    };
  });
  const lowest = below.length === 0 ? Number.NaN : Math.min(...below);
  return frameFigure(
    {
      label: describe(data),
      legend: networkLegend(kinds, true),
      panels,
      columns: 3,
      notes:
        below.length === 0
          ? []
          : [
              `▽ ${plural(below.length, "point")} below the axis, which starts at ${percentage(low, 1)} % (lowest ${percentage(lowest)} %).`,
            ],
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
      : [`${bits} bit ${name}: ${percentage(last.accuracy)} % after ${plural(last.steps, "step")}`];
  });
  return `Accuracy against time steps. ${ends.join("; ")}.`;
}

interface Levels {
  low: number;
  high: number;
  float?: number;
  quantized?: number;
}

function drawPanel(curves: Curve[], levels: Levels, width: number, document: Document) {
  const { low, high } = levels;
  const steps = curves.flatMap((curve) => [...curve.shown, ...curve.below].map(({ x }) => x));
  const first = steps.length > 0 ? Math.min(...steps) : 1;
  const last = steps.length > 0 ? Math.max(...steps) : 1;
  const rules = (["float", "quantized"] as const).filter((kind) =>
    Number.isFinite(levels[kind] ?? Number.NaN),
  );
  return Plot.plot({
    document,
    width,
    height: 250,
    marginLeft: 46,
    marginRight: 14,
    marginTop: 24,
    marginBottom: 38,
    x: { domain: first === last ? [first - 1, last + 1] : [first, last], inset: 8 },
    y: { domain: [low * 100, high * 100], insetBottom: 12 },
    marks: [
      Plot.gridY({ stroke: "var(--hairline)", strokeOpacity: 1, ticks: 5 }),
      Plot.axisY({ ticks: 5, tickSize: 0, label: "accuracy (%)", labelArrow: "none" }),
      Plot.axisX({
        ticks: stepTicks(first, last),
        tickFormat: (step: number) => String(step),
        tickSize: 4,
        label: "time steps T",
        labelAnchor: "center",
        labelArrow: "none",
      }),
      ...rules.map((kind) =>
        Plot.ruleY([levels[kind]! * 100], {
          stroke: networkStyles[kind].colour,
          strokeWidth: 1.6,
          strokeDasharray: networkStyles[kind].dash,
        }),
      ),
      ...curves.map(({ kind, line }) =>
        Plot.line(line, {
          x: "x",
          y: ({ y }) => y * 100,
          stroke: networkStyles[kind].colour,
          strokeWidth: 2,
          strokeDasharray: networkStyles[kind].dash,
        }),
      ),
      ...curves.map(({ kind, shown }) =>
        symbolMark(shown, networkStyles[kind], { x: "x", y: (point: { y: number }) => point.y * 100 }),
      ),
      ...curves.map(({ kind, below }, i) =>
        Plot.dot(below, {
          x: "x",
          frameAnchor: "bottom",
          dx: (i - (curves.length - 1) / 2) * 7,
          dy: -5,
          r: 3.2,
          symbol: "triangle",
          rotate: 180,
          fill: "none",
          stroke: networkStyles[kind].colour,
          strokeWidth: 1.4,
        }),
      ),
    ],
  });
}

/** Every step where there are few, else round numbers; always integers. */
export function stepTicks(first: number, last: number, most = 8): number[] {
  const span = last - first;
  const stride = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000].find((size) => span / size <= most) ?? span;
  const ticks = [];
  for (let step = first; step <= last; step++) if (stride === 1 || step % stride === 0) ticks.push(step);
  return ticks.includes(first) || stride > 1 ? ticks : [first, ...ticks];
}
