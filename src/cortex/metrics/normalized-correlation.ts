import { correlations } from "./correlation.ts";
import { imageAverages } from "./image-averages.ts";
import { allRows, moments } from "./moments.ts";
import { type ResponseTrials, requireRepeats } from "./trials.ts";

/**
 * Normalised correlation of each neuron over images (Schoppe et al., "Measuring the performance of neural models",
 * Front. Comput. Neurosci. 2016): CC_norm = CC_abs / CC_max = Cov(ȳ, p̄) / √(SP · Var p̄), where ȳ is the response and p̄
 * the prediction averaged over repeats, CC_abs their correlation, CC_max = √(SP / Var ȳ) the ceiling, and SP the signal
 * power, what is left of Var ȳ without noise. 1 for the true mean in expectation; it can pass 1 by chance. Images with
 * at least two responses of the neuron take part.
 *
 * Here SP = Var ȳ − mean over images of (variance over repeats / number of repeats), which allows for unbalanced
 * repeats. The paper takes repeat k of all images for one sweep and removes what sweeps have in common from the noise,
 * which needs the same number of repeats everywhere; the two estimates agree in expectation when sweeps do not differ.
 * The paper's code divides Cov by the number of images and SP by that less one; here both have ddof 1.
 *
 * @param predictions (trials, neurons), finite
 * @returns NaN for neurons whose signal power is estimated at 0 or below
 * @throws StriateError when no image was repeated
 */
export function normalizedCorrelation(trials: ResponseTrials, predictions: Float32Array): Float64Array {
  requireRepeats(trials, "the normalised correlation");
  const { neurons } = trials;
  const averages = imageAverages(trials, predictions, 2);
  const everyImage = allRows(averages.images);
  const absolute = correlations(averages.predictions, averages.responses, averages.images, neurons);
  const { variances } = moments(averages.responses, everyImage, neurons);
  const noise = moments(averages.errors, everyImage, neurons).means;
  return absolute.map((correlation, neuron) => {
    const signalPower = variances[neuron]! - noise[neuron]!;
    return signalPower > 0 ? correlation * Math.sqrt(variances[neuron]! / signalPower) : Number.NaN;
  });
}
