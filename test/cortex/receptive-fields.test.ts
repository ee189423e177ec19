import { describe, expect, test } from "vitest";
import { estimateCenters } from "../../src/cortex/receptive-fields.ts";
import { synthesizeRecording, syntheticPopulation } from "../../src/cortex/synthetic/synthesize.ts";
import { trialsOf } from "../../src/cortex/trials.ts";
import "../../src/runtime/node.ts";

const options = { neurons: 60, images: 400, seed: 4 };
const recording = synthesizeRecording(options);
const truth = syntheticPopulation(options).population.cells.map(({ field: { x, y } }) => [x, y] as const);
const training = trialsOf(recording, "train");

const median = (values: number[]) => values.sort((a, b) => a - b)[Math.floor(values.length / 2)]!;
const medianError = (centers: Float32Array) =>
  median(truth.map(([x, y], i) => Math.hypot(centers[2 * i]! - x, centers[2 * i + 1]! - y)));

describe("places of receptive fields", () => {
  test("are found to within a third of a field", () => {
    expect(medianError(estimateCenters(recording, training))).toBeLessThan(3);
  });

  test("are found without coordinates where trials are many", () => {
    const { coordinates: _, ...rest } = recording;
    expect(medianError(estimateCenters(rest, training))).toBeLessThan(4);
  });

  test("follow from the cortex where trials are few", () => {
    const few = training.slice(0, 80);
    const { coordinates: _, ...rest } = recording;
    const withMap = medianError(estimateCenters(recording, few));
    expect(withMap).toBeLessThan(medianError(estimateCenters(rest, few)));
    expect(withMap).toBeLessThan(9);
  });

  test("are finite for neurons that never change or were not recorded", () => {
    const responses = recording.responses.slice();
    for (let trial = 0; trial < recording.trials; trial++) {
      responses[trial * 60] = 0;
      responses[trial * 60 + 1] = Number.NaN;
    }
    const centers = estimateCenters({ ...recording, responses }, training);
    expect(centers.every(Number.isFinite)).toBe(true);
    for (let i = 0; i < 60; i++) {
      expect(centers[2 * i]).toBeGreaterThanOrEqual(0);
      expect(centers[2 * i]).toBeLessThan(64);
      expect(centers[2 * i + 1]).toBeLessThan(36);
    }
  });

  test("do not depend on the units of responses and images", () => {
    const responses = recording.responses.map((value) => 3 * value + 1);
    const stimuli = { ...recording.stimuli, data: recording.stimuli.data.map((value) => value / 255) };
    const scaled = estimateCenters({ ...recording, responses, stimuli }, training);
    const centers = estimateCenters(recording, training);
    scaled.forEach((value, i) => {
      expect(Math.abs(value - centers[i]!)).toBeLessThan(0.05);
    });
  });
});
