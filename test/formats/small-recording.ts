import type { Recording, Tier } from "../../src/formats/recording.ts";
import { Random } from "../../src/runtime/random.ts";

/** Twelve trials of eight images, 2 × 6 × 5, and five neurons, with all that a recording may hold. */
export function smallRecording(changes: Partial<Recording> = {}): Recording {
  const random = new Random(4);
  const numbers = (length: number, low = 0, high = 1) =>
    random.fillUniform(new Float32Array(length), low, high);
  const stimulusOf = Int32Array.of(0, 1, 2, 3, 4, 5, 6, 6, 6, 7, 7, 3);
  const tierOf: Tier[] = Array.from(stimulusOf, (stimulus) =>
    stimulus >= 6 ? "test" : stimulus === 5 ? "validation" : "train",
  );
  const responses = numbers(60, 0, 12);
  responses[7] = Number.NaN;
  return {
    name: "small",
    subject: "rat-1",
    dataset: "made up",
    stimuli: { data: numbers(8 * 60, -3, 3), count: 8, channels: 2, height: 6, width: 5 },
    stimulusIds: ["a", "b", "ü", "d", "e", "f", "g", "12"],
    trials: 12,
    neurons: 5,
    stimulusOf,
    tierOf,
    responses,
    neuronIds: ["3", "-1", "40", "0", "9007199254740993"],
    coordinates: numbers(15, -500, 500),
    behavior: numbers(36),
    pupilCenter: numbers(24),
    expected: numbers(60),
    ...changes,
  };
}
