import type { PixelScale } from "../../nn/batches.ts";

/**
 * How counts (steps, 2, H, W) become what a network takes, in place: (count − mean) / deviation of the counts, or as a
 * network that was trained on images of 0 to 255 has it.
 *
 * @param own of the counts. @param trained of pixels from 0 to 1. Undefined where neither is given: counts as they are.
 */
export function scaleCounts(
  own: PixelScale | undefined,
  trained: PixelScale | undefined,
): ((counts: Float32Array, steps: number) => void) | undefined {
  const scale = own ?? trained;
  if (scale === undefined) return undefined;
  const unit = own === undefined ? 255 : 1;
  return (counts, steps) => {
    const plane = counts.length / (2 * steps);
    for (let i = 0; i < 2 * steps; i++) {
      const mean = scale.mean[i % 2]!;
      const deviation = scale.deviation[i % 2]!;
      for (let at = i * plane; at < (i + 1) * plane; at++)
        counts[at] = (counts[at]! / unit - mean) / deviation;
    }
  };
}
