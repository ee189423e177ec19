import { Tile } from "../../runtime/assembly/events/layout.ts";
import type { Arena } from "./arena.ts";
import type { Layout } from "./layout.ts";
import type { ConvolutionMap, MatrixMap } from "./linear-map.ts";

/** Events that a source can put out: signed ones have codes of their own for spikes taken back. */
export interface SourceCodes {
  readonly layout: Layout;
  readonly isSigned: boolean;
}

/** A convolution whose weights lie as the kernels take them. */
export interface PlacedWeights {
  readonly tiles: number;
  readonly tileCount: number;
  readonly kernel: readonly [number, number];
  readonly stride: readonly [number, number];
  readonly padding: readonly [number, number];
  readonly extent: readonly [number, number];
}

/** Weight of output `o` for channel `c` of the source, at a place of the kernel. */
type WeightAt = (o: number, c: number, row: number, column: number) => number;

/** A linear layer is a convolution whose kernel is as large as the image. */
function kernelOf(map: ConvolutionMap | MatrixMap, { layout }: SourceCodes) {
  if (map.kind === "convolution") {
    const { weight, inputs, kernel, stride, padding, extent } = map;
    const at: WeightAt = (o, c, row, column) =>
      weight[((o * inputs + c) * kernel[0] + row) * kernel[1] + column]!;
    return { at, kernel, stride, padding, extent };
  }
  const { height, width, channels } = layout;
  const inputs = height * width * channels;
  const at: WeightAt = (o, c, row, column) => map.weight[o * inputs + (c * height + row) * width + column]!;
  return { at, kernel: [height, width], stride: [1, 1], padding: [0, 0], extent: [height, width] } as const;
}

/** Lays the weights out as (tile)(kernel row, kernel column, code, channels of the tile). */
export function placeWeights(
  arena: Arena,
  map: ConvolutionMap | MatrixMap,
  source: SourceCodes,
  target: Layout,
  precision: "float32" | "int8",
): PlacedWeights {
  const { at, kernel, stride, padding, extent } = kernelOf(map, source);
  const { channels, padded } = source.layout;
  const codes = source.isSigned ? 2 * padded : padded;
  const isWhole = precision === "float32";
  const lane = isWhole ? 4 : 8;
  const scales = isWhole ? undefined : channelScales(map, target.padded);
  const records: number[][] = [];
  let first = 0;
  while (first < target.padded) {
    const left = (target.padded - first) / lane;
    const vectors = [8, 4, 2, 1].find((size) => size <= left)!;
    const width = vectors * lane;
    const length = kernel[0] * kernel[1] * codes * width;
    const weights = isWhole ? new Float32Array(length) : new Int16Array(length);
    for (let row = 0, place = 0; row < kernel[0]; row++) {
      for (let column = 0; column < kernel[1]; column++, place += codes * width) {
        for (let c = 0; c < channels; c++) {
          for (let o = first; o < Math.min(first + width, map.outputs); o++) {
            const weight = at(o, c, row, column);
            const value = scales === undefined ? weight : Math.round(weight / (scales[o]! || 1));
            weights[place + c * width + o - first] = value;
            if (source.isSigned) weights[place + (padded + c) * width + o - first] = -value;
          }
        }
      }
    }
    const record = new Array<number>(Tile.size).fill(0);
    record[Tile.vectors] = vectors;
    record[Tile.firstChannel] = first;
    record[Tile.weights] = arena.place(weights);
    if (scales !== undefined) record[Tile.scales] = arena.place(scales.subarray(first, first + width));
    records.push(record);
    first += width;
  }
  const tiles = arena.place(Int32Array.from(records.flat()));
  return { tiles, tileCount: records.length, kernel, stride, padding, extent };
}

/** What one unit of an 8-bit weight is worth in each output channel: its largest weight is ±127. */
export function channelScales(map: ConvolutionMap | MatrixMap, padded = map.outputs): Float32Array {
  const scales = new Float32Array(padded);
  const size = map.weight.length / map.outputs;
  for (let o = 0; o < map.outputs; o++) {
    let largest = 0;
    for (let i = o * size; i < (o + 1) * size; i++) largest = Math.max(largest, Math.abs(map.weight[i]!));
    scales[o] = largest / 127;
  }
  return scales;
}
