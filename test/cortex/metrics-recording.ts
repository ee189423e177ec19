import type { Recording, Tier } from "../../src/formats/recording.ts";
import type { Random } from "../../src/runtime/random.ts";

interface Trials {
  readonly name?: string;
  readonly imageOf: readonly number[];
  readonly neurons: number;
  readonly responses: Float32Array;
  readonly expected?: Float32Array;
  /** All "test" when absent. */
  readonly tierOf?: readonly Tier[];
}

/** A recording with the given responses to images of one pixel. */
export function recordingOf({
  name = "mouse",
  imageOf,
  neurons,
  responses,
  expected,
  tierOf,
}: Trials): Recording {
  const count = Math.max(...imageOf) + 1;
  return {
    name,
    subject: name,
    dataset: "made up",
    stimuli: { data: new Float32Array(count), count, channels: 1, height: 1, width: 1 },
    stimulusIds: Array.from({ length: count }, (_, image) => `image ${image}`),
    trials: imageOf.length,
    neurons,
    stimulusOf: Int32Array.from(imageOf),
    tierOf: tierOf ?? imageOf.map(() => "test" as const),
    responses,
    neuronIds: Array.from({ length: neurons }, (_, neuron) => `${neuron}`),
    expected,
  };
}

/** A Poisson number: how many of a unit rate's events fall before `mean` (Knuth). */
export function poisson(mean: number, random: Random): number {
  let events = 0;
  for (let left = Math.exp(-mean), product = random.uniform(); product > left; product *= random.uniform())
    events++;
  return events;
}

/** Poisson responses to every image, each shown `repeats` times, the means of a neuron drawn from 0 to its peak. */
export function poissonRecording(
  images: number,
  repeats: number,
  neurons: number,
  random: Random,
): Recording {
  const imageOf = Array.from({ length: images * repeats }, (_, trial) => trial % images);
  const peaks = Array.from({ length: neurons }, () => 1 + 7 * random.uniform());
  const means = Array.from({ length: images * neurons }, (_, i) => peaks[i % neurons]! * random.uniform());
  const expected = Float32Array.from(
    { length: imageOf.length * neurons },
    (_, i) => means[imageOf[Math.floor(i / neurons)]! * neurons + (i % neurons)]!,
  );
  return recordingOf({
    name: "Poisson",
    imageOf,
    neurons,
    responses: expected.map((mean) => poisson(mean, random)),
    expected,
  });
}
