import type { Arena } from "./arena.ts";
import { type Layout, placeIn } from "./layout.ts";
import type { SparseMap } from "./sparse-map.ts";
import type { SourceCodes } from "./weights.ts";

/** Lists of targets by the codes of the source: pairs of a byte in the currents and a weight. */
export function placeLists(
  arena: Arena,
  map: SparseMap,
  { layout, isSigned }: SourceCodes,
  target: Layout,
): { starts: number; targets: number } {
  const { height, width, channels, padded } = layout;
  const perPixel = isSigned ? 2 * padded : padded;
  const starts = new Int32Array(height * width * perPixel + 1);
  const entries = (map.targets.length || 1) * (isSigned ? 2 : 1);
  const pairs = new Int32Array(2 * entries);
  const weights = new Float32Array(pairs.buffer);
  let count = 0;
  for (let pixel = 0; pixel < height * width; pixel++) {
    for (let code = 0; code < perPixel; code++) {
      starts[pixel * perPixel + code] = count;
      const channel = code % padded;
      if (channel >= channels) continue;
      const unit = channel * height * width + pixel;
      for (let i = map.starts[unit]!; i < map.starts[unit + 1]!; i++) {
        pairs[2 * count] = placeIn(target, map.targets[i]!) * 4;
        weights[2 * count + 1] = code < padded ? map.weights[i]! : -map.weights[i]!;
        count++;
      }
    }
  }
  starts[height * width * perPixel] = count;
  return { starts: arena.place(starts), targets: arena.place(pairs) };
}
