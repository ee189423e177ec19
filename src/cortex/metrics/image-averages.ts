import { moments } from "./moments.ts";
import type { ResponseTrials } from "./trials.ts";

/** Averages over the repeats of each image, (images, neurons), row-major. */
export interface ImageAverages {
  readonly images: number;
  /** NaN where a neuron has too few responses to the image. */
  readonly responses: Float64Array;
  /** Over the trials in which the neuron was recorded, so that both averages are over the same trials. */
  readonly predictions: Float64Array;
  /** Estimated variance of the average response: the variance over repeats (ddof 1) over their number. */
  readonly errors: Float64Array;
}

/**
 * Averages responses and predictions over repeats.
 *
 * @param least how many responses of a neuron to an image make an average
 */
export function imageAverages(
  { repeats, responses, neurons }: ResponseTrials,
  predictions: Float32Array,
  least: number,
): ImageAverages {
  const shown = repeats.filter((rows) => rows.length >= least);
  const images = shown.length;
  const averages = new Float64Array(images * neurons);
  const predicted = new Float64Array(images * neurons);
  const errors = new Float64Array(images * neurons);
  for (const [image, rows] of shown.entries()) {
    const { counts, means, variances } = moments(responses, rows, neurons);
    const start = image * neurons;
    for (const row of rows)
      for (let neuron = 0; neuron < neurons; neuron++)
        if (!Number.isNaN(responses[row * neurons + neuron]!))
          predicted[start + neuron] += predictions[row * neurons + neuron]!;
    for (let neuron = 0; neuron < neurons; neuron++) {
      const count = counts[neuron]!;
      averages[start + neuron] = count >= least ? means[neuron]! : Number.NaN;
      predicted[start + neuron] /= count;
      errors[start + neuron] = count >= least ? variances[neuron]! / count : Number.NaN;
    }
  }
  return { images, responses: averages, predictions: predicted, errors };
}
