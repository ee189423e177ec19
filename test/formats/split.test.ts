import { expect, test } from "vitest";
import { splitStimuli } from "../../src/formats/split.ts";
import { messageOf } from "./errors.ts";

const counts = (tiers: readonly string[]) =>
  ["train", "validation", "test"].map((tier) => tiers.filter((each) => each === tier).length);

test("shares of the stimuli, the same for the same seed", () => {
  expect(counts(splitStimuli(1000))).toEqual([800, 100, 100]);
  expect(counts(splitStimuli(7, { train: 2, validation: 1, test: 1 }, 3))).toEqual([5, 1, 1]);
  expect(counts(splitStimuli(3))).toEqual([1, 1, 1]);
  expect(counts(splitStimuli(5, { train: 1, validation: 0, test: 0 }))).toEqual([5, 0, 0]);
  expect(splitStimuli(100, undefined, 4)).toEqual(splitStimuli(100, undefined, 4));
  expect(splitStimuli(100, undefined, 4)).not.toEqual(splitStimuli(100, undefined, 5));
});

test("a tier with a share is never empty, and no stimulus is left out", () => {
  for (let count = 3; count < 60; count++) {
    const sizes = counts(splitStimuli(count, { train: 0.98, validation: 0.01, test: 0.01 }, count));
    expect(Math.min(...sizes)).toBeGreaterThan(0);
    expect(sizes[0]! + sizes[1]! + sizes[2]!).toBe(count);
  }
});

test("shares that make no split, and too few stimuli", () => {
  expect(messageOf(() => splitStimuli(9, { train: 1, validation: -1, test: 0 }))).toContain("validation -1");
  expect(messageOf(() => splitStimuli(9, { train: 0, validation: 0, test: 0 }))).toContain("sum above 0");
  expect(messageOf(() => splitStimuli(9, { train: Number.NaN, validation: 1, test: 0 }))).toContain("NaN");
  expect(messageOf(() => splitStimuli(2))).toContain(
    "2 stimuli cannot be split into train, validation, test",
  );
});
