import * as Plot from "@observablehq/plot";
import { fixed, percent } from "../numbers.ts";
import { type AccuracyAxis, accuracyAxis, accuracyTick, axisNotes, clipBelow } from "./accuracy-axis.ts";
import { type FigureOptions, frameFigure, type Panel } from "./frame.ts";
import type { LegendItem } from "./legend.ts";
import { decadeTicks, drawPhases, type PlacedPhase } from "./phase-panel.ts";

export interface TrainingPoint {
  /** Epochs or steps done since the phase began. */
  position: number;
  /** Mean loss over the training images since the point before. */
  loss?: number;
  /** Accuracy on the training images, 0 to 1. */
  accuracy?: number;
  heldOutLoss?: number;
  /** Accuracy on images that were not trained on, 0 to 1. */
  heldOutAccuracy?: number;
  /** Mean over neurons of the correlation of predicted and recorded responses, on images that were not trained on. */
  heldOutCorrelation?: number;
}

/** One stretch of training, such as full precision or 4-bit activations. */
export interface TrainingPhase {
  name: string;
  points: TrainingPoint[];
}

export interface TrainingHistory {
  unit: "epoch" | "step";
  /** What the held-out curves were measured on. */
  heldOut: "test images" | "validation images";
  phases: TrainingPhase[];
}

type Quantity = "loss" | "accuracy" | "heldOutLoss" | "heldOutAccuracy" | "heldOutCorrelation";

interface CurvePhase extends PlacedPhase {
  points: TrainingPoint[];
}

const trained = { colour: "var(--muted)", dash: "4 3" };
const heldOut = { colour: "var(--ink)", dash: undefined };

/** Loss, and accuracy or correlation, over the whole training, phases end to end on shaded bands. */
export function trainingCurve(history: TrainingHistory, options: FigureOptions): string {
  let start = 0;
  const phases = history.phases.map(({ name, points }): CurvePhase => {
    const end = start + Math.max(0, ...points.map(({ position }) => position).filter(Number.isFinite));
    const placed = { name, start, end, points };
    start = end;
    return placed;
  });
  const has = (quantity: Quantity) =>
    history.phases.some(({ points }) =>
      points.some((point) => Number.isFinite(point[quantity] ?? Number.NaN)),
    );
  const legend: LegendItem[] = [];
  if (has("loss") || has("accuracy")) legend.push({ label: "training images", line: true, ...trained });
  if (has("heldOutLoss") || has("heldOutAccuracy") || has("heldOutCorrelation")) {
    legend.push({ label: history.heldOut, line: true, symbol: "circle", ...heldOut });
  }
  const notes: string[] = [];
  const panels: Panel[] = [];
  if (has("loss") || has("heldOutLoss")) {
    panels.push({ title: "Loss", draw: (width) => drawLoss(phases, history.unit, width, options.document) });
  }
  if (has("accuracy") || has("heldOutAccuracy")) {
    const accuracies = phases
      .flatMap((phase) => [...line(phase, "accuracy"), ...line(phase, "heldOutAccuracy")])
      .map(({ y }) => y);
    const axis = accuracyAxis(accuracies);
    notes.push(...axisNotes(axis, accuracies));
    panels.push({
      title: "Accuracy (%)",
      draw: (width) => drawAccuracy(phases, history.unit, axis, width, options.document),
    });
  }
  if (has("heldOutCorrelation")) {
    panels.push({
      title: "Correlation",
      draw: (width) => drawCorrelation(phases, history.unit, width, options.document),
    });
  }
  const shown = has("heldOutCorrelation") ? "correlation" : "accuracy";
  const ends = phases.flatMap(({ name, points }) => {
    const accuracy = points.findLast((point) => point.heldOutAccuracy !== undefined)?.heldOutAccuracy;
    const correlation = points.findLast(
      (point) => point.heldOutCorrelation !== undefined,
    )?.heldOutCorrelation;
    const last = accuracy === undefined ? fixed(correlation, 3) : percent(accuracy);
    return accuracy === undefined && correlation === undefined ? [] : [`${name} ends at ${last}`];
  });
  return frameFigure(
    { label: `Loss and ${shown} during training. ${ends.join("; ")}.`, legend, panels, columns: 2, notes },
    options,
  );
}

