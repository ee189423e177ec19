import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { StriateError } from "../../../src/error.ts";
import {
  accuracyBySteps,
  calibrateRules,
  confidence,
  cutoff,
  entropy,
  evidenceAfter,
  fitTemperature,
  lowestKeeping,
  margin,
  type RecordedEvidence,
  spreadThresholds,
  type stoppingRules,
  stoppingSteps,
  sweep,
  tabulate,
} from "../../../src/spiking/anytime/index.ts";
import { draw, readFixture } from "../../tensor/fixture.ts";

interface Stored {
  readonly evidence: readonly number[];
  readonly labels: readonly number[];
}

const fixture = readFixture<{
  steps: number;
  samples: number;
  classes: number;
  calibration: Stored;
  test: Stored;
  temperature: number;
  certainty: Record<"margin" | "confidence" | "entropy", number[]>;
  cases: {
    rule: (typeof stoppingRules)[number];
    threshold: number;
    steps: number[];
    accuracy: number;
    meanSteps: number;
  }[];
}>("anytime");
const { steps, samples, classes } = fixture;
const recorded = (stored: Stored): RecordedEvidence => ({
  steps,
  samples,
  classes,
  values: Float64Array.from(stored.evidence),
  labels: stored.labels,
});
const calibration = recorded(fixture.calibration);
const unseen = recorded(fixture.test);
const rules = Object.fromEntries(calibrateRules(calibration).map((rule) => [rule.rule, rule]));

describe("rules of stopping, against numpy and SciPy", () => {
  test("the temperature is SciPy's", () => {
    expect(fitTemperature(calibration) / fixture.temperature).toBeCloseTo(1, 6);
    expect(rules.confidence!.temperature).toBe(fitTemperature(calibration));
  });

  test.each(["margin", "confidence", "entropy"] as const)("%s", (rule) => {
    const certainty = {
      margin,
      confidence: confidence(fixture.temperature),
      entropy: entropy(fixture.temperature),
    }[rule];
    const own = [1, 4, 12].flatMap((step) =>
      Array.from({ length: samples }, (_, i) => certainty(evidenceAfter(unseen, step, i), step)),
    );
    expect(own).toHaveLength(fixture.certainty[rule].length);
    for (const [i, value] of own.entries()) expect(value).toBeCloseTo(fixture.certainty[rule][i]!, 8);
  });

  test.each(fixture.cases)("$rule at $threshold stops where the reference does", (wanted) => {
    const table = tabulate(unseen, rules[wanted.rule]!.certainty);
    expect([...stoppingSteps(table, wanted.threshold)]).toEqual(wanted.steps);
    const [point] = sweep(table, [wanted.threshold]);
    expect(point!.accuracy).toBeCloseTo(wanted.accuracy, 12);
    expect(point!.meanSteps).toBeCloseTo(wanted.meanSteps, 12);
  });
});

/** Any evidence, in few distinct values so that margins tie. */
const anyEvidence = fc
  .record({
    steps: fc.integer({ min: 1, max: 6 }),
    samples: fc.integer({ min: 1, max: 8 }),
    classes: fc.integer({ min: 2, max: 4 }),
    seed: fc.integer({ min: 0, max: 1e6 }),
  })
  .map(
    ({ seed, ...size }): RecordedEvidence => ({
      ...size,
      values: Float64Array.from(draw(size.steps * size.samples * size.classes, seed, -2, 3), (value, i) =>
        // The first value breaks every tie of a whole run.
        i === 0 ? 3.5 : Math.round(value),
      ),
      labels: Array.from(draw(size.samples, seed + 1, 0, size.classes), Math.floor),
    }),
  );

