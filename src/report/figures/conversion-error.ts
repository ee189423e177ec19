import * as Plot from "@observablehq/plot";
import type { ConversionVariant } from "../conversion-data.ts";
import { significant } from "../numbers.ts";
import { variantStyles } from "../variant-style.ts";
import { type FigureOptions, frameFigure } from "./frame.ts";
import { layerRows } from "./layer-rows.ts";
import { symbolMark, variantLegend } from "./legend.ts";

const rowHeight = 17;

/**
 * How far each layer's firing rates lie from the activations that they stand for: mean |a/λ − N/T| against depth,
 * one line a variant (Hu et al., arXiv 1805.01352). The last variant is the network that was saved.
 */
export function conversionError(
  variants: readonly Pick<ConversionVariant, "name" | "layers">[],
  options: FigureOptions,
): string {
  const styles = variantStyles(variants.length);
  const layers = [...new Set(variants.flatMap((variant) => variant.layers.map(({ name }) => name)))];
  const row = new Map(layers.map((layer, i) => [layer, (i + 0.5) * rowHeight]));
  const lines = variants.map((variant) =>
    variant.layers
      .filter(({ error }) => Number.isFinite(error))
      .map(({ name, error }) => ({ x: error, y: row.get(name)! })),
  );
  const high = Math.max(0, ...lines.flat().map(({ x }) => x));
  const marks = lines.flatMap((line, i) => [
    Plot.line(line, {
      x: "x",
      y: "y",
      stroke: styles[i].colour,
      strokeWidth: 1.6,
      strokeDasharray: styles[i].dash,
    }),
    symbolMark(line, styles[i]),
  ]);
  const lasts = variants.flatMap(({ name, layers: measured }) => {
    const last = measured.at(-1);
    return last === undefined ? [] : [`${name}: ${significant(last.error)} at ${last.name}`];
  });
  return frameFigure(
    {
      label: `Conversion error by layer. ${lasts.join("; ")}.`,
      legend: variantLegend(variants, styles),
      panels: [
        {
          draw: (width) =>
            layerRows(
              { layers, rowHeight, axis: { high, label: "mean |a/λ − N/T|" } },
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
