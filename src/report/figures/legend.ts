import * as Plot from "@observablehq/plot";
import {
  type LineStyle,
  type NetworkKind,
  networkOrder,
  networkStyles,
  type SymbolName,
} from "../palette.ts";
import { svgElement } from "./svg.ts";
import { fontSize, shortenText, textWidth } from "./text.ts";

export interface LegendItem {
  label: string;
  /** A CSS colour. */
  colour: string;
  symbol?: SymbolName;
  line?: boolean;
  dash?: string;
  hollow?: boolean;
  /** A filled square, as of bars. */
  bar?: boolean;
}

/** The legend of the networks that occur, in their fixed order. `line` draws the line that joins the symbols. */
export function networkLegend(kinds: Iterable<NetworkKind>, line: boolean): LegendItem[] {
  const present = new Set(kinds);
  return networkOrder
    .filter((kind) => present.has(kind))
    .map((kind) => {
      const { name, colour, symbol, dash, hollow } = networkStyles[kind];
      const dense = kind === "float" || kind === "quantized";
      return { label: name, colour, symbol: dense && line ? undefined : symbol, line, dash, hollow };
    });
}

/** The legend of a conversion's variants, each with its style. */
export function variantLegend(
  variants: readonly { name: string }[],
  styles: readonly LineStyle[],
): LegendItem[] {
  return variants.map(({ name }, i) => {
    const { colour, symbol, dash, hollow } = styles[i];
    return { label: name, colour, symbol, line: true, dash, hollow };
  });
}

const rowHeight = 20;

/** Draws legend entries in rows that fit the width. */
export function drawLegend(document: Document, items: LegendItem[], width: number) {
  let x = 0;
  let row = 0;
  const group = svgElement(document, "g");
  const marks: Plot.Markish[] = [];
  for (const item of items) {
    const key = item.line ? 30 : 14;
    const label = shortenText(item.label, width - key - 6);
    const itemWidth = key + 6 + textWidth(label);
    if (x > 0 && x + itemWidth > width) {
      x = 0;
      row += 1;
    }
    const y = row * rowHeight + rowHeight / 2;
    if (item.line) {
      const attributes = { x1: x, x2: x + key, y1: y, y2: y, stroke: item.colour, "stroke-width": 2 };
      group.append(svgElement(document, "line", { ...attributes, "stroke-dasharray": item.dash }));
    }
    if (item.bar) {
      const attributes = { x: x + 1, y: y - 6, width: 12, height: 12, rx: 2, fill: item.colour };
      group.append(svgElement(document, "rect", attributes));
    } else if (item.symbol !== undefined) {
      marks.push(symbolMark([{ x: x + key / 2, y }], { ...item, symbol: item.symbol }));
    }
    group.append(svgElement(document, "text", { x: x + key + 6, y, dy: "0.35em" }, label));
    x += itemWidth + 18;
  }
  const height = (row + 1) * rowHeight;
  if (marks.length > 0) {
    const symbols = Plot.plot({
      document,
      width,
      height,
      margin: 0,
      x: { type: "identity", axis: null },
      y: { type: "identity", axis: null },
      style: { fontSize: `${fontSize}px` },
      marks,
    });
    for (const child of Array.from(symbols.childNodes)) {
      if ((child as Element).localName !== "style") group.append(child);
    }
  }
  return { element: group, height };
}

/** A Plot mark that puts a network's symbol at each point. */
export function symbolMark<T>(
  points: T[],
  style: { colour: string; symbol: SymbolName; hollow?: boolean },
  options: Plot.DotOptions = { x: "x", y: "y" },
): Plot.Markish {
  return Plot.dot(points, {
    r: style.symbol === "circle" ? 3.6 : 3.9,
    ...options,
    symbol: style.symbol,
    fill: style.hollow ? "none" : style.colour,
    stroke: style.colour,
    strokeWidth: style.hollow ? 1.6 : 0.5,
  });
}
