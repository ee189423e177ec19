import * as Plot from "@observablehq/plot";
import type { LineStyle } from "../palette.ts";
import { symbolMark } from "./legend.ts";
import { spreadLabels } from "./spread-labels.ts";
import { svgElement } from "./svg.ts";
import { shortenText, textWidth } from "./text.ts";

interface ArmPoint {
  images: number;
  value: number;
  /** NaN where there is no interval. */
  low: number;
  high: number;
}

/** The scores of one arm, in rising order of images, at least one. */
export interface ArmCurve {
  name: string;
  style: LineStyle;
  points: ArmPoint[];
}

export interface AdaptationPanel {
  curves: readonly ArmCurve[];
  /** A line across, such as the ceiling. */
  level?: { value: number; name: string };
  scoreName: string;
  ticks: readonly { images: number; text: string }[];
  /** Names at the ends of the lines. */
  direct: boolean;
}

const height = 340;
const marginLeft = 58;
const marginTop = 14;
const marginBottom = 40;
const inset = 12;
const labelHeight = 16;
/** Between arms at one number of images, so that their intervals can be told apart. */
const dodge = 4;

/** Draws scores over the logarithm of the number of images. */
export function adaptationPanel(panel: AdaptationPanel, width: number, document: Document): Element {
  const { curves, level, ticks } = panel;
  const marginRight = panel.direct
    ? Math.min(210, Math.max(...curves.map(({ name }) => textWidth(name))) + 40)
    : 14;
  const ends = curves.flatMap(({ points }) =>
    points.flatMap(({ value, low, high }) => [value, low, high].filter(Number.isFinite)),
  );
  if (level !== undefined) ends.push(level.value);
  const low = Math.min(...ends);
  const high = Math.max(...ends);
  const padding = Math.max((high - low) * 0.04, 0.005);
  const domain: [number, number] = [low - padding, high + padding];
  const positions = ticks.map(({ images }) => Math.log2(images));
  const [first, last] = [positions[0], positions[positions.length - 1]];
  const spread = (dodge * (curves.length - 1)) / 2;
  const shift = (i: number) => i * dodge - spread;
  const perOctave = (width - marginLeft - marginRight - 2 * (inset + spread)) / Math.max(last - first, 1e-9);
  const texts = new Map(readable(ticks, perOctave).map(({ images, text }) => [Math.log2(images), text]));
  const plot = Plot.plot({
    document,
    width,
    height,
    marginLeft,
    marginRight,
    marginTop,
    marginBottom,
    x: { domain: first === last ? [first - 1, last + 1] : [first, last], inset: inset + spread },
    y: { domain },
    marks: [
      Plot.gridY({ stroke: "var(--hairline)", strokeOpacity: 1, ticks: 6 }),
      Plot.axisY({
        ticks: 6,
        tickSize: 0,
        label: panel.scoreName,
        labelAnchor: "center",
        labelArrow: "none",
      }),
      Plot.axisX(positions, {
        text: (x: number) => texts.get(x) ?? "",
        tickSize: 4,
        label: "images adapted with",
        labelAnchor: "center",
        labelArrow: "none",
      }),
      ...(level === undefined ? [] : levelMarks(level)),
      ...curves.flatMap(({ style, points }, i) => {
        const at = { x: ({ images }: ArmPoint) => Math.log2(images), dx: shift(i) };
        const stroke = { stroke: style.colour, strokeWidth: 2 };
        return [
          Plot.ruleX(
            points.filter((point) => Number.isFinite(point.low) && Number.isFinite(point.high)),
            { ...at, y1: "low", y2: "high", ...stroke, strokeWidth: 1.4, strokeOpacity: 0.7 },
          ),
          Plot.line(points, { ...at, y: "value", ...stroke, strokeDasharray: style.dash }),
        ];
      }),
      ...curves.map(({ style, points }, i) =>
        symbolMark(points, style, {
          x: ({ images }: ArmPoint) => Math.log2(images),
          y: "value",
          dx: shift(i),
        }),
      ),
    ],
  }) as Element & Plot.Plot;
  if (panel.direct) {
    plot.append(directLabels(plot, curves, { left: width - marginRight + 36, width }, shift, document));
  }
  return plot;
}

/** The ticks whose labels do not run into the next one's; the last, which has all images, always. */
function readable(
  ticks: AdaptationPanel["ticks"],
  pixelsPerOctave: number,
): { images: number; text: string }[] {
  let end = Number.POSITIVE_INFINITY;
  return ticks.toReversed().filter(({ images, text }) => {
    const x = Math.log2(images) * pixelsPerOctave;
    if (x + textWidth(text) / 2 > end) return false;
    end = x - textWidth(text) / 2;
    return true;
  });
}

function levelMarks({ value, name }: { value: number; name: string }): Plot.Markish[] {
  const colour = "var(--muted)";
  return [
    Plot.ruleY([value], { stroke: colour, strokeWidth: 1.4, strokeDasharray: "7 4" }),
    Plot.text([name], {
      y: value,
      frameAnchor: "left",
      textAnchor: "start",
      lineAnchor: "top",
      dx: 4,
      dy: 5,
      stroke: "var(--paper)",
      strokeWidth: 4,
      fill: colour,
    }),
  ];
}

/**
 * The lines' names in the right margin, each at the height of its line's last point or as near as there is room, and
 * a thin line from the one to the other.
 */
function directLabels(
  plot: Element & Plot.Plot,
  curves: readonly ArmCurve[],
  { left, width }: { left: number; width: number },
  shift: (i: number) => number,
  document: Document,
): Element {
  const [x, y] = [plot.scale("x")!, plot.scale("y")!];
  const ends = curves.map(({ points }, i) => {
    const last = points[points.length - 1];
    return { x: x.apply(Math.log2(last.images)) + shift(i), y: y.apply(last.value) as number };
  });
  const placed = spreadLabels(
    ends.map((end) => end.y),
    labelHeight,
    marginTop,
    height - marginBottom,
  );
  const group = svgElement(document, "g");
  const start = left - 34;
  ends.forEach((end, i) => {
    const path = `M${end.x + 7} ${end.y}L${start} ${end.y}L${left - 18} ${placed[i]}`;
    const line = { fill: "none", stroke: curves[i].style.colour, "stroke-opacity": 0.5 };
    group.append(svgElement(document, "path", { d: path, ...line }));
  });
  const names = Plot.plot({
    document,
    width,
    height,
    margin: 0,
    x: { type: "identity", axis: null },
    y: { type: "identity", axis: null },
    marks: curves.flatMap(({ name, style }, i) => [
      symbolMark([{ x: left - 10, y: placed[i] }], style),
      Plot.text([shortenText(name, width - left)], {
        x: () => left,
        y: () => placed[i],
        textAnchor: "start",
        fill: style.colour,
      }),
    ]),
  });
  group.append(...Array.from(names.childNodes).filter((node) => (node as Element).localName !== "style"));
  return group;
}
