import * as Plot from "@observablehq/plot";
import { StriateError } from "../../error.ts";
import { count, fixed, plural } from "../numbers.ts";
import { type FigureOptions, figureWidth, frameFigure, isNarrow } from "./frame.ts";
import { svgElement } from "./svg.ts";

export interface SpikeRasterData {
  /** What spiked, such as "CUBA, 4000 neurons". */
  readonly title: string;
  /** Times of spikes in ms, from 0 to `duration`, and the neuron of each. */
  readonly times: ArrayLike<number>;
  readonly neurons: ArrayLike<number>;
  readonly size: number;
  /** ms */
  readonly duration: number;
  /** Width of the rate's bins in ms; 5 when absent. */
  readonly bin?: number;
}

/** Neurons that a raster shows; of larger populations every k-th. */
const ROWS = 400;

/** Who spiked when (a row a neuron), and under it the rate of the whole population. */
export function spikeRaster(data: SpikeRasterData, options: FigureOptions): string {
  const { title, times, neurons, size, duration, bin = 5 } = data;
  if (!(duration > 0 && bin > 0) || times.length !== neurons.length) {
    throw new StriateError(
      `a raster of ${times.length} times and ${neurons.length} neurons over ${duration} ms in bins of ${bin} ms cannot be drawn`,
      "Give a neuron for each time, and a duration and a bin above 0",
    );
  }
  const stride = Math.ceil(size / ROWS);
  const rates = binnedRates(times, size, duration, bin);
  const mean = times.length / size / (duration / 1000);
  const shared = {
    document: options.document,
    marginLeft: isNarrow(figureWidth(options)) ? 40 : 52,
    marginRight: 24,
    x: { domain: [0, duration], label: null },
    style: { background: "none", color: "currentColor" },
  };
  return frameFigure(
    {
      label: `Spikes of ${title}: ${plural(times.length, "spike")} of ${count(size)} neurons in ${count(duration)} ms, ${fixed(mean, 1)} spikes a second and neuron, between ${fixed(Math.min(...rates.map(({ rate }) => rate)), 1)} and ${fixed(Math.max(...rates.map(({ rate }) => rate)), 1)} in bins of ${bin} ms.`,
      panels: [
        {
          title,
          subtitle: stride === 1 ? "neuron" : `neuron (every ${stride}th)`,
          draw: (width) =>
            Plot.plot({
              ...shared,
              width,
              height: 260,
              y: { domain: [0, size], label: null, ticks: 5 },
              marks: [
                (_index, scales) => drawSpikes(data, stride, scales as Scales, options.document),
                Plot.ruleY([0]),
              ],
            }),
        },
        {
          subtitle: `spikes a second and neuron, in bins of ${bin} ms; time in ms`,
          draw: (width) =>
            Plot.plot({
              ...shared,
              width,
              height: 130,
              y: { label: null, ticks: 4, zero: true },
              marks: [
                Plot.areaY(rates, {
                  x: "time",
                  y: "rate",
                  curve: "step",
                  fill: "var(--ink)",
                  fillOpacity: 0.25,
                }),
                Plot.lineY(rates, { x: "time", y: "rate", curve: "step", stroke: "var(--ink)" }),
                Plot.ruleY([0]),
              ],
            }),
        },
      ],
    },
    options,
  );
}

interface Scales {
  x(value: number): number;
  y(value: number): number;
}

/** One path for all spikes: thousands of elements would make the file ten times as large. */
function drawSpikes(
  { times, neurons }: SpikeRasterData,
  stride: number,
  { x, y }: Scales,
  document: Document,
): SVGElement {
  let path = "";
  for (let k = 0; k < times.length; k++) {
    if (neurons[k] % stride === 0) path += `M${x(times[k]).toFixed(1)} ${y(neurons[k]).toFixed(1)}h1.2`;
  }
  return svgElement(document, "path", { d: path, stroke: "var(--ink)", "stroke-width": 1.2, fill: "none" });
}

/** Rates in spikes a second and neuron, at the middle of each bin. */
function binnedRates(times: ArrayLike<number>, size: number, duration: number, bin: number) {
  const spikes = new Float64Array(Math.ceil(duration / bin));
  for (let k = 0; k < times.length; k++) {
    spikes[Math.min(spikes.length - 1, Math.floor(times[k] / bin + 1e-9))] += 1;
  }
  return Array.from(spikes, (n, i) => ({ time: (i + 0.5) * bin, rate: n / size / (bin / 1000) }));
}
