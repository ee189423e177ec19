import type { Numbers } from "../../spiking/graph/index.ts";
import { sizeOf } from "../../tensor/index.ts";

/** What one spike stands for: one number, or one for each channel. */
export type Amplitude = number | Float32Array;

/** Numbers times a factor. */
export const times = ({ shape, data }: Numbers, factor: number): Numbers => ({
  shape,
  data: factor === 1 ? data : data.map((value) => value * factor),
});

/** Weights (O, I / groups, …) for inputs of this amplitude, over a factor. */
export function weigh(
  { shape, data }: Numbers,
  amplitude: Amplitude,
  target: number,
  groups: number,
): Numbers {
  if (typeof amplitude === "number") return times({ shape, data }, amplitude / target);
  const [outputs, perGroup] = shape as [number, number];
  const taps = sizeOf(shape.slice(2));
  const scaled = data.map((value, i) => {
    const output = Math.floor(i / (perGroup * taps));
    const input = Math.floor(i / taps) % perGroup;
    const group = Math.floor((output * groups) / outputs);
    return (value * amplitude[group * perGroup + input]!) / target;
  });
  return { shape, data: scaled };
}

/** Weights (outputs, channels, 1, 1) that put channel c of the input into channel `first` + c of the output. */
export function selection(outputs: number, channels: number, first: number, weight: number): Numbers {
  const data = new Float32Array(outputs * channels);
  for (let c = 0; c < channels; c++) data[(first + c) * channels + c] = weight;
  return { shape: [outputs, channels, 1, 1], data };
}
