import * as Plot from "@observablehq/plot";
import { type NetworkKind, networkOrder, networkStyles } from "../palette.ts";
import { layerRows } from "./layer-rows.ts";
import { symbolMark } from "./legend.ts";

/** One value for each layer of one network, drawn as a dot on a stem from zero. */
export interface LayerValue {
  layer: string;
  kind: NetworkKind;
  value: number;
}

const lineHeight = 13;

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
  const rowHeight = kinds.length * lineHeight + 10;
  const dots = values
    .filter(({ value }) => Number.isFinite(value))
    .map(({ layer, kind, value }) => ({
      kind,
      x: value,
      y: layers.indexOf(layer) * rowHeight + 5 + (kinds.indexOf(kind) + 0.5) * lineHeight,
    }));
  const marks = kinds.flatMap((kind) => {
    const own = dots.filter((dot) => dot.kind === kind);
    return [
      Plot.ruleY(own, { x1: 0, x2: "x", y: "y", stroke: networkStyles[kind].colour, strokeWidth: 1.6 }),
      symbolMark(own, networkStyles[kind]),
    ];
  });
  return layerRows({ layers, rowHeight, axis }, marks, width, document);
}
