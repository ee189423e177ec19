import type { Random } from "../../runtime/random.ts";

/** Larger means are drawn in parts: a sum of Poisson counts is one, and exp(−mean) stays far from the least float. */
const largestMean = 16;

/** Counts from Poisson distributions with the given means, each by inversion of a uniform number. */
export function drawSpikes(random: Random, means: Float32Array): Float32Array {
  const counts = new Float32Array(means.length);
  const uniforms = random.fillUniform(new Float32Array(means.length));
  for (let at = 0; at < means.length; at++) {
    let mean = means[at]!;
    for (; mean > largestMean; mean -= largestMean) counts[at]! += invert(largestMean, random.uniform());
    counts[at]! += invert(mean, uniforms[at]!);
  }
  return counts;
}

/** The least count whose cumulative probability exceeds u. */
function invert(mean: number, u: number): number {
  let count = 0;
  let probability = Math.exp(-mean);
  let cumulative = probability;
  while (u >= cumulative && probability > 0) {
    count += 1;
    probability *= mean / count;
    cumulative += probability;
  }
  return count;
}
