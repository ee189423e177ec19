import { allRows, moments } from "./moments.ts";
import { type ResponseTrials, requireRepeats } from "./trials.ts";

/** Neurons with less explainable variance have an FEVE that is mostly noise: Sensorium 2022 leaves them out. */
export const FEV_THRESHOLD = 0.15;

/** Variances of each neuron, in the units of its responses squared. */
export interface ExplainableVariance {
  /** σ²_tot: variance over all trials, ddof 1. */
  readonly total: Float64Array;
  /** σ²_noise: mean over images of the variance over repeats, ddof 1. NaN for a neuron without repeats. */
  readonly noise: Float64Array;
  /** FEV = (σ²_tot − σ²_noise) / σ²_tot; 0 for a constant neuron; below 0 where chance has it; NaN without repeats. */
  readonly fev: Float64Array;
}

/**
 * The fraction of each neuron's variance that the image explains. An image counts towards the noise if the neuron has
 * at least two responses to it, each image once whatever its number of repeats; σ²_tot is over all trials.
 *
 * neuralpredictors 0.3 has the same weights, gives NaN as soon as one image has a single repeat, and NaN for a
 * constant neuron.
 *
 * @throws StriateError when no image was repeated
 */
export function explainableVariance(trials: ResponseTrials): ExplainableVariance {
  requireRepeats(trials, "the fraction of explainable variance");
  const { responses, repeats, neurons } = trials;
  const total = moments(responses, allRows(trials.trials), neurons).variances;
  const noise = new Float64Array(neurons);
  const images = new Float64Array(neurons);
  for (const rows of repeats) {
    if (rows.length < 2) continue;
    const { variances } = moments(responses, rows, neurons);
    for (let neuron = 0; neuron < neurons; neuron++) {
      if (Number.isNaN(variances[neuron]!)) continue;
      noise[neuron] += variances[neuron]!;
      images[neuron]++;
    }
  }
  for (let neuron = 0; neuron < neurons; neuron++) noise[neuron] /= images[neuron]!;
  const fev = total.map((all, neuron) => (all === 0 ? 0 : (all - noise[neuron]!) / all));
  return { total, noise, fev };
}

/**
 * The fraction of explainable variance that predictions explain, of each neuron:
 * FEVE = 1 − (MSE − σ²_noise) / (σ²_tot − σ²_noise), with MSE the mean over all trials. 1 for the true mean in
 * expectation, about 0 for the neuron's own mean, below 0 for worse; it can pass 1 by chance.
 *
 * @param predictions (trials, neurons), finite
 * @returns NaN for neurons with FEV below `FEV_THRESHOLD` or without repeats
 * @throws StriateError when no image was repeated
 */
export function explainedVariance(
  trials: ResponseTrials,
  predictions: Float32Array,
  { total, noise, fev }: ExplainableVariance = explainableVariance(trials),
): Float64Array {
  const { responses, neurons } = trials;
  const errors = new Float64Array(neurons);
  const counts = new Float64Array(neurons);
  for (let row = 0; row < trials.trials; row++) {
    const start = row * neurons;
    for (let neuron = 0; neuron < neurons; neuron++) {
      const error = responses[start + neuron]! - predictions[start + neuron]!;
      if (Number.isNaN(error)) continue;
      errors[neuron] += error * error;
      counts[neuron]++;
    }
  }
  return errors.map((sum, neuron) => {
    if (!(fev[neuron]! >= FEV_THRESHOLD)) return Number.NaN;
    const unexplained = sum / counts[neuron]! - noise[neuron]!;
    return 1 - unexplained / (total[neuron]! - noise[neuron]!);
  });
}
