import { percent, plural } from "../numbers.ts";
import { networkStyles, spikingKind } from "../palette.ts";
import { type FigureOptions, frameFigure } from "./frame.ts";
import { layerDots } from "./layer-dots.ts";
import { networkLegend } from "./legend.ts";

/**
 * How far the spiking network's mean activations lie from the quantised network's, layer by layer:
 * error = mean |SNN − QANN| / mean |QANN|, dimensionless. It grows with depth because a neuron that has fired on
 * early input cannot take the spike back (Hu et al., TPAMI 2023, arXiv 2305.19868).
 */
export interface SequentialErrorSeries {
  bits: number;
  neurons: "unsigned" | "signed";
  fineTuned: boolean;
  /** In order of depth. */
  layers: { name: string; error: number }[];
}

/** Sequential error by layer, one panel for each number of bits, all with the same axis. */
export function sequentialError(series: SequentialErrorSeries[], options: FigureOptions): string {
  const values = series.flatMap(({ bits, neurons, fineTuned, layers }) =>
    layers.map(({ name, error }) => ({
      bits,
      layer: name,
      kind: spikingKind(neurons, fineTuned),
      value: error * 100,
    })),
  );
  const high = Math.max(0, ...values.map(({ value }) => value).filter(Number.isFinite));
  const widths = [...new Set(series.map(({ bits }) => bits))].sort((a, b) => a - b);
  const lasts = series.flatMap(({ bits, neurons, fineTuned, layers }) => {
    const last = layers.at(-1);
    const name = networkStyles[spikingKind(neurons, fineTuned)].name;
    return last === undefined ? [] : [`${bits} bit ${name}: ${percent(last.error, 1)} at ${last.name}`];
  });
  return frameFigure(
    {
      label: `Sequential error by layer. ${lasts.join("; ")}.`,
      legend: networkLegend(
        values.map(({ kind }) => kind),
        false,
      ),
      columns: 3,
      panels: widths.map((bits) => ({
        title: plural(bits, "bit"),
        draw: (width) =>
          layerDots(
            values.filter((value) => value.bits === bits),
            { high, label: "relative error (%)" },
            width,
            options.document,
          ),
      })),
    },
    options,
  );
}
