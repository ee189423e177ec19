import { describe, expect, it } from "vitest";
import { ResponseModel } from "../../src/cortex/response-model.ts";
import { measureScales, standardizeCoordinates } from "../../src/cortex/scales.ts";
import { prepareTrials, setScales, trialsOf } from "../../src/cortex/trials.ts";
import type { Recording } from "../../src/formats/recording.ts";
import { messageOf } from "../formats/errors.ts";
import { smallRecording } from "./small-recording.ts";

/** Four trials of three neurons, two of images of 1×2; the last trial is not for training. */
const recording: Recording = {
  ...smallRecording({ trials: 4, neurons: 3, size: 1 }),
  name: "monkey.zip",
  stimuli: { data: Float32Array.of(0, 2, 4, 6, 1000, 1000), count: 3, channels: 1, height: 1, width: 2 },
  stimulusIds: ["a", "b", "unseen"],
  stimulusOf: Int32Array.of(0, 1, 1, 2),
  tierOf: ["train", "train", "train", "test"],
  // deviations 2√(2/3), 3 (one trial missing), 0
  responses: Float32Array.of(2, 1, 7, 4, Number.NaN, 7, 6, 7, 7, 900, 900, 900),
  behavior: Float32Array.of(1, 5, 0, 2, 5, 0, 3, 5, 3, 9, 9, 9),
  pupilCenter: Float32Array.of(10, 1, 20, 1, 30, 1, 90, 90),
  coordinates: Float32Array.of(0, 5, 9, 3, 5, 9, 6, 5, 9),
};
const training = trialsOf(recording, "train");

function expectClose(values: Float32Array, expected: readonly number[]): void {
  expect(values.length).toBe(expected.length);
  for (const [i, value] of expected.entries())
    expect(Math.abs(values[i]! - value), `value ${i}`).toBeLessThanOrEqual(
      1e-6 * Math.max(1, Math.abs(value)),
    );
}

describe("scales measured on training trials", () => {
  const scales = measureScales(recording, training);
  const deviation = Math.sqrt(8 / 3);
  const floor = (0.01 * (deviation + 3 + 0)) / 3;

  it("are population deviations of responses without NaN, and no less than 1 % of their mean", () => {
    expect([...training]).toEqual([0, 1, 2]);
    expectClose(scales.response, [deviation, 3, floor]);
    expectClose(scales.meanResponse, [4 / deviation, 4 / 3, 7 / floor]);
  });

  it("are one mean and one deviation for all pixels, each image counted once", () => {
    expectClose(scales.image, [3, Math.sqrt(5)]);
  });

  it("are deviations of behaviour, and mean and deviation of the pupil, 1 for what never changes", () => {
    expectClose(scales.behavior, [Math.sqrt(2 / 3), 1, Math.SQRT2]);
    expectClose(scales.pupil, [20, 1, Math.sqrt(200 / 3), 1]);
    const { behavior, pupil } = measureScales(
      { ...recording, behavior: undefined, pupilCenter: undefined },
      training,
    );
    expectClose(behavior, [1, 1, 1]);
    expectClose(pupil, [0, 0, 1, 1]);
  });

  it("standardise the first two coordinates of neurons", () => {
    const step = Math.sqrt(3 / 2);
    expectClose(standardizeCoordinates(recording), [-step, 0, 0, 0, step, 0]);
    const { coordinates: _, ...without } = recording;
    expect(messageOf(() => standardizeCoordinates(without))).toContain(
      "monkey.zip: no coordinates of neurons",
    );
  });

  it("are refused without trials, without contrast, and without a response that changes", () => {
    expect(messageOf(() => measureScales(recording, new Int32Array(0)))).toContain(
      "monkey.zip: no trials to fit to",
    );
    // at this size and grey the difference of sums of squares is not quite 0
    const grey = { data: new Float32Array(3 * 1152).fill(0.1), count: 3, channels: 1, height: 36, width: 32 };
    expect(messageOf(() => measureScales({ ...recording, stimuli: grey }, training))).toMatch(
      /monkey\.zip: all pixels of the training images are 0\.1.*Check the images/,
    );
    for (const value of [0.1, Number.NaN])
      expect(
        messageOf(() =>
          measureScales({ ...recording, responses: new Float32Array(12).fill(value) }, training),
        ),
      ).toContain("monkey.zip: no neuron's response changes in the 3 training trials");
  });
});

describe("trials prepared for a model", () => {
  const input = { channels: 1, height: 1, width: 2 };
  const build = (subject: object = {}, behavior = false) =>
    new ResponseModel(
      {
        input,
        core: { kind: "pixels" },
        behavior,
        subjects: [{ name: "mouse", dataset: "laboratory", neurons: 3, ...subject }],
      },
      1,
    );

  it("are standardised with the scales of the training trials, NaN kept", () => {
    const model = build({ shifter: true, coordinates: true }, true);
    setScales(model, recording, training);
    const trials = prepareTrials(model, recording);
    const pixel = (value: number) => (value - 3) / Math.sqrt(5);
    expectClose(trials.images, [pixel(0), pixel(2), pixel(4), pixel(6), pixel(1000), pixel(1000)]);
    const deviation = Math.sqrt(8 / 3);
    expect(trials.responses[0]).toBeCloseTo(2 / deviation, 6);
    expect(trials.responses[9]).toBeCloseTo(900 / deviation, 3);
    expect(trials.responses[4]).toBeNaN();
    expect(trials.hasMissing).toBe(true);
    const x = (90 - 20) / Math.sqrt(200 / 3);
    expectClose(trials.pupil!.subarray(6), [x, 89]);
    expectClose(trials.behavior!.subarray(15), [9 / Math.sqrt(2 / 3), 9, 9 / Math.SQRT2, x, 89]);
    expectClose(model.subject("mouse").coordinates!.data, [...standardizeCoordinates(recording)]);
  });

  it("start the readout where an answer without features is each neuron's mean", () => {
    const model = build();
    setScales(model, recording, training);
    const [first, second, third] = measureScales(recording, training).meanResponse;
    const elu = (x: number) => (x > 0 ? x : Math.expm1(x));
    const answers = model.subject("mouse").readout.bias.data.map((bias) => elu(bias) + 1);
    expect(answers[0]! / first!).toBeCloseTo(1, 5);
    expect(answers[1]! / second!).toBeCloseTo(1, 5);
    expect(answers[2]! / third!).toBeCloseTo(1, 5);
  });

  it("are refused when they do not fit the model", () => {
    const refusal = (model: ResponseModel, changed: Partial<Recording>) =>
      messageOf(() => {
        setScales(model, recording, training);
        prepareTrials(model, { ...recording, ...changed });
      });
    const stimuli = { ...recording.stimuli, height: 2, width: 1 };
    expect(refusal(build(), { stimuli })).toContain("images of 1×2×1, the model takes 1×1×2");
    expect(refusal(build(), { neurons: 2 })).toContain('2 neurons, the model\'s readout for "mouse" has 3');
    expect(refusal(build(), { subject: "rat" })).toContain('no readout for subject "rat", only for mouse');
    expect(refusal(build({ shifter: true }), { pupilCenter: undefined })).toContain("no pupil_center");
    expect(refusal(build({}, true), { behavior: undefined })).toContain("no behavior");
    expect(refusal(build({}, true), { pupilCenter: undefined })).toContain("no pupil_center");
  });
});
