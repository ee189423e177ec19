import { describe, expect, it } from "vitest";
import { checkRecording, type Recording } from "../../src/formats/recording.ts";
import { messageOf } from "./errors.ts";
import { smallRecording } from "./small-recording.ts";

const refusal = (changes: Partial<Recording>) => messageOf(() => checkRecording(smallRecording(changes)));

/** Values with one of them changed. */
const withValue = (values: Float32Array, at: number, value: number): Float32Array =>
  values.map((old, i) => (i === at ? value : old));

it("a recording whose parts fit has nothing to be said about it, missing responses included", () => {
  const recording = smallRecording();
  expect(recording.responses.some((value) => Number.isNaN(value))).toBe(true);
  expect(checkRecording(recording)).toEqual([]);
  const least = { coordinates: undefined, behavior: undefined, pupilCenter: undefined, expected: undefined };
  expect(checkRecording(smallRecording(least))).toEqual([]);
});

describe("counts that differ are refused, with both of them and what to do", () => {
  const { stimuli, stimulusIds, stimulusOf, tierOf, responses, neuronIds } = smallRecording();
  const { coordinates, behavior, pupilCenter, expected } = smallRecording();
  it.each<[string, Partial<Recording>]>([
    [
      "images has 479 values, expected 480 (8 images of 2×6×5)",
      { stimuli: { ...stimuli, data: stimuli.data.subarray(1) } },
    ],
    ["images has 480 values, expected 540 (9 images of 2×6×5)", { stimuli: { ...stimuli, count: 9 } }],
    ["the list of stimulus ids has 7 values, expected 8 (8 stimuli)", { stimulusIds: stimulusIds.slice(1) }],
    [
      "the list of stimuli by trial has 11 values, expected 12 (12 trials)",
      { stimulusOf: stimulusOf.slice(1) },
    ],
    ["the list of tiers has 11 values, expected 12 (12 trials)", { tierOf: tierOf.slice(1) }],
    ["responses has 55 values, expected 60 (12 trials × 5 neurons)", { responses: responses.subarray(5) }],
    ["the list of neurons has 4 values, expected 5 (5 neurons)", { neuronIds: neuronIds.slice(1) }],
    ["coordinates has 10 values, expected 15 (5 neurons × 3)", { coordinates: coordinates!.subarray(5) }],
    ["behavior has 24 values, expected 36 (12 trials × 3)", { behavior: behavior!.subarray(12) }],
    ["pupil_center has 22 values, expected 24 (12 trials × 2)", { pupilCenter: pupilCenter!.subarray(2) }],
    [
      "expected responses has 48 values, expected 60 (12 trials × 5 neurons)",
      { expected: expected!.subarray(12) },
    ],
  ])("%s", (message, changes) => {
    expect(refusal({ name: "rat.zip", ...changes })).toBe(
      `rat.zip: ${message}. Give images, responses and behaviour with one entry for each trial, in the same order`,
    );
  });

  it.each([8, -1])("a trial with stimulus %i of 8", (index) => {
    const wrong = stimulusOf.map((stimulus, trial) => (trial === 4 ? index : stimulus));
    expect(refusal({ stimulusOf: wrong })).toContain(
      `small: trial 4 shows stimulus ${index}, but there are 8`,
    );
  });
});

describe("values that cannot be used are refused, with where they are", () => {
  const { stimuli, responses, behavior, pupilCenter } = smallRecording();
  it.each<[string, Partial<Recording>]>([
    [
      "image ü has the value NaN at position 7",
      { stimuli: { ...stimuli, data: withValue(stimuli.data, 2 * 60 + 7, Number.NaN) } },
    ],
    [
      "image 12 has the value Infinity at position 59",
      { stimuli: { ...stimuli, data: withValue(stimuli.data, 479, Number.POSITIVE_INFINITY) } },
    ],
    [
      "behavior of trial 3 has the value NaN at position 1",
      { behavior: withValue(behavior!, 10, Number.NaN) },
    ],
    [
      "pupil_center of trial 11 has the value -Infinity at position 0",
      { pupilCenter: withValue(pupilCenter!, 22, Number.NEGATIVE_INFINITY) },
    ],
  ])("%s", (message, changes) => {
    expect(refusal(changes)).toBe(`small: ${message}. Leave that trial out, or mend the file`);
  });

  it.each([Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY])("a response that is %d", (value) => {
    expect(refusal({ responses: withValue(responses, 5 * 9 + 3, value) })).toBe(
      `small: the response of neuron 3 in trial 9 is ${value}. Write NaN where nothing was recorded`,
    );
  });
});

describe("neurons that nothing can predict", () => {
  const { responses, trials } = smallRecording();

  it("are named when they never change or were never recorded, and prevent nothing", () => {
    // trial 1 of neuron 2 is NaN: what is left of it is constant
    const changed = responses.map((value, i) => {
      if (i % 5 === 2) return Number.isNaN(value) ? value : 3;
      return i % 5 === 4 ? Number.NaN : value;
    });
    expect(checkRecording(smallRecording({ responses: changed }))).toEqual([
      "small: neurons 4 have no response in any trial (all NaN); they score 0",
      "small: neurons 2 respond the same in every trial; nothing can predict them and they score 0",
    ]);
  });

  it("are listed up to the eighth", () => {
    const neurons = 11;
    const [warning] = checkRecording(
      smallRecording({
        neurons,
        responses: new Float32Array(trials * neurons),
        neuronIds: Array.from({ length: neurons }, (_, i) => `${i}`),
        coordinates: undefined,
        expected: undefined,
      }),
    );
    expect(warning).toContain("neurons 0, 1, 2, 3, 4, 5, 6, 7 and 3 more respond the same in every trial");
  });
});
