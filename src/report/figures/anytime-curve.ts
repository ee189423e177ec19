import type { AnytimeReport } from "../anytime-data.ts";
import { fixed, percent } from "../numbers.ts";
import { type LineStyle, networkStyles } from "../palette.ts";
import { accuracyAxis, axisNotes, clipBelow } from "./accuracy-axis.ts";
import { type AccuracyCurve, accuracyPanel } from "./accuracy-panel.ts";
import { type FigureOptions, frameFigure } from "./frame.ts";
import { doublings, markedSteps } from "./step-ticks.ts";

const fullTime: LineStyle = { ...networkStyles.quantized, symbol: "square" };
const styles: readonly LineStyle[] = [
  networkStyles["signed-fine-tuned"],
  networkStyles.unsigned,
  networkStyles.signed,
  networkStyles["unsigned-fine-tuned"],
];

/**
 * Accuracy against mean time steps on a logarithmic axis: the same time for every image, and each rule of stopping; a
 * symbol where a rule keeps the accuracy on the calibration images.
 */
export function anytimeCurve({ fixed: full, curves }: AnytimeReport, options: FigureOptions): string {
  const points = full.accuracyBySteps.map((accuracy, t) => ({ meanSteps: t + 1, accuracy }));
  const rules = curves.map((curve, i) => ({ ...curve, style: styles[i % styles.length] }));
  const end = { meanSteps: full.steps, accuracy: full.accuracy };
  const all = [...points, ...rules.flatMap((curve) => curve.points)];
  const axis = accuracyAxis(all.map(({ accuracy }) => accuracy));
  const marked = new Set(markedSteps(points.map(({ meanSteps }) => meanSteps)));
  const place = ({ meanSteps, accuracy }: { meanSteps: number; accuracy: number }) => ({
    x: Math.log2(meanSteps),
    y: axis.position(accuracy),
  });
  const curveOf = (
    own: readonly { meanSteps: number; accuracy: number }[],
    shown: readonly { meanSteps: number; accuracy: number }[],
    style: LineStyle,
  ): AccuracyCurve => {
    const low = axis.position(axis.low);
    return {
      line: clipBelow(own.map(place), low).line,
      ...(({ shown: above, below }) => ({ shown: above, below }))(clipBelow(shown.map(place), low)),
      style,
    };
  };
  const shownPoints = points.filter(({ meanSteps }) => marked.has(meanSteps));
  const chosen = rules.flatMap((curve) => (curve.chosen === undefined ? [] : [curve.chosen]));
  const drawn = [
    curveOf(points, shownPoints, fullTime),
    ...rules.map(({ points: own, chosen: kept, style }) =>
      curveOf([...own, end], kept === undefined ? [] : [kept], style),
    ),
  ];
  const ticks = doublings(1, full.steps).map((step) => ({ x: Math.log2(step), text: String(step) }));
  return frameFigure(
    {
      label: describe({ full, rules }),
      legend: [
        { label: "the same steps for every image", line: true, ...fullTime },
        ...rules.map(({ rule, style }) => ({ label: `stopping by ${rule}`, line: true, ...style })),
      ],
      panels: [
        {
          draw: (width) =>
            accuracyPanel(
              {
                curves: drawn,
                levels: [],
                accuracy: axis,
                steps: {
                  domain: [0, Math.log2(full.steps)],
                  ticks,
                  label: "time steps, mean over the images",
                },
              },
              width,
              options.document,
            ),
        },
      ],
      notes: [
        ...axisNotes(
          axis,
          [...shownPoints, ...chosen].map(({ accuracy }) => accuracy),
          "▽ ",
        ),
        "A symbol marks the fewest steps at which a rule kept the accuracy on the calibration images.",
      ],
    },
    options,
  );
}

function describe({
  full,
  rules,
}: {
  full: AnytimeReport["fixed"];
  rules: readonly { rule: string; chosen?: { accuracy: number; meanSteps: number } | undefined }[];
}): string {
  const kept = rules.map(({ rule, chosen }) =>
    chosen === undefined
      ? `${rule}: keeps no accuracy`
      : `${rule}: ${percent(chosen.accuracy)} in ${fixed(chosen.meanSteps, 2)} steps`,
  );
  return `Accuracy against mean time steps. All ${full.steps} steps: ${percent(full.accuracy)}; ${kept.join("; ")}.`;
}
