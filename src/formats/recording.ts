import { StriateError } from "../error.ts";

/** What a trial is for. The names are those of Sensorium 2022. */
export const tiers = ["train", "validation", "test", "final_test"] as const;

export type Tier = (typeof tiers)[number];

/** Images (count, channels, height, width), row-major, in the units in which they were stored, such as 0 to 255. */
export interface ImageStack {
  readonly data: Float32Array;
  readonly count: number;
  readonly channels: number;
  readonly height: number;
  readonly width: number;
}

/** Responses of neurons to images that one subject was shown: what every source of recordings is read into. */
export interface Recording {
  /** Where it came from: what errors call it. */
  readonly name: string;
  /** The animal or person, with the session where that matters: models have one readout for each subject. */
  readonly subject: string;
  /** What a dataset path is shared by: one laboratory's or one experiment's recordings. */
  readonly dataset: string;
  /** Each distinct stimulus once. */
  readonly stimuli: ImageStack;
  /** What the source calls each stimulus; all differ. */
  readonly stimulusIds: readonly string[];
  readonly trials: number;
  readonly neurons: number;
  /** The stimulus of each trial, an index into `stimuli`. Trials with the same stimulus are its repeats. */
  readonly stimulusOf: Int32Array;
  readonly tierOf: readonly Tier[];
  /** (trials, neurons), row-major: spike counts, rates or fluorescence, at least 0 in general; NaN where not recorded. */
  readonly responses: Float32Array;
  /** What the source calls each neuron. */
  readonly neuronIds: readonly string[];
  /** Position of each neuron in the cortex, (neurons, 3), micrometres. */
  readonly coordinates?: Float32Array | undefined;
  /** (trials, 3): pupil size, its temporal derivative, running speed. */
  readonly behavior?: Float32Array | undefined;
  /** (trials, 2): x and y of the pupil's centre. */
  readonly pupilCenter?: Float32Array | undefined;
  /** (trials, neurons): the mean of each response without noise, which only a synthetic recording knows. */
  readonly expected?: Float32Array | undefined;
}

/**
 * Checks that the parts of a recording fit together.
 *
 * @returns what a person should know but what does not prevent its use, such as neurons that never change.
 * @throws StriateError when counts differ, a stimulus index does not exist, or an image or behaviour is not finite.
 */
export function checkRecording(recording: Recording): string[] {
  const { name, trials, neurons, stimuli } = recording;
  const { count, channels, height, width } = stimuli;
  const pixels = channels * height * width;
  const expect = (what: string, given: number, expected: number, meaning: string) => {
    if (given !== expected)
      throw new StriateError(
        `${name}: ${what} has ${given} values, expected ${expected} (${meaning})`,
        "Give images, responses and behaviour with one entry for each trial, in the same order",
      );
  };
  expect("images", stimuli.data.length, count * pixels, `${count} images of ${channels}×${height}×${width}`);
  expect("the list of stimulus ids", recording.stimulusIds.length, count, `${count} stimuli`);
  expect("the list of stimuli by trial", recording.stimulusOf.length, trials, `${trials} trials`);
  expect("the list of tiers", recording.tierOf.length, trials, `${trials} trials`);
  expect("responses", recording.responses.length, trials * neurons, `${trials} trials × ${neurons} neurons`);
  expect("the list of neurons", recording.neuronIds.length, neurons, `${neurons} neurons`);
  const { coordinates, behavior, pupilCenter, expected } = recording;
  if (coordinates) expect("coordinates", coordinates.length, neurons * 3, `${neurons} neurons × 3`);
  if (behavior) expect("behavior", behavior.length, trials * 3, `${trials} trials × 3`);
  if (pupilCenter) expect("pupil_center", pupilCenter.length, trials * 2, `${trials} trials × 2`);
  if (expected)
    expect("expected responses", expected.length, trials * neurons, `${trials} trials × ${neurons} neurons`);
  const missing = recording.stimulusOf.findIndex((index) => !(index >= 0 && index < count));
  if (missing >= 0)
    throw new StriateError(
      `${name}: trial ${missing} shows stimulus ${recording.stimulusOf[missing]}, but there are ${count}`,
    );
  requireFinite(name, "image", recording.stimulusIds, stimuli.data, pixels);
  const trialNames = { at: (trial: number) => `of trial ${trial}` };
  if (behavior) requireFinite(name, "behavior", trialNames, behavior, 3);
  if (pupilCenter) requireFinite(name, "pupil_center", trialNames, pupilCenter, 2);
  return responseWarnings(recording);
}

function requireFinite(
  name: string,
  what: string,
  names: { at(index: number): string | undefined },
  values: Float32Array,
  size: number,
): void {
  const at = values.findIndex((value) => !Number.isFinite(value));
  if (at < 0) return;
  const index = Math.floor(at / size);
  throw new StriateError(
    `${name}: ${what} ${names.at(index)} has the value ${values[at]} at position ${at % size}`,
    "Leave that trial out, or mend the file",
  );
}

/** Neurons that never change, and infinite responses, which cannot be used. */
function responseWarnings({ name, responses, trials, neurons }: Recording): string[] {
  const constant: number[] = [];
  const silent: number[] = [];
  for (let neuron = 0; neuron < neurons; neuron++) {
    let low = Number.POSITIVE_INFINITY;
    let high = Number.NEGATIVE_INFINITY;
    for (let trial = 0; trial < trials; trial++) {
      const value = responses[trial * neurons + neuron]!;
      if (Number.isNaN(value)) continue;
      if (!Number.isFinite(value))
        throw new StriateError(
          `${name}: the response of neuron ${neuron} in trial ${trial} is ${value}`,
          "Write NaN where nothing was recorded",
        );
      if (value < low) low = value;
      if (value > high) high = value;
    }
    if (low > high) silent.push(neuron);
    else if (low === high) constant.push(neuron);
  }
  const list = (indices: number[]) =>
    `${indices.slice(0, 8).join(", ")}${indices.length > 8 ? ` and ${indices.length - 8} more` : ""}`;
  const warnings: string[] = [];
  if (silent.length > 0)
    warnings.push(`${name}: neurons ${list(silent)} have no response in any trial (all NaN); they score 0`);
  if (constant.length > 0)
    warnings.push(
      `${name}: neurons ${list(constant)} respond the same in every trial; nothing can predict them and they score 0`,
    );
  return warnings;
}
