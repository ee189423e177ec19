import type { AdaptationArm, AdaptationSetting } from "../adaptation-data.ts";
import { armName, inMethodOrder, methodStyles } from "../arm-style.ts";
import { count, plural } from "../numbers.ts";
import type { ScoreEstimate, ScoreKind } from "../response-data.ts";
import { hasInterval, isKnown, scoreNames, scoreText } from "../score-words.ts";
import { type ArmCurve, adaptationPanel } from "./adaptation-panel.ts";
import { type FigureOptions, figureWidth, frameFigure, isNarrow } from "./frame.ts";

export interface AdaptationCurveData {
  setting: Pick<AdaptationSetting, "arms" | "ceiling" | "allImages">;
  score: ScoreKind;
  /** Over the panel, such as the setting's name. */
  title?: string;
  /** What the ceiling is. Default "ceiling". */
  ceilingName?: string;
}

/**
 * Score against the number of images adapted with, on a logarithmic axis, a line an arm with its intervals, and the
 * ceiling as a level. Where the figure is wide enough the lines' names stand at their ends, else in a legend.
 */
export function adaptationCurve(data: AdaptationCurveData, options: FigureOptions): string {
  const { arms, ceiling, allImages } = data.setting;
  const narrow = isNarrow(figureWidth(options));
  const name = scoreNames[data.score];
  const curves = inMethodOrder(arms)
    .map(
      (arm): ArmCurve => ({
        name: armName(arm),
        style: methodStyles[arm.method],
        points: knownPoints(arm, data.score),
      }),
    )
    .filter(({ points }) => points.length > 0);
  const images = curves.flatMap(({ points }) => points.map((point) => point.images));
  const left = arms.length - curves.length;
  const notes: string[] = [];
  if (left > 0) notes.push(`${plural(left, "arm is", "arms are")} left out, without a ${name}.`);
  const known = isKnown(ceiling) ? ceiling.value : undefined;
  const level = known === undefined ? undefined : { value: known, name: data.ceilingName ?? "ceiling" };
  return frameFigure(
    {
      label: `${data.title === undefined ? "" : `${data.title}: `}${name} against the number of images adapted with. ${curves.map(describe).join("; ")}.`,
      legend: narrow ? curves.map(({ name: label, style }) => ({ label, line: true, ...style })) : [],
      panels:
        curves.length === 0
          ? []
          : [
              {
                title: data.title,
                draw: (width) =>
                  adaptationPanel(
                    {
                      curves,
                      level,
                      scoreName: name,
                      ticks: imageTicks(images, allImages),
                      direct: !narrow,
                    },
                    width,
                    options.document,
                  ),
              },
            ],
      notes,
    },
    options,
  );
}

function knownPoints(arm: AdaptationArm, score: ScoreKind) {
  return arm.points
    .flatMap(({ images, metrics }) => {
      const own: ScoreEstimate | undefined = metrics[score];
      if (!isKnown(own) || !(images > 0)) return [];
      const interval = hasInterval(own) ? own : { low: Number.NaN, high: Number.NaN };
      return [{ images, value: own.value, low: interval.low, high: interval.high }];
    })
    .sort((a, b) => a.images - b.images);
}

function imageTicks(images: readonly number[], all: number | undefined): { images: number; text: string }[] {
  return [...new Set(images)]
    .sort((a, b) => a - b)
    .map((number) => ({
      images: number,
      text: number === all ? `all ${count(number)}` : count(number),
    }));
}

function describe({ name, points }: ArmCurve): string {
  const last = points[points.length - 1];
  return `${name}: ${scoreText(last.value)} with ${plural(last.images, "image")}`;
}
