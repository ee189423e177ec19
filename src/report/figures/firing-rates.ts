import { fixed, plural } from "../numbers.ts";
import { networkStyles, spikingKind } from "../palette.ts";
import { type FigureOptions, frameFigure } from "./frame.ts";
import { layerDots } from "./layer-dots.ts";
import { networkLegend } from "./legend.ts";

/** Mean spikes per neuron and time step of each layer, 0 to 1; spikes of either sign count. */
export interface FiringRateSeries {
  bits: number;
  steps: number;
  neurons: "unsigned" | "signed";
  fineTuned: boolean;
  /** In order of depth. */
  layers: { name: string; rate: number }[];
}

/** Firing rates by layer, one panel for each number of bits, all with the same axis. */
export function firingRates(series: FiringRateSeries[], options: FigureOptions): string {
  const values = series.flatMap(({ bits, neurons, fineTuned, layers }) =>
    layers.map(({ name, rate }) => ({
      bits,
      layer: name,
      kind: spikingKind(neurons, fineTuned),
      value: rate,
    })),
  );
  const high = Math.max(0, ...values.map(({ value }) => value).filter(Number.isFinite));
  const widths = [...new Set(series.map(({ bits }) => bits))].sort((a, b) => a - b);
  const means = series.map(({ bits, neurons, fineTuned, layers }) => {
    const rates = layers.map(({ name, rate }) => `${name} ${fixed(rate, 3)}`);
    return `${bits} bit ${networkStyles[spikingKind(neurons, fineTuned)].name}: ${rates.join(", ")}`;
  });
  return frameFigure(
    {
      label: `Firing rate by layer, in spikes per neuron and step. ${means.join("; ")}.`,
      legend: networkLegend(
        values.map(({ kind }) => kind),
        false,
      ),
      columns: 3,
      panels: widths.map((bits) => {
        const steps = [...new Set(series.filter((entry) => entry.bits === bits).map((entry) => entry.steps))];
        return {
          title: `${plural(bits, "bit")}, T = ${steps.join(", ")}`,
          draw: (width) =>
            layerDots(
              values.filter((value) => value.bits === bits),
              { high, label: "spikes per neuron and step" },
              width,
              options.document,
            ),
        };
      }),
    },
    options,
  );
}
