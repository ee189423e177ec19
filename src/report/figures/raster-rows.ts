import type { Spike } from "./raster-blocks.ts";

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
  const negative = [...new Set(spikes.filter(({ sign }) => sign < 0).map(({ neuron }) => neuron))];
  negative.sort((a, b) => a - b);
  for (const i of spread(negative.length, Math.min(negative.length, Math.floor(most / 4))))
    chosen.add(negative[i]);
  for (const neuron of spread(neurons, most)) {
    if (chosen.size === most) break;
    chosen.add(neuron);
  }
  return [...chosen].sort((a, b) => a - b);
}

/** `size` different numbers of 0 … length − 1, spread evenly without a period. */
function spread(length: number, size: number): Set<number> {
  const taken = new Set<number>();
  for (let i = 0; taken.size < size; i++) {
    let index = Math.floor(((i * goldenFraction) % 1) * length);
    while (taken.has(index)) index = (index + 1) % length;
    taken.add(index);
  }
  return taken;
}
