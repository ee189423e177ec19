import { StriateError } from "../../error.ts";
import { sizeOf } from "../../tensor/index.ts";
import type { Numbers } from "../graph/index.ts";

/** How the units of a population lie in the memory of the kernels: (height, width, channels), channels padded. */
export interface Layout {
  readonly height: number;
  readonly width: number;
  /** Channels that there are, and with padding. */
  readonly channels: number;
  readonly padded: number;
  /** Numbers of all units, padding included. */
  readonly size: number;
}

/** Images (C, H, W) keep their rows; everything else is a vector. @param multiple that channels are padded to */
export function layoutOf(shape: readonly number[], multiple: number): Layout {
  const [channels, height, width] =
    shape.length === 3 ? (shape as [number, number, number]) : ([sizeOf(shape), 1, 1] as const);
  const padded = Math.ceil(channels / multiple) * multiple;
  return { height, width, channels, padded, size: height * width * padded };
}

/** Where unit number `unit`, channels first, lies. */
export function placeIn({ height, width, padded }: Layout, unit: number): number {
  const pixels = height * width;
  return (unit % pixels) * padded + Math.floor(unit / pixels);
}

/** Numbers, channels first, as a population has them; `padding` where there is no unit. */
export function arranged(values: ArrayLike<number>, layout: Layout, padding = 0): Float32Array {
  const result = new Float32Array(layout.size).fill(padding);
  for (let unit = 0; unit < values.length; unit++) result[placeIn(layout, unit)] = values[unit]!;
  return result;
}

/** Numbers broadcast to a shape: one alone, or as many as the shape has. @throws StriateError where they do not fit */
export function broadcastNumbers({ shape, data }: Numbers, to: readonly number[]): Float32Array {
  if (data.length === 1 || shape.join() === to.join()) return data;
  const lead = to.length - shape.length;
  if (lead < 0 || shape.some((extent, i) => extent !== 1 && extent !== to[lead + i])) {
    throw new StriateError(`numbers of shape (${shape}) do not fit units of shape (${to})`);
  }
  const result = new Float32Array(sizeOf(to));
  for (let index = 0; index < result.length; index++) {
    let rest = index;
    let source = 0;
    let step = 1;
    for (let axis = to.length - 1; axis >= lead; axis--) {
      const extent = shape[axis - lead]!;
      if (extent > 1) source += (rest % to[axis]!) * step;
      step *= extent;
      rest = Math.floor(rest / to[axis]!);
    }
    result[index] = data[source]!;
  }
  return result;
}
