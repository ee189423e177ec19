import type { ConversionVariant } from "../conversion-data.ts";
import { percent, plural } from "../numbers.ts";
import { networkStyles } from "../palette.ts";
import { variantStyles } from "../variant-style.ts";
import { accuracyAxis, axisNotes, clipBelow } from "./accuracy-axis.ts";
import { type AccuracyCurve, accuracyPanel } from "./accuracy-panel.ts";
import { type FigureOptions, frameFigure } from "./frame.ts";
import { variantLegend } from "./legend.ts";
import { doublings, markedSteps } from "./step-ticks.ts";

export interface ConversionAccuracyData {
  /** The last is the network that was saved. */
  variants: readonly Pick<ConversionVariant, "name" | "accuracyBySteps">[];
  /** Accuracy of the network before conversion, 0 to 1. */
  ann: number;
}

/** Accuracy against time steps on a logarithmic axis, one line a variant, the ANN's accuracy as a level. */
export function conversionAccuracy(
  { variants, ann }: ConversionAccuracyData,
  options: FigureOptions,
): string {
  const points = variants.flatMap(({ accuracyBySteps }) => accuracyBySteps);
  const axis = accuracyAxis([ann, ...points.map(({ accuracy }) => accuracy)]);
  const steps = points.map((point) => point.steps);
  const marked = new Set(markedSteps(steps));
  const styles = variantStyles(variants.length);
  const curves = variants.map(({ accuracyBySteps }, i): AccuracyCurve => {
    const { line, shown, below } = clipBelow(
      accuracyBySteps.map((point) => ({ x: Math.log2(point.steps), y: axis.position(point.accuracy) })),
      axis.position(axis.low),
    );
    const isMarked = ({ x }: { x: number }) => marked.has(Math.round(2 ** x));
    return { line, shown: shown.filter(isMarked), below: below.filter(isMarked), style: styles[i] };
  });
  const [first, last] = steps.length > 0 ? [Math.min(...steps), Math.max(...steps)] : [1, 1];
  const markedAccuracies = points.flatMap((point) => (marked.has(point.steps) ? [point.accuracy] : []));
  const ticks = doublings(first, last).map((step) => ({ x: Math.log2(step), text: String(step) }));
  const panel = {
    curves,
    levels: [{ accuracy: ann, style: networkStyles.float, label: `ANN ${percent(ann)}` }],
    accuracy: axis,
    steps: { domain: [Math.log2(first), Math.log2(last)] as [number, number], ticks },
  };
  return frameFigure(
    {
      label: describe({ variants, ann }),
      legend: variantLegend(variants, styles),
      panels: [{ draw: (width) => accuracyPanel(panel, width, options.document) }],
      notes: axisNotes(axis, markedAccuracies, "▽ "),
    },
    options,
  );
}

function describe({ variants, ann }: ConversionAccuracyData): string {
  const ends = variants.flatMap(({ name, accuracyBySteps }) => {
    const last = accuracyBySteps.at(-1);
    return last === undefined
      ? []
      : [`${name}: ${percent(last.accuracy)} after ${plural(last.steps, "step")}`];
  });
  return `Accuracy against time steps. ${[...ends, `ANN: ${percent(ann)}`].join("; ")}.`;
}
