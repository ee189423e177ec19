import * as Plot from "@observablehq/plot";
import { count, plural } from "../numbers.ts";
import type { NeuronTrace, ScoreKind } from "../response-data.ts";
import { scoreNames, scoreSymbol, scoreText } from "../score-words.ts";
import { type FigureOptions, frameFigure, type Panel } from "./frame.ts";
import type { LegendItem } from "./legend.ts";
import { sampleEvenly } from "./sample-evenly.ts";
import { shortenMiddle, textWidth } from "./text.ts";

export interface ResponseTracesData {
  neurons: readonly NeuronTrace[];
  /** What the neurons' scores are. */
  score: ScoreKind;
  /** Of the responses. */
  unit?: string;
}

interface Point {
  rank: number;
  recorded: number;
  predicted: number;
  /** NaN where there is none. */
  error: number;
}

/** A panel as wide as a third of the page shows so many images apart. */
const mostImages = 120;

const recordedColour = "var(--ink)";
const predictedColour = "var(--signed)";

/**
 * Predicted against recorded responses of chosen neurons, a panel each: images from the one with the lowest
 * prediction to the one with the highest, so that the prediction is a rising line and the recording scatters about it.
 */
export function responseTraces(data: ResponseTracesData, options: FigureOptions): string {
  const traces = data.neurons.map((neuron) => ({ neuron, points: sortedPoints(neuron) }));
  const shown = traces.filter(({ points }) => points.length > 0);
  const repeats = shown.some(({ points }) => points.some(({ error }) => Number.isFinite(error)));
  const name = scoreNames[data.score];
  const symbol = scoreSymbol(data.score);
  const legend: LegendItem[] = [
    { label: "predicted", colour: predictedColour, line: true },
    {
      label: repeats ? "recorded, mean ± standard error of the repeats" : "recorded",
      colour: recordedColour,
      symbol: "circle",
    },
  ];
  const notes: string[] = [];
  const sampled = shown.filter(({ points }) => points.length > mostImages);
  if (sampled.length > 0) {
    const most = Math.max(...sampled.map(({ points }) => points.length));
    notes.push(`Of up to ${plural(most, "image")}, ${mostImages} are drawn, spread evenly over the order.`);
  }
  if (shown.length < traces.length) {
    notes.push(
      `${plural(traces.length - shown.length, "neuron is", "neurons are")} left out, without a response and a prediction of the same image.`,
    );
  }
  if (shown.length > 0) {
    const unit = data.unit === undefined ? "" : `, ${data.unit}`;
    const meaning = symbol === name ? "" : ` ${symbol} is the ${name}.`;
    notes.push(`Upward: the response${unit}; every neuron has its own axis.${meaning}`);
  }
  return frameFigure(
    {
      label: `Predicted and recorded responses. ${shown.map(({ neuron }) => `${neuron.name}: ${name} ${scoreText(neuron.score)}`).join("; ")}.`,
      legend: shown.length > 0 ? legend : [],
      panels: shown.map(
        ({ neuron, points }): Panel => ({
          title: shortenMiddle(neuron.name, 190),
          subtitle: `${neuron.role === undefined ? "" : `${neuron.role}: `}${symbol} = ${scoreText(neuron.score)}`,
          draw: (width) =>
            drawTrace(sampleEvenly(points, mostImages), points.length, width, options.document),
        }),
      ),
      columns: 3,
      notes,
    },
    options,
  );
}

/** The images that have both a response and a prediction, in rising order of the prediction. */
function sortedPoints({ recorded, predicted, standardError }: NeuronTrace): Point[] {
  const points: Point[] = [];
  for (let i = 0; i < Math.min(recorded.length, predicted.length); i++) {
    if (!Number.isFinite(recorded[i]) || !Number.isFinite(predicted[i])) continue;
    const error = standardError?.[i] ?? Number.NaN;
    points.push({ rank: 0, recorded: recorded[i], predicted: predicted[i], error });
  }
  points.sort((a, b) => a.predicted - b.predicted);
  points.forEach((point, i) => {
    point.rank = i + 1;
  });
  return points;
}

function drawTrace(points: Point[], images: number, width: number, document: Document): Element {
  const bars = points.filter(({ error }) => Number.isFinite(error));
  const ends = points.flatMap(({ recorded, predicted, error }) =>
    Number.isFinite(error) ? [predicted, recorded - error, recorded + error] : [predicted, recorded],
  );
  const low = Math.min(...ends);
  const high = Math.max(...ends);
  const domain = high > low ? [low, high] : [low - 1, high + 1];
  return Plot.plot({
    document,
    width,
    height: 170,
    marginLeft: 40,
    marginRight: Math.max(6, textWidth(count(images)) / 2),
    marginTop: 6,
    marginBottom: 36,
    x: { domain: images > 1 ? [1, images] : [0, 2], inset: 4 },
    y: { domain, insetTop: 4, insetBottom: 4 },
    marks: [
      Plot.gridY({ stroke: "var(--hairline)", strokeOpacity: 1, ticks: 4 }),
      Plot.axisY({ ticks: 4, tickSize: 0, label: null }),
      Plot.axisX([1, images], {
        tickFormat: count,
        tickSize: 4,
        label: "images, by prediction",
        labelAnchor: "center",
        labelArrow: "none",
        labelOffset: 30,
      }),
      Plot.ruleX(bars, {
        x: "rank",
        y1: ({ recorded, error }: Point) => recorded - error,
        y2: ({ recorded, error }: Point) => recorded + error,
        stroke: recordedColour,
        strokeOpacity: 0.35,
      }),
      Plot.dot(points, { x: "rank", y: "recorded", r: 1.7, fill: recordedColour }),
      Plot.line(points, { x: "rank", y: "predicted", stroke: predictedColour, strokeWidth: 2.2 }),
    ],
  }) as Element;
}
