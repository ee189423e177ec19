import * as Plot from "@observablehq/plot";
import type { ConvertedLayer } from "../conversion-data.ts";
import { fixed } from "../numbers.ts";
import { variantStyles } from "../variant-style.ts";
import { type FigureOptions, frameFigure } from "./frame.ts";
import { layerRows } from "./layer-rows.ts";

const rowHeight = 17;

/** Firing rates of a converted network as bars, in spikes per neuron and step, by layer. */
export function conversionRates(
  layers: readonly Pick<ConvertedLayer, "name" | "rate">[],
  options: FigureOptions,
): string {
  const [{ colour }] = variantStyles(1);
  const bars = layers
    .map(({ rate }, i) => ({ rate, top: i * rowHeight + 4, bottom: (i + 1) * rowHeight - 4 }))
    .filter(({ rate }) => Number.isFinite(rate));
  const high = Math.max(0, ...bars.map(({ rate }) => rate));
  const marks = [Plot.rect(bars, { x1: 0, x2: "rate", y1: "top", y2: "bottom", fill: colour })];
  const rates = layers.map(({ name, rate }) => `${name} ${fixed(rate, 3)}`);
  return frameFigure(
    {
      label: `Firing rate by layer, in spikes per neuron and step. ${rates.join(", ")}.`,
      panels: [
        {
          draw: (width) =>
            layerRows(
              {
                layers: layers.map(({ name }) => name),
                rowHeight,
                axis: { high, label: "spikes per neuron and step" },
              },
              marks,
              width,
              options.document,
            ),
        },
      ],
    },
    options,
  );
}
