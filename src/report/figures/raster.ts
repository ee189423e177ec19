import * as Plot from "@observablehq/plot";
import { StriateError } from "../../error.ts";
import { count, plural } from "../numbers.ts";
import { type NetworkKind, networkStyles } from "../palette.ts";
import { drawPixels, type GreyImage } from "./digit.ts";
import { type FigureOptions, figureWidth, frameFigure, isNarrow } from "./frame.ts";
import type { LegendItem } from "./legend.ts";
import { chooseRows } from "./raster-rows.ts";
import { stepTicks } from "./step-ticks.ts";
import { svgElement } from "./svg.ts";
import { wrapText } from "./text.ts";

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

export interface RasterData {
  /** In order of depth. */
  layers: RasterLayer[];
  steps: number;
  image: GreyImage;
  label: string | number;
  predicted: string | number;
  /** The network that spiked, when it should be named. */
  network?: { bits: number; kind: NetworkKind };
}

interface Block {
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

/**
 * The spikes that one image sets off: a block for each layer, a row for each neuron, a column for each step.
 * A layer of more than `rowsPerLayer` neurons is sampled, which its heading says.
 */
export function raster(data: RasterData, options: FigureOptions & { rowsPerLayer?: number }): string {
  checkRaster(data);
  const { document } = options;
  const rowsPerLayer = options.rowsPerLayer ?? 40;
  const narrow = isNarrow(figureWidth(options));
  const spikes = data.layers.reduce((sum, layer) => sum + layer.spikes.length, 0);
  const negative = data.layers.reduce((sum, layer) => sum + countNegative(layer.spikes), 0);
  const legend: LegendItem[] = [{ label: "spike", colour: "var(--ink)", bar: true }];
  if (negative > 0) legend.push({ label: "negative spike", colour: "var(--negative)", bar: true });
  const verdict = `label ${data.label}, network says ${data.predicted}`;
  const network = data.network && `${data.network.bits} bit, ${networkStyles[data.network.kind].name}`;
  const perLayer = data.layers.map((layer) => `${layer.name} ${count(layer.spikes.length)}`).join(", ");
  return frameFigure(
    {
      label: `Spikes of one image by layer and step: ${verdict}; ${plural(spikes, "spike")} in ${plural(data.steps, "step")}, ${count(negative)} negative. Spikes by layer: ${perLayer}.`,
      legend,
      panels: [
        {
          draw: (width) => {
            const side = narrow ? 84 : 112;
            const left = narrow ? 0 : side + 32;
            const top = narrow ? side + 18 : 0;
            const blocks = layOut(data.layers, rowsPerLayer, narrow);
            const root = drawBlocks(blocks, data.steps, width - left, narrow, document);
            const height = top + Math.max(Number(root.getAttribute("height")), narrow ? 0 : side + 60);
            const frame = svgElement(document, "svg", { width, height });
            const picture = svgElement(document, "g", { "text-anchor": "start" });
            picture.append(drawPixels(document, data.image, side));
            const captionX = narrow ? side + 14 : 0;
            const captionY = narrow ? 18 : side + 20;
            [
              `label: ${data.label}`,
              `network says: ${data.predicted}`,
              ...(network === undefined ? [] : wrapText(network, narrow ? width - side - 14 : side + 20)),
            ].forEach((text, i) => {
              const style = i < 2 ? {} : { fill: "var(--muted)" };
              picture.append(
                svgElement(document, "text", { x: captionX, y: captionY + i * 17, ...style }, text),
              );
            });
            const body = svgElement(document, "g", { transform: `translate(${left},${top})` });
            body.append(
              ...Array.from(root.childNodes).filter((node) => (node as Element).localName !== "style"),
            );
            frame.append(picture, body);
            return frame;
          },
        },
      ],
    },
    options,
  );
}

function checkRaster({ steps, layers }: RasterData): void {
  if (!Number.isInteger(steps) || steps < 1) {
    throw new StriateError(`A raster's steps were ${steps}; expected a positive integer`);
  }
  for (const { name, neurons, spikes } of layers) {
    const outside = spikes.find(
      ({ neuron, step }) => !(neuron >= 0 && neuron < neurons && step >= 1 && step <= steps),
    );
    if (outside !== undefined) {
      throw new StriateError(
        `Layer ${name} has a spike of neuron ${outside.neuron} at step ${outside.step}; expected neurons 0 to ${neurons - 1} and steps 1 to ${steps}`,
      );
    }
  }
}

function countNegative(spikes: Spike[]): number {
  return spikes.reduce((sum, { sign }) => sum + (sign < 0 ? 1 : 0), 0);
}

function layOut(layers: RasterLayer[], rowsPerLayer: number, narrow: boolean): Block[] {
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

function drawBlocks(
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
