import { Random } from "../../runtime/random.ts";
import { correlations } from "./correlation.ts";
import { type ResponseTrials, requireRepeats } from "./trials.ts";

/**
 * Split-half reliability of each neuron: the repeats of each image are split at random into two halves, the halves'
 * averages are correlated over images, the mean over splits is r, and the Spearman–Brown formula 2 r / (1 + r) gives
 * the reliability of the average over all repeats. The square root is the ceiling of the correlation to average. With
 * an odd number of responses one, drawn at random, is left out of the split. A negative r is returned as it is, since
 * the formula holds for halves with a signal in common.
 *
 * @returns NaN for a neuron without repeats, 0 for a constant one
 * @throws StriateError when no image was repeated
 */
export function splitHalfReliability(
  trials: ResponseTrials,
  { seed, splits = 20 }: { readonly seed: number; readonly splits?: number },
): Float64Array {
  requireRepeats(trials, "the split-half reliability");
  const { neurons } = trials;
  const random = new Random(seed).split("split halves");
  const total = new Float64Array(neurons);
  for (let split = 0; split < splits; split++) {
    const { images, halves, known } = splitInHalves(trials, random);
    const correlation = correlations(halves[0], halves[1], images, neurons);
    for (let neuron = 0; neuron < neurons; neuron++)
      total[neuron] += known[neuron] ? correlation[neuron]! : Number.NaN;
  }
  return total.map((sum) => {
    const r = sum / splits;
    return r > 0 ? (2 * r) / (1 + r) : r;
  });
}

/** Averages over two random halves of each image's repeats, (images, neurons); NaN with fewer than two responses. */
function splitInHalves({ repeats, responses, neurons }: ResponseTrials, random: Random) {
  const shown = repeats.filter((rows) => rows.length > 1);
  const images = shown.length;
  const halves = [new Float64Array(images * neurons), new Float64Array(images * neurons)] as const;
  const known = new Uint8Array(neurons);
  const observed = new Int32Array(neurons);
  const taken = new Int32Array(neurons);
  for (const [image, rows] of shown.entries()) {
    observed.fill(0);
    taken.fill(0);
    for (const row of rows)
      for (let neuron = 0; neuron < neurons; neuron++)
        if (!Number.isNaN(responses[row * neurons + neuron]!)) observed[neuron]++;
    for (const place of random.permutation(rows.length)) {
      const row = rows[place]!;
      for (let neuron = 0; neuron < neurons; neuron++) {
        const response = responses[row * neurons + neuron]!;
        if (Number.isNaN(response) || taken[neuron] === 2 * (observed[neuron]! >> 1)) continue;
        halves[taken[neuron]++ & 1]![image * neurons + neuron] += response;
      }
    }
    for (let neuron = 0; neuron < neurons; neuron++) {
      const half = observed[neuron]! >> 1;
      if (half > 0) known[neuron] = 1;
      // 0 / 0 is NaN where the neuron has fewer than two responses.
      for (const sums of halves) sums[image * neurons + neuron] /= half;
    }
  }
  return { images, halves, known };
}
