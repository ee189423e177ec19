import { imageAverages } from "../cortex/metrics/image-averages.ts";
import { tierTrials } from "../cortex/metrics/index.ts";
import type { NeuronTrace } from "../report/index.ts";
import type { ScoredRecording } from "./score-responses.ts";

/** The neurons that are shown, by their place in the order of scores. */
const roles: readonly (readonly [role: string, share: number])[] = [
  ["best", 1],
  ["90th percentile", 0.9],
  ["upper quartile", 0.75],
  ["median", 0.5],
  ["lower quartile", 0.25],
  ["worst", 0],
];

/** What some neurons did and what the model said of it, from the neuron that it predicts best to the worst. */
export function neuronTraces(scored: readonly ScoredRecording[]): NeuronTrace[] {
  const ranked = scored
    .flatMap((one) =>
      Array.from(one.scores.singleTrial.perNeuron, (score, neuron) => ({ one, neuron, score })),
    )
    .filter(({ score }) => Number.isFinite(score))
    .sort((a, b) => a.score - b.score);
  const shown = new Map<number, string>();
  for (const [role, share] of roles) {
    const place = Math.round(share * (ranked.length - 1));
    if (place >= 0 && !shown.has(place)) shown.set(place, role);
  }
  return [...shown].map(([place, role]) => {
    const { one, neuron, score } = ranked[place]!;
    return { ...trace(one, neuron), role, score };
  });
}

/** Means over the repeats of each image, with their standard errors. */
function trace({ recording, predictions, scores }: ScoredRecording, neuron: number) {
  const { neurons, subject, neuronIds } = recording;
  const trials = tierTrials(recording, scores.tier);
  const column = (values: ArrayLike<number>) =>
    Float32Array.from({ length: trials.trials }, (_, trial) => values[trial * neurons + neuron]!);
  const one = { ...trials, neurons: 1, responses: column(trials.responses) };
  const averages = imageAverages(one, column(predictions), 1);
  const standardError = averages.errors.map(Math.sqrt);
  return {
    name: `${subject}, neuron ${neuronIds[neuron]}`,
    recorded: averages.responses,
    predicted: averages.predictions,
    ...(standardError.some(Number.isFinite) && { standardError }),
  };
}
