import { StriateError } from "../../error.ts";
import { paletteCss } from "../palette.ts";
import { drawLegend, type LegendItem } from "./legend.ts";
import { serialize, svgElement, svgNamespace } from "./svg.ts";
import { fontSize, wrapText } from "./text.ts";

/** Where and how wide a figure is drawn. */
export interface FigureOptions {
  /** A browser's document, or one from `figureDocument()`. */
  document: Document;
  /** Width in CSS pixels, 240 to 4000; below 520 panels stand in one column. Default 720. */
  width?: number;
}

/** One plot of a figure: `draw` is given the width in pixels that it may fill. */
export interface Panel {
  title?: string;
  subtitle?: string;
  draw(width: number): Element;
}

export interface Frame {
  /** What a person who cannot see the figure is told: what it shows, in a sentence. */
  label: string;
  legend?: LegendItem[];
  /** A key as wide as the figure, such as a bar of colours, under the legend; it is given the width in pixels. */
  key?(width: number): Element;
  panels: Panel[];
  /** Columns of panels where the figure is wide enough. */
  columns?: number;
  /** Remarks set under the panels, such as what was left out. */
  notes?: string[];
}

export const defaultWidth = 720;
const gap = 20;

/** True where a figure of this width puts its panels in one column. */
export function isNarrow(width: number): boolean {
  return width < 520;
}

export function figureWidth(options: FigureOptions): number {
  const width = options.width ?? defaultWidth;
  if (!(width >= 240 && width <= 4000)) {
    throw new StriateError(`A figure's width was ${width}; expected 240 to 4000 pixels`, "Change `width`.");
  }
  return width;
}

/** Lays legend, panels and notes out under one another and returns standalone SVG markup. */
export function frameFigure(frame: Frame, options: FigureOptions): string {
  const { document } = options;
  const width = figureWidth(options);
  const columns = isNarrow(width) ? 1 : Math.min(frame.columns ?? 1, Math.max(1, frame.panels.length));
  const panelWidth = Math.floor((width - gap * (columns - 1)) / columns);
  const content: Element[] = [];
  let y = 0;

  if (frame.legend?.length) {
    const legend = drawLegend(document, frame.legend, width);
    content.push(legend.element);
    y += legend.height + 10;
  }
  if (frame.key !== undefined) {
    const key = placePanel(document, { draw: frame.key }, width, 0, y);
    content.push(key.element);
    y += key.height + 10;
  }
  for (let first = 0; first < frame.panels.length; first += columns) {
    let rowHeight = 0;
    frame.panels.slice(first, first + columns).forEach((panel, column) => {
      const placed = placePanel(document, panel, panelWidth, column * (panelWidth + gap), y);
      content.push(placed.element);
      rowHeight = Math.max(rowHeight, placed.height);
    });
    y += rowHeight + (first + columns < frame.panels.length ? gap : 0);
  }
  for (const note of frame.notes ?? []) {
    for (const line of wrapText(note, width, fontSize - 1)) {
      y += 16;
      const attributes = { x: 0, y, fill: "var(--muted)", "font-size": fontSize - 1 };
      content.push(svgElement(document, "text", attributes, line));
    }
  }

  const height = Math.ceil(y + 6);
  const root = svgElement(document, "svg", {
    xmlns: svgNamespace,
    class: "striate-figure",
    role: "img",
    "aria-label": frame.label,
    viewBox: `0 0 ${width} ${height}`,
    width,
    height,
    "font-family": "system-ui, -apple-system, 'Segoe UI', Roboto, 'Helvetica Neue', Arial, sans-serif",
    "font-size": fontSize,
    fill: "currentColor",
  });
  for (const element of content) removeLabels(element);
  root.append(svgElement(document, "style", {}, figureCss), ...content);
  return serialize(root);
}

/** Inside a page a figure is transparent; as a file of its own it brings the paper that its ink needs. */
export const figureCss = `:where(.striate-figure){color:var(--ink);max-width:100%;height:auto}.striate-figure:root{background:var(--paper)}${paletteCss(":where(.striate-figure)")}`;

function placePanel(document: Document, panel: Panel, width: number, x: number, y: number) {
  const group = svgElement(document, "g", { transform: `translate(${x},${y})` });
  let top = 0;
  if (panel.title !== undefined) {
    top += 14;
    group.append(
      svgElement(document, "text", { y: top, "font-weight": 600, "font-size": fontSize + 1 }, panel.title),
    );
  }
  if (panel.subtitle !== undefined) {
    for (const line of wrapText(panel.subtitle, width, fontSize)) {
      top += 16;
      group.append(svgElement(document, "text", { y: top, fill: "var(--muted)" }, line));
    }
  }
  if (top > 0) top += 8;
  const plot = panel.draw(width);
  const inner = svgElement(document, "g", { transform: `translate(0,${top})`, "text-anchor": "middle" });
  for (const child of Array.from(plot.childNodes)) {
    if ((child as Element).localName !== "style") inner.append(child);
  }
  group.append(inner);
  return { element: group, height: top + Number(plot.getAttribute("height") ?? 0) };
}

/** The figure is one image with one label, so the labels that Plot gives its parts would never be read. */
function removeLabels(element: Element): void {
  element.removeAttribute("aria-label");
  element.removeAttribute("aria-hidden");
  for (const child of Array.from(element.children)) removeLabels(child);
}
