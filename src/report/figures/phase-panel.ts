import * as Plot from "@observablehq/plot";
import { shortenText, textWidth } from "./text.ts";

/** A stretch of training on an axis where the phases stand end to end. */
export interface PlacedPhase {
  name: string;
  start: number;
  end: number;
}

/** 1, 2 and 5 of each decade, or 1 alone where that would be more than eight; undefined where they are too few. */
export function decadeTicks(low: number, high: number): number[] | undefined {
  const powers = Array.from(
    { length: Math.ceil(Math.log10(high / low)) + 2 },
    (_, i) => Math.floor(Math.log10(low)) + i,
  );
  const within = (list: number[]) =>
    powers
      .flatMap((power) => list.map((mantissa) => Number((mantissa * 10 ** power).toPrecision(1))))
      .filter((value) => value >= low && value <= high);
  const fine = within([1, 2, 5]);
  if (fine.length < 2) return undefined;
  return fine.length > 8 ? within([1]) : fine;
}

/** Marks over bands that tell the phases apart, each named at the top. */
export function drawPhases(
  phases: PlacedPhase[],
  unit: string,
  y: Plot.ScaleOptions,
  labelled: { ticks?: number[]; format: (value: number) => string },
  marks: Plot.Markish[],
  width: number,
  document: Document,
): Element {
  const end = Math.max(0, ...phases.map((phase) => phase.end)) || 1;
  const marginLeft = 46;
  const marginRight = 12;
  const middle = (phase: PlacedPhase) =>
    ((phase.start + phase.end) / 2 / end) * (width - marginLeft - marginRight) + marginLeft;
  const rotated = phases.some((phase, i) => {
    const next =
      i + 1 < phases.length ? middle(phases[i + 1]) - textWidth(phases[i + 1].name) / 2 : width + 4;
    return middle(phase) + textWidth(phase.name) / 2 + 2 > next;
  });
  const longest = Math.max(0, ...phases.map((phase) => textWidth(phase.name)));
  const top = rotated ? Math.min(90, Math.ceil(longest) + 10) : 22;
  return Plot.plot({
    document,
    width,
    height: 210 + top,
    marginTop: top,
    marginBottom: 38,
    marginLeft,
    marginRight,
    x: { domain: [0, end] },
    y,
    marks: [
      Plot.rect(
        phases.filter((_, i) => i % 2 === 0),
        { x1: "start", x2: "end", fill: "var(--band)" },
      ),
      Plot.gridY({ stroke: "var(--hairline)", strokeOpacity: 1, ticks: labelled.ticks ?? 4 }),
      Plot.axisY({ ticks: labelled.ticks ?? 4, tickFormat: labelled.format, tickSize: 0, label: null }),
      Plot.axisX({
        ticks: Math.max(2, Math.round(width / 70)),
        tickSize: 4,
        label: `${unit}s`,
        labelAnchor: "center",
        labelArrow: "none",
      }),
      Plot.text(phases, {
        x: ({ start, end: stop }: PlacedPhase) => (start + stop) / 2,
        text: ({ name }: PlacedPhase) => (rotated ? shortenText(name, 80) : name),
        frameAnchor: "top",
        dy: -8,
        lineAnchor: rotated ? "middle" : "bottom",
        rotate: rotated ? -90 : 0,
        textAnchor: rotated ? "start" : "middle",
        fill: "var(--muted)",
      }),
      ...marks,
    ],
  }) as Element;
}
