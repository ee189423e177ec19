import { StriateError } from "../../error.ts";
import { count, plural } from "../numbers.ts";
import { type NetworkKind, networkStyles } from "../palette.ts";
import { drawPixels, type GreyImage } from "./digit.ts";
import { type FigureOptions, figureWidth, frameFigure, isNarrow } from "./frame.ts";
import type { LegendItem } from "./legend.ts";
import { countNegative, drawBlocks, layOut, type RasterLayer } from "./raster-blocks.ts";
import { svgElement } from "./svg.ts";
import { wrapText } from "./text.ts";

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
  const perLayer = data.layers.map((layer) => `, ${layer.name} ${count(layer.spikes.length)}`).join("");
  return frameFigure(
    {
      label: `Spikes of one image by layer and step: ${verdict}; ${plural(spikes, "spike")} in ${plural(data.steps, "step")}, ${count(negative)} negative${perLayer}.`,
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
