import type { Spike } from "./raster.ts";

const goldenFraction = (Math.sqrt(5) - 1) / 2;

/**
 * The neurons of a layer to draw, in ascending order: all when they fit, else a sample spread over the layer.
 *
 * The sample takes multiples of the golden ratio, because a regular stride would meet the same pixel of every
 * feature map. A quarter of the rows is kept for neurons that fire a negative spike: they are rare, and they are
 * what a signed network is about.
 */
export function chooseRows(neurons: number, spikes: Spike[], most: number): number[] {
  if (neurons <= most) return Array.from({ length: neurons }, (_, neuron) => neuron);
  const chosen = new Set<number>();
  for (const { neuron, sign } of spikes) {
    if (chosen.size >= most / 4) break;
    if (sign < 0) chosen.add(neuron);
  }
  for (let i = 0; chosen.size < most; i++) {
    const start = Math.floor(((i * goldenFraction) % 1) * neurons);
    let neuron = start;
    while (chosen.has(neuron)) neuron = (neuron + 1) % neurons;
    chosen.add(neuron);
  }
  return [...chosen].sort((a, b) => a - b);
}
