import { count, percent, plural } from "./numbers.ts";
import type { CortexSummary } from "./quickstart-data.ts";
import { estimateText, scoreText } from "./score-words.ts";

/** What the quickstart's second half found, every number computed from its summary. */

/** "A model of synthetic V1, v1t-small, predicts single trials with a correlation of 0.405, 82.1 % of the true ceiling". */
export const cortexHeadline = ({ model, correlation, ceiling }: CortexSummary): string =>
  `A model of synthetic V1, ${model}, predicts single trials with a correlation of ${scoreText(correlation)}, ${percent(correlation / ceiling, 1)} of the true ceiling`;

const ordinals = ["first", "second", "third", "fourth", "fifth"];

export function cortexParagraphs(cortex: CortexSummary): string[] {
  const { model, animals, neurons, ceiling, images, adapted, readoutOnly, fromScratch } = cortex;
  const paths = new Intl.ListFormat("en-GB").format(adapted.paths);
  const share = percent(adapted.trainableParameters / fromScratch.trainableParameters, 1);
  return [
    `The animals are synthetic: Gabor cells with divisive normalisation, gain by behaviour and Poisson noise. So it is known what a perfect model would reach: ${scoreText(ceiling)} over the ${plural(neurons, "neuron")} of the ${plural(animals, "animal")} that ${model} was fitted to. It reaches ${estimateText(asEstimate(cortex))}.`,
    `Its core was then frozen and adapted to a ${ordinals[animals] ?? "further"} animal with ${plural(images, "image")}, by modulation paths (${paths}) and a readout: ${scoreText(adapted.correlation)}, where the readout alone reaches ${scoreText(readoutOnly.correlation)} and the same model trained from scratch ${scoreText(fromScratch.correlation)}. ${advantageSentence(adapted)} They and their readout train ${count(adapted.trainableParameters)} values, ${share} of what training everything does.`,
  ];
}

/** How the paths compare with the readout alone, neuron by neuron. */
function advantageSentence({ overReadoutOnly: { value, interval } }: CortexSummary["adapted"]): string {
  const [low, high] = interval;
  const by = (sign: 1 | -1) => {
    const ends = sign > 0 ? { low, high } : { low: -high, high: -low };
    return estimateText({ value: sign * value, ...ends });
  };
  if (low > 0) return `Neuron by neuron the paths are ${by(1)} above the readout alone.`;
  if (high < 0) return `Neuron by neuron the paths are ${by(-1)} below the readout alone.`;
  return `Neuron by neuron the difference of paths and readout alone is ${by(1)}, which does not tell them apart.`;
}

const asEstimate = ({ correlation, interval: [low, high] }: CortexSummary) => ({
  value: correlation,
  low,
  high,
});
