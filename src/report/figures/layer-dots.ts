import * as Plot from "@observablehq/plot";
import { type NetworkKind, networkOrder, networkStyles } from "../palette.ts";
import { symbolMark } from "./legend.ts";
import { shortenText, textWidth } from "./text.ts";

/** One value for each layer of one network, drawn as a dot on a stem from zero. */
export interface LayerValue {
  layer: string;
  kind: NetworkKind;
  value: number;
}

const rowHeight = 13;

/**
 * Layers under one another, first layer on top; within a layer one dot for each network. `high` is the end of the
 * axis, shared between panels; `label` names the quantity and its unit.
 */
export function layerDots(
  values: LayerValue[],
  axis: { high: number; label: string },
  width: number,
  document: Document,
): Element {
  const layers = [...new Set(values.map(({ layer }) => layer))];
  const kinds = networkOrder.filter((kind) => values.some((value) => value.kind === kind));
  const marginTop = 8;
  const marginBottom = 38;
  const widest = Math.max(0, ...layers.map((layer) => textWidth(layer)));
  const marginLeft = Math.ceil(Math.min(widest, width * 0.36) + 12);
  const bandHeight = kinds.length * rowHeight + 10;
  const rows = values
    .filter(({ value }) => Number.isFinite(value))
    .map(({ layer, kind, value }) => ({
      kind,
      x: value,
      y: layers.indexOf(layer) * bandHeight + 5 + (kinds.indexOf(kind) + 0.5) * rowHeight,
    }));
  const height = layers.length * bandHeight;
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
        layers.filter((_, i) => i % 2 === 0),
        {
          y1: (layer: string) => layers.indexOf(layer) * bandHeight,
          y2: (layer: string) => (layers.indexOf(layer) + 1) * bandHeight,
          fill: "var(--band)",
        },
      ),
      Plot.gridX({ stroke: "var(--hairline)", strokeOpacity: 1, ticks: Math.max(2, Math.round(width / 80)) }),
      Plot.axisX({
        ticks: Math.max(2, Math.round(width / 80)),
        tickSize: 0,
        label: axis.label,
        labelAnchor: "center",
        labelArrow: "none",
      }),
      Plot.ruleX([0], { stroke: "var(--muted)" }),
      Plot.text(layers, {
        y: (layer: string) => (layers.indexOf(layer) + 0.5) * bandHeight,
        text: (layer: string) => shortenText(layer, marginLeft - 12),
        frameAnchor: "left",
        textAnchor: "end",
        dx: -8,
      }),
      ...kinds.flatMap((kind) => {
        const own = rows.filter((row) => row.kind === kind);
        return [
          Plot.ruleY(own, { x1: 0, x2: "x", y: "y", stroke: networkStyles[kind].colour, strokeWidth: 1.6 }),
          symbolMark(own, networkStyles[kind]),
        ];
      }),
    ],
  });
}
