import type { Recording, Tier } from "../../src/formats/recording.ts";
import { Random } from "../../src/runtime/random.ts";

export interface SmallRecordingOptions {
  readonly subject?: string;
  readonly dataset?: string;
  readonly trials?: number;
  readonly neurons?: number;
  readonly size?: number;
  readonly behavior?: boolean;
  readonly coordinates?: boolean;
}

/** Random images, each shown once; neuron k responds to pixel k of the diagonal and a little to the running speed, if there is one. */
export function smallRecording({
  subject = "mouse",
  dataset = "laboratory",
  trials = 10,
  neurons = 4,
  size = 8,
  behavior = false,
  coordinates = false,
}: SmallRecordingOptions = {}): Recording {
  const random = new Random(trials).split(subject);
  const pixels = size * size;
  const drawn = (label: string, length: number) => random.split(label).fillNormal(new Float32Array(length));
  const data = drawn("images", trials * pixels).map((value) => 100 + 30 * value);
  const states = behavior ? drawn("behavior", trials * 3).map((value) => 5 + value) : undefined;
  return {
    name: subject,
    subject,
    dataset,
    stimuli: { data, count: trials, channels: 1, height: size, width: size },
    stimulusIds: Array.from({ length: trials }, (_, i) => `image ${i}`),
    trials,
    neurons,
    stimulusOf: Int32Array.from({ length: trials }, (_, i) => i),
    tierOf: new Array<Tier>(trials).fill("train"),
    responses: Float32Array.from({ length: trials * neurons }, (_, i) => {
      const [trial, neuron] = [Math.floor(i / neurons), i % neurons];
      const contrast = (data[trial * pixels + ((neuron * (size + 1)) % pixels)]! - 100) / 30;
      return Math.max(0, 2 + 1.5 * contrast + 0.2 * ((states?.[3 * trial + 2] ?? 5) - 5));
    }),
    neuronIds: Array.from({ length: neurons }, (_, i) => `${i}`),
    ...(coordinates && { coordinates: drawn("coordinates", neurons * 3) }),
    ...(states && { behavior: states, pupilCenter: drawn("pupil", trials * 2) }),
  };
}