describe("what holds for every rule", () => {
  test("∞ takes every step and decides as the full time does; −∞ takes one", () => {
    fc.assert(
      fc.property(anyEvidence, (evidence) => {
        const bySteps = accuracyBySteps(evidence);
        for (const { certainty } of calibrateRules(evidence)) {
          const table = tabulate(evidence, certainty);
          const [first, last] = sweep(table, [Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY]);
          expect(last).toMatchObject({ accuracy: bySteps.at(-1), meanSteps: evidence.steps });
          expect(first).toMatchObject({ accuracy: bySteps[0], meanSteps: 1 });
        }
      }),
    );
  });

  test("the higher the threshold, the more steps of every sample", () => {
    fc.assert(
      fc.property(anyEvidence, (evidence) => {
        for (const { certainty } of calibrateRules(evidence)) {
          const table = tabulate(evidence, certainty);
          const rising = spreadThresholds(table, 7);
          expect(rising).toEqual([...rising].sort((a, b) => a - b));
          let before: ArrayLike<number> = new Uint16Array(evidence.samples);
          for (const threshold of rising) {
            const taken = stoppingSteps(table, threshold);
            for (const [i, step] of taken.entries()) expect(step).toBeGreaterThanOrEqual(before[i]!);
            before = taken;
          }
        }
      }),
    );
  });

  test("a rule takes no notice of what all classes have in common", () => {
    const z = [1.5, -0.25, 0.5];
    const moved = z.map((value) => value + 1000);
    for (const certainty of [margin, confidence(0.7), entropy(0.7), cutoff(calibration)])
      expect(certainty(moved, 2)).toBeCloseTo(certainty(z, 2), 9);
  });

  test("certainties go from none to all, and stay finite for large evidence", () => {
    expect(entropy(1)([2, 2, 2, 2], 1)).toBeCloseTo(0, 12);
    expect(confidence(1)([2, 2, 2, 2], 1)).toBeCloseTo(0.25, 12);
    for (const certainty of [entropy(1e-3), confidence(1e-3)]) {
      expect(certainty([1e5, -1e5, 0], 1)).toBe(1);
    }
  });

  test("reliability counts decisions that stay right alone, and margins that tie as one", () => {
    const values = [
      // after the first step: margins 1, 1, 3
      ...[1, 0, 0, 1, 3, 0],
      // after the second the third sample's decision turns
      ...[1, 0, 0, 1, 0, 1],
    ];
    const evidence: RecordedEvidence = {
      steps: 2,
      samples: 3,
      classes: 2,
      values: Float64Array.from(values),
      labels: [0, 1, 0],
    };
    const certainty = cutoff(evidence);
    expect(certainty([0.5, 0], 1)).toBeCloseTo(2 / 3, 12);
    expect(certainty([1, 0], 1)).toBeCloseTo(2 / 3, 12);
    expect(certainty([3, 0], 1)).toBeCloseTo(2 / 3, 12);
    expect(certainty([1, 0], 2)).toBeCloseTo(2 / 3, 12);
  });
});

test("the lowest threshold that keeps an accuracy lies above the last one that falls short", () => {
  const point = (threshold: number, accuracy: number) => ({ threshold, accuracy, meanSteps: threshold });
  const points = [point(1, 0.9), point(2, 0.7), point(3, 0.8), point(4, 0.85)];
  expect(lowestKeeping(points, 0.8)?.threshold).toBe(3);
  expect(lowestKeeping(points, 0.5)?.threshold).toBe(1);
  expect(lowestKeeping(points, 0.86)).toBeUndefined();
});

test("a temperature needs outputs that differ", () => {
  const flat = { ...calibration, values: new Float64Array(calibration.values.length) };
  expect(() => fitTemperature(flat)).toThrow(StriateError);
  // Right with every margin: the likelihood has no maximum, and the temperature ends low but above 0.
  const sure = {
    ...calibration,
    values: calibration.values.map((_, i) => Number(i % classes === 0)),
    labels: new Array(samples).fill(0),
  };
  const temperature = fitTemperature(sure);
  expect(temperature).toBeGreaterThan(0);
  expect(temperature).toBeLessThan(0.1);
});