function line(phase: CurvePhase, quantity: Quantity) {
  return phase.points
    .filter((point) => Number.isFinite(point[quantity] ?? Number.NaN))
    .map((point) => ({ x: phase.start + point.position, y: point[quantity]! }));
}

function drawLoss(phases: CurvePhase[], unit: string, width: number, document: Document): Element {
  const losses = phases.flatMap((phase) => [...line(phase, "loss"), ...line(phase, "heldOutLoss")]);
  const values = losses.map(({ y }) => y);
  const log = values.every((value) => value > 0);
  const domain = log
    ? [Math.min(...values) / 1.15, Math.max(...values) * 1.15]
    : [Math.min(0, ...values), Math.max(...values) || 1];
  const marks = phases.flatMap((phase) => [
    Plot.line(line(phase, "loss"), { x: "x", y: "y", stroke: trained.colour, strokeDasharray: trained.dash }),
    Plot.line(line(phase, "heldOutLoss"), { x: "x", y: "y", stroke: heldOut.colour, strokeWidth: 2 }),
    Plot.dot(line(phase, "loss").length === 1 ? line(phase, "loss") : [], {
      x: "x",
      y: "y",
      r: 2.5,
      fill: trained.colour,
    }),
    Plot.dot(line(phase, "heldOutLoss"), { x: "x", y: "y", r: 2.5, fill: heldOut.colour }),
  ]);
  const y = { type: log ? ("log" as const) : ("linear" as const), domain };
  const ticks = log ? decadeTicks(domain[0], domain[1]) : undefined;
  return drawPhases(phases, unit, y, { ticks, format: lossTick }, marks, width, document);
}

function drawCorrelation(phases: CurvePhase[], unit: string, width: number, document: Document): Element {
  const values = phases.flatMap((phase) => line(phase, "heldOutCorrelation")).map(({ y }) => y);
  const y = { type: "linear" as const, domain: [Math.min(0, ...values), Math.max(0.05, ...values) * 1.05] };
  const marks = phases.flatMap((phase) => [
    Plot.line(line(phase, "heldOutCorrelation"), { x: "x", y: "y", stroke: heldOut.colour, strokeWidth: 2 }),
    Plot.dot(line(phase, "heldOutCorrelation"), { x: "x", y: "y", r: 2.5, fill: heldOut.colour }),
  ]);
  return drawPhases(phases, unit, y, { format: lossTick }, marks, width, document);
}

function lossTick(loss: number): string {
  return String(Number(loss.toPrecision(3)));
}

function drawAccuracy(
  phases: CurvePhase[],
  unit: string,
  axis: AccuracyAxis,
  width: number,
  document: Document,
): Element {
  const height = (points: { x: number; y: number }[]) =>
    clipBelow(
      points.map(({ x, y }) => ({ x, y: axis.position(y) })),
      axis.position(axis.low),
    );
  const marks = phases.flatMap((phase) => {
    const own = height(line(phase, "heldOutAccuracy"));
    const train = height(line(phase, "accuracy"));
    return [
      Plot.line(train.line, { x: "x", y: "y", stroke: trained.colour, strokeDasharray: trained.dash }),
      Plot.line(own.line, { x: "x", y: "y", stroke: heldOut.colour, strokeWidth: 2 }),
      Plot.dot(train.shown.length === 1 ? train.shown : [], { x: "x", y: "y", r: 2.5, fill: trained.colour }),
      Plot.dot(own.shown, { x: "x", y: "y", r: 2.5, fill: heldOut.colour }),
    ];
  });
  const y = { type: "linear" as const, domain: [axis.position(axis.low), axis.position(axis.high)] };
  const labels = new Map(axis.ticks.map((tick) => [axis.position(tick), accuracyTick(tick)]));
  const labelled = { ticks: [...labels.keys()], format: (height: number) => labels.get(height) ?? "" };
  return drawPhases(phases, unit, y, labelled, marks, width, document);
}
