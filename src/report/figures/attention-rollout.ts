import { StriateError } from "../../error.ts";
import { significant } from "../numbers.ts";
import type { AttentionRollout } from "../response-data.ts";
import { colourBar } from "./colour-bar.ts";
import { type FigureOptions, figureWidth, frameFigure, isNarrow, type Panel } from "./frame.ts";
import { shadedCells } from "./shaded-cells.ts";
import { stimulusHeight, stimulusImage } from "./stimulus-image.ts";
import { svgElement } from "./svg.ts";
import { shortenText } from "./text.ts";

/** Seen over every grey, and on a screen without red or green. */
const heat = "#ff9d00";
const shades = 24;
const mostOpaque = 0.85;
/** The stimulus under the heat is darkened by as much. */
const dimmed = 0.5;

/**
 * Stimuli and, beside or under each, where the core attends: the weight of a patch as a multiple of what it would be
 * if all weighed the same, on one scale for all images.
 */
export function attentionRolloutFigure(
  rollouts: readonly AttentionRollout[],
  options: FigureOptions,
): string {
  const { document } = options;
  const narrow = isNarrow(figureWidth(options));
  const known = rollouts.flatMap((rollout) => {
    const multiples = relativeWeights(rollout);
    return multiples === undefined ? [] : [{ rollout, multiples }];
  });
  const peaks = known.map(({ multiples }) => Math.max(...multiples));
  const high = Math.max(1, ...peaks);
  const left = rollouts.length - known.length;
  return frameFigure(
    {
      label: `Attention rollout over stimuli, as multiples of even attention. ${known.map(({ rollout }, i) => `${rollout.name}: up to ${significant(peaks[i], 2)} times`).join("; ")}.`,
      key:
        known.length === 0
          ? undefined
          : (width) =>
              colourBar(
                {
                  label: "attention, as a multiple of even attention",
                  low: "0",
                  high: `${significant(high, 2)}×`,
                  colour: (fraction) => ({ fill: heat, "fill-opacity": mostOpaque * fraction }),
                  background: "#404040",
                },
                width,
                document,
              ),
      panels: known.map(
        ({ rollout, multiples }): Panel => ({
          title: shortenText(rollout.name, 165),
          draw: (width) => drawRollout(rollout, multiples, high, width, narrow, document),
        }),
      ),
      columns: Math.min(4, Math.max(2, known.length)),
      notes: left > 0 ? [`Of ${left} more, the weights are not numbers.`] : [],
    },
    options,
  );
}

/** Each weight over the mean weight; undefined where that is not a number. */
function relativeWeights({ name, weights }: AttentionRollout): number[] | undefined {
  const { height, width, values } = weights;
  if (values.length !== height * width || values.length === 0) {
    throw new StriateError(
      `The rollout of ${name} has ${values.length} weights; expected ${height} × ${width}, one for each patch`,
    );
  }
  const all = Array.from(values);
  const mean = all.reduce((sum, weight) => sum + weight, 0) / all.length;
  return Number.isFinite(mean) && mean > 0 ? all.map((weight) => weight / mean) : undefined;
}

function drawRollout(
  rollout: AttentionRollout,
  multiples: readonly number[],
  high: number,
  width: number,
  narrow: boolean,
  document: Document,
): Element {
  const space = 6;
  const side = narrow ? (width - space) / 2 : Math.min(width, 300);
  const tall = stimulusHeight(rollout.image, side);
  const second = narrow ? { x: side + space, y: 0 } : { x: 0, y: tall + space };
  const root = svgElement(document, "svg", { width, height: second.y + tall });
  root.append(
    stimulusImage(document, rollout.image, { x: 0, y: 0, width: side }),
    stimulusImage(document, rollout.image, { ...second, width: side }),
    svgElement(document, "rect", {
      ...second,
      width: side,
      height: tall,
      fill: "#000",
      "fill-opacity": dimmed,
    }),
  );
  const pixel = side / rollout.image.width;
  const corner = (rollout.patch - rollout.stride) / 2;
  const overlay = svgElement(document, "g", {
    transform: `translate(${second.x + corner * pixel},${second.y + corner * pixel}) scale(${rollout.stride * pixel})`,
    "shape-rendering": "crispEdges",
    fill: heat,
  });
  const shadeOf = (multiple: number) => Math.round((Math.max(0, multiple) / high) * shades);
  for (const [shade, d] of shadedCells(multiples, rollout.weights.width, shadeOf)) {
    overlay.append(
      svgElement(document, "path", { d, "fill-opacity": ((mostOpaque * shade) / shades).toFixed(3) }),
    );
  }
  root.append(overlay);
  return root;
}
