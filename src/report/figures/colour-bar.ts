import { svgElement } from "./svg.ts";
import { fontSize, textWidth } from "./text.ts";

/** A key to continuous colours: the quantity's name, its lowest and highest value, and the colours between. */
export interface ColourBar {
  label: string;
  low: string;
  high: string;
  /** SVG attributes of the colour at a fraction of the way from low to high. */
  colour(fraction: number): { fill: string; "fill-opacity"?: number };
  /** What translucent colours lie on. */
  background?: string;
}

const height = 12;
const steps = 40;
const mostWidth = 220;

/** The bar in one line with its label where both fit, else under it. */
export function colourBar(bar: ColourBar, width: number, document: Document): Element {
  const ends = textWidth(bar.low) + textWidth(bar.high) + 14;
  const beside = textWidth(bar.label) + 16 + ends + 120 <= width;
  const left = (beside ? textWidth(bar.label) + 16 : 0) + textWidth(bar.low) + 7;
  const top = beside ? 4 : 24;
  const length = Math.min(mostWidth, width - left - textWidth(bar.high) - 8);
  const root = svgElement(document, "svg", { width, height: top + height + 4, "font-size": fontSize });
  const write = (x: number, y: number, anchor: string, text: string) =>
    root.append(svgElement(document, "text", { x, y, dy: "0.35em", "text-anchor": anchor }, text));
  const middle = top + height / 2;
  write(0, beside ? middle : 8, "start", bar.label);
  write(left - 7, middle, "end", bar.low);
  write(left + length + 7, middle, "start", bar.high);
  const frame = { x: left, y: top, width: length, height };
  if (bar.background !== undefined)
    root.append(svgElement(document, "rect", { ...frame, fill: bar.background }));
  const cells = svgElement(document, "g", { "shape-rendering": "crispEdges" });
  for (let i = 0; i < steps; i++) {
    const x = left + (i * length) / steps;
    const cell = { x, y: top, width: length / steps, height };
    cells.append(svgElement(document, "rect", { ...cell, ...bar.colour((i + 0.5) / steps) }));
  }
  root.append(cells, svgElement(document, "rect", { ...frame, fill: "none", stroke: "var(--hairline)" }));
  return root;
}
