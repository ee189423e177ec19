import { correlations } from "./correlation.ts";
import { imageAverages } from "./image-averages.ts";
import { type ResponseTrials, requireRepeats } from "./trials.ts";

/**
 * Correlation to average of each neuron: responses are averaged over the repeats of each image, predictions too, and
 * the averages are correlated over images, each image once whatever its number of repeats. Images with one repeat
 * take part. This is Sensorium 2022's second score.
 *
 * @param predictions (trials, neurons), finite
 * @throws StriateError when no image was repeated: it would be the single-trial correlation under another name
 */
export function correlationToAverage(trials: ResponseTrials, predictions: Float32Array): Float64Array {
  requireRepeats(trials, "the correlation to average");
  const { images, ...averages } = imageAverages(trials, predictions, 1);
  return correlations(averages.predictions, averages.responses, images, trials.neurons);
}
