import * as Plot from "@observablehq/plot";
import { count, plural } from "../numbers.ts";
import { chooseRows } from "./raster-rows.ts";
import { stepTicks } from "./step-ticks.ts";
import { svgElement } from "./svg.ts";

export interface Spike {
  /** 0 to neurons − 1. */
  neuron: number;
  /** 1 to steps. */
  step: number;
  sign: 1 | -1;
}

export interface RasterLayer {
  name: string;
  neurons: number;
  spikes: Spike[];
}

/** A layer's place in the raster, in pixels from the top. */
export interface Block {
  heading: string;
  remark: string;
  /** Row of each drawn neuron, from the top. */
  rows: Map<number, number>;
  spikes: Spike[];
  top: number;
  height: number;
}

const blockGap = 14;
const axisHeight = 38;

/** How many spikes are negative. */
export function countNegative(spikes: Spike[]): number {
  return spikes.reduce((sum, { sign }) => sum + (sign < 0 ? 1 : 0), 0);
}

/** Places the layers under one another and chooses the neurons to draw. */
export function layOut(layers: RasterLayer[], rowsPerLayer: number, narrow: boolean): Block[] {
  const headingHeight = narrow ? 37 : 20;
  let top = 0;
  return layers.map((layer): Block => {
    const drawn = chooseRows(layer.neurons, layer.spikes, rowsPerLayer);
    const rowHeight = Math.min(8, Math.max(3, 60 / drawn.length));
    const negative = countNegative(layer.spikes);
    const sample =
      drawn.length < layer.neurons
        ? `${count(drawn.length)} of ${count(layer.neurons)} neurons drawn`
        : plural(layer.neurons, "neuron");
    const total = plural(layer.spikes.length, "spike");
    const block = {
      heading: layer.name,
      remark: `${sample}, ${total}${negative > 0 ? `, ${count(negative)} negative` : ""}`,
      rows: new Map(drawn.map((neuron, row) => [neuron, row])),
      spikes: layer.spikes,
      top: top + headingHeight,
      height: Math.max(1, drawn.length) * rowHeight,
    };
    top = block.top + block.height + blockGap;
    return block;
  });
}

/** Draws the layers over a common time axis. */
export function drawBlocks(
  blocks: Block[],
  steps: number,
  width: number,
  narrow: boolean,
  document: Document,
): Element {
  const last = blocks.at(-1);
  const bottom = last === undefined ? 20 : last.top + last.height;
  const margins = { marginTop: 0, marginBottom: axisHeight, marginLeft: 0, marginRight: 0 };
  return Plot.plot({
    document,
    width,
    height: bottom + axisHeight,
    ...margins,
    x: { domain: [0.5, steps + 0.5] },
    y: { domain: [0, bottom], range: [0, bottom], axis: null },
    marks: [
      Plot.rect(blocks, {
        y1: "top",
        y2: (block: Block) => block.top + block.height,
        fill: "var(--band)",
      }),
      Plot.axisX({
        ticks: stepTicks(1, steps, Math.max(3, Math.floor(width / 26))),
        tickFormat: (step: number) => String(step),
        tickSize: 4,
        label: "time step",
        labelAnchor: "center",
        labelArrow: "none",
      }),
      Plot.text(blocks, {
        y: (block: Block) => block.top - (narrow ? 23 : 6),
        text: (block: Block) => block.heading,
        frameAnchor: "left",
        lineAnchor: "bottom",
        fontWeight: 600,
      }),
      Plot.text(blocks, {
        y: (block: Block) => block.top - 6,
        text: (block: Block) => block.remark,
        frameAnchor: narrow ? "left" : "right",
        lineAnchor: "bottom",
        fill: "var(--muted)",
      }),
      ...([1, -1] as const).map(
        (sign): Plot.RenderFunction =>
          (_index, { x, y }) =>
            svgElement(document, "path", {
              d: spikePath(
                blocks,
                sign,
                (value) => x!(value),
                (value) => y!(value),
              ),
              fill: sign > 0 ? "var(--ink)" : "var(--negative)",
            }),
      ),
    ],
  }) as Element;
}

/** All spikes of one sign as one path: a bar in the neuron's row, across the middle of the step's column. */
function spikePath(
  blocks: Block[],
  sign: 1 | -1,
  x: (step: number) => number,
  y: (position: number) => number,
): string {
  const span = round(Math.min(x(1.6) - x(1), 20));
  let path = "";
  for (const { rows, spikes, top, height } of blocks) {
    const rowHeight = height / Math.max(1, rows.size);
    const thickness = round(Math.max(1.8, rowHeight * 0.7));
    for (const { neuron, step, sign: own } of spikes) {
      const row = rows.get(neuron);
      if (own !== sign || row === undefined) continue;
      const left = round(x(step) - span / 2);
      path += `M${left} ${round(y(top + row * rowHeight) + (rowHeight - thickness) / 2)}h${span}v${thickness}h${-span}z`;
    }
  }
  return path;
}

function round(value: number): number {
  return Math.round(value * 100) / 100;
}
