import { correlations } from "./correlation.ts";
import { type ResponseTrials, requireRepeats } from "./trials.ts";

/**
 * Oracle correlation of each neuron: each response against the mean of the neuron's other responses to the same image,
 * over all trials of images with at least two. What the other repeats tell about a trial is about what the best model
 * of the image can, so this estimates the ceiling of the single-trial correlation, from below, since the mean of few
 * repeats is itself noisy. The jackknife oracle of neuralpredictors 0.3, which sets the oracle of an image with one
 * repeat to 0 where we leave the image out, as Sensorium does.
 *
 * @returns NaN for a neuron without repeats, 0 for a constant one
 * @throws StriateError when no image was repeated
 */
export function oracleCorrelation(trials: ResponseTrials): Float64Array {
  requireRepeats(trials, "the oracle correlation");
  const { responses, repeats, neurons } = trials;
  const others = new Float64Array(trials.trials * neurons);
  const repeated = new Float32Array(trials.trials * neurons).fill(Number.NaN);
  const sums = new Float64Array(neurons);
  const counts = new Float64Array(neurons);
  const known = new Uint8Array(neurons);
  for (const rows of repeats) {
    if (rows.length < 2) continue;
    sums.fill(0);
    counts.fill(0);
    for (const row of rows) {
      for (let neuron = 0; neuron < neurons; neuron++) {
        const response = responses[row * neurons + neuron]!;
        if (Number.isNaN(response)) continue;
        sums[neuron] += response;
        counts[neuron]++;
      }
    }
    for (let neuron = 0; neuron < neurons; neuron++) if (counts[neuron]! > 1) known[neuron] = 1;
    for (const row of rows) {
      for (let neuron = 0; neuron < neurons; neuron++) {
        if (counts[neuron]! < 2) continue;
        const place = row * neurons + neuron;
        repeated[place] = responses[place]!;
        others[place] = (sums[neuron]! - responses[place]!) / (counts[neuron]! - 1);
      }
    }
  }
  const oracle = correlations(others, repeated, trials.trials, neurons);
  return oracle.map((correlation, neuron) => (known[neuron] ? correlation : Number.NaN));
}
