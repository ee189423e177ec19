import { percent, plural } from "../numbers.ts";
import { type NetworkKind, networkStyles, spikingKind } from "../palette.ts";
import { type AccuracyAxis, accuracyAxis, axisNotes, clipBelow } from "./accuracy-axis.ts";
import { type AccuracyCurve, accuracyPanel } from "./accuracy-panel.ts";
import { type FigureOptions, frameFigure, type Panel } from "./frame.ts";
import { networkLegend } from "./legend.ts";
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

interface Curve extends AccuracyCurve {
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
    style: networkStyles[spikingKind(neurons, fineTuned)],
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
  values: { float?: number; quantized?: number },
  accuracy: AccuracyAxis,
  width: number,
  document: Document,
): Element {
  const steps = curves.flatMap((curve) => [...curve.shown, ...curve.below].map(({ x }) => x));
  const first = steps.length > 0 ? Math.min(...steps) : 1;
  const last = steps.length > 0 ? Math.max(...steps) : 1;
  const levels = (["float", "quantized"] as const).map((kind) => ({
    accuracy: values[kind] ?? Number.NaN,
    style: networkStyles[kind],
  }));
  const ticks = stepTicks(first, last).map((step) => ({ x: step, text: String(step) }));
  return accuracyPanel(
    { curves, levels, accuracy, steps: { domain: [first, last], ticks } },
    width,
    document,
  );
}
