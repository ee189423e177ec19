import * as Plot from "@observablehq/plot";
import type { AdaptationMethod } from "../adaptation-data.ts";
import { armName, methodStyles } from "../arm-style.ts";
import { count, plural } from "../numbers.ts";
import type { ScoreEstimate, ScoreKind } from "../response-data.ts";
import { estimateText, hasInterval, isKnown, scoreNames, scoreText } from "../score-words.ts";
import { armRows, rowMiddle } from "./arm-rows.ts";
import { type FigureOptions, figureWidth, frameFigure, isNarrow } from "./frame.ts";
import { symbolMark } from "./legend.ts";
import { textWidth } from "./text.ts";

/** One arm after training on one number of images. */
export interface ArmScore {
  readonly method: AdaptationMethod;
  readonly name?: string;
  readonly trainableParameters: number;
  readonly estimate: ScoreEstimate;
}

export interface AdaptationArmsData {
  arms: readonly ArmScore[];
  score: ScoreKind;
  /** Over the scores, such as the setting's name and the number of images. */
  title?: string;
  ceiling?: ScoreEstimate;
  /** What the ceiling is. Default "ceiling". */
  ceilingName?: string;
}

/** Arms from the best to the worst: the score with its interval, and what it took in trained values. */
export function adaptationArms(data: AdaptationArmsData, options: FigureOptions): string {
  const { document } = options;
  const name = scoreNames[data.score];
  const arms = data.arms
    .filter(({ estimate }) => isKnown(estimate))
    .sort((a, b) => b.estimate.value - a.estimate.value);
  const ceiling = isKnown(data.ceiling) ? data.ceiling.value : undefined;
  const ceilingName = data.ceilingName ?? "ceiling";
  const left = data.arms.length - arms.length;
  const named = isNarrow(figureWidth(options));
  return frameFigure(
    {
      label: `${data.title === undefined ? "" : `${data.title}: `}${name} and trained parameters by arm, best first. ${arms.map((arm) => `${armName(arm)}: ${estimateText(arm.estimate)} with ${plural(arm.trainableParameters, "parameter")}`).join("; ")}.`,
      legend:
        ceiling === undefined || arms.length === 0
          ? []
          : [
              {
                label: `${ceilingName} ${scoreText(ceiling)}`,
                colour: "var(--muted)",
                line: true,
                dash: "7 4",
              },
            ],
      panels:
        arms.length === 0
          ? []
          : [
              {
                title: data.title ?? "Score",
                subtitle: name,
                draw: (width) => drawScores(arms, ceiling, name, width, document),
              },
              {
                title: "Trained parameters",
                subtitle: "on a logarithmic axis",
                draw: (width) => drawParameters(arms, named, width, document),
              },
            ],
      columns: 2,
      notes: left > 0 ? [`${plural(left, "arm is", "arms are")} left out, without a ${name}.`] : [],
    },
    options,
  );
}

function drawScores(
  arms: ArmScore[],
  ceiling: number | undefined,
  label: string,
  width: number,
  document: Document,
): Element {
  const ends = arms.flatMap(({ estimate }) =>
    hasInterval(estimate) ? [estimate.value, estimate.low, estimate.high] : [estimate.value],
  );
  if (ceiling !== undefined) ends.push(ceiling);
  const domain = [Math.min(0, ...ends), Math.max(0.05, ...ends)];
  const marks = [
    Plot.gridX({ stroke: "var(--hairline)", strokeOpacity: 1, ticks: 4 }),
    Plot.axisX({ ticks: 4, tickSize: 0, label, labelAnchor: "center", labelArrow: "none" }),
    Plot.ruleX([0], { stroke: "var(--muted)" }),
    Plot.ruleX(ceiling === undefined ? [] : [ceiling], {
      stroke: "var(--muted)",
      strokeWidth: 1.4,
      strokeDasharray: "7 4",
    }),
    ...arms.flatMap((arm, i) => {
      const style = methodStyles[arm.method];
      const { estimate } = arm;
      return [
        Plot.ruleY(hasInterval(estimate) ? [estimate] : [], {
          y: rowMiddle(i),
          x1: "low",
          x2: "high",
          stroke: style.colour,
          strokeWidth: 2,
        }),
        symbolMark([{ x: estimate.value, y: rowMiddle(i) }], style),
      ];
    }),
  ];
  return armRows(
    arms.map(armName),
    { marginRight: 14, x: { domain, insetRight: 6 }, named: true },
    marks,
    width,
    document,
  );
}

function drawParameters(arms: ArmScore[], named: boolean, width: number, document: Document): Element {
  const position = ({ trainableParameters }: ArmScore) =>
    Number.isFinite(trainableParameters) ? Math.max(1, trainableParameters) : 1;
  const trained = arms.map(position);
  const low = 10 ** Math.floor(Math.log10(Math.min(...trained)));
  const high = Math.max(low * 10, ...trained);
  const marginRight = Math.max(...arms.map((arm) => textWidth(count(arm.trainableParameters)))) + 14;
  const decades = Array.from({ length: Math.floor(Math.log10(high / low)) + 1 }, (_, i) => low * 10 ** i);
  const marks = [
    Plot.gridX(decades, { stroke: "var(--hairline)", strokeOpacity: 1 }),
    Plot.axisX(decades, {
      tickSize: 0,
      tickFormat: powerOfTen,
      label: "trained parameters",
      labelAnchor: "center",
      labelArrow: "none",
    }),
    ...arms.flatMap((arm, i) => {
      const point = { x: position(arm), y: rowMiddle(i) };
      return [
        symbolMark([point], methodStyles[arm.method]),
        Plot.text([point], {
          x: "x",
          y: "y",
          text: () => count(arm.trainableParameters),
          textAnchor: "start",
          dx: 9,
          fontVariant: "tabular-nums",
        }),
      ];
    }),
  ];
  const x = { type: "log" as const, domain: [low, high] };
  return armRows(arms.map(armName), { marginRight, x, named }, marks, width, document);
}

/** 1000 → "1k", 1000000 → "1M". */
function powerOfTen(value: number): string {
  if (value >= 1e9) return `${value / 1e9}G`;
  if (value >= 1e6) return `${value / 1e6}M`;
  return value >= 1e3 ? `${value / 1e3}k` : String(value);
}
