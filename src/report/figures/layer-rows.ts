import * as Plot from "@observablehq/plot";
import { shortenMiddle, textWidth } from "./text.ts";

export interface LayerRows {
  /** From the input to the output. */
  layers: readonly string[];
  /** Height of one layer's row in pixels; row i has its middle at (i + 1/2) · rowHeight. */
  rowHeight: number;
  /** The axis runs from 0 to `high`; `label` names the quantity and its unit. */
  axis: { high: number; label: string };
}

/** Layers under one another, first layer on top, their names at the left, and `marks` over a common axis. */
export function layerRows(
  { layers, rowHeight, axis }: LayerRows,
  marks: readonly Plot.Markish[],
  width: number,
  document: Document,
): Element {
  const marginTop = 8;
  const marginBottom = 38;
  const widest = Math.max(0, ...layers.map((layer) => textWidth(layer)));
  const marginLeft = Math.ceil(Math.min(widest, width * 0.36) + 12);
  const height = layers.length * rowHeight;
  const ticks = Math.min(6, Math.max(2, Math.round(width / 80)));
  const rows = layers.map((layer, i) => ({ layer, top: i * rowHeight }));
  return Plot.plot({
    document,
    width,
    height: height + marginTop + marginBottom,
    marginTop,
    marginBottom,
    marginLeft,
    marginRight: 14,
    x: { domain: [0, axis.high > 0 ? axis.high : 1], insetRight: 6 },
    y: { domain: [0, Math.max(height, 1)], reverse: true, axis: null },
    marks: [
      Plot.rect(
        rows.filter((_, i) => i % 2 === 0),
        { y1: "top", y2: ({ top }) => top + rowHeight, fill: "var(--band)" },
      ),
      Plot.gridX({ stroke: "var(--hairline)", strokeOpacity: 1, ticks }),
      Plot.axisX({ ticks, tickSize: 0, label: axis.label, labelAnchor: "center", labelArrow: "none" }),
      Plot.ruleX([0], { stroke: "var(--muted)" }),
      Plot.text(rows, {
        y: ({ top }) => top + rowHeight / 2,
        text: ({ layer }) => shortenMiddle(layer, marginLeft - 12),
        frameAnchor: "left",
        textAnchor: "end",
        dx: -8,
      }),
      ...marks,
    ],
  }) as Element;
}
