import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  bootstrapDifference,
  bootstrapMean,
  bootstrapMeans,
  bootstrapRatio,
} from "../../src/cortex/metrics/index.ts";
import { StriateError } from "../../src/error.ts";
import { Random } from "../../src/runtime/random.ts";

const normal = (n: number, seed: number, centre = 0) =>
  new Random(seed).fillNormal(new Float32Array(n), centre, 1);
const width = ({ low, high }: { low: number; high: number }) => high - low;

test("the interval holds the mean, and lies within the values", () => {
  fc.assert(
    fc.property(
      fc.array(fc.double({ min: -1, max: 1, noNaN: true }), { minLength: 1, maxLength: 50 }),
      fc.integer({ min: 0, max: 2 ** 31 }),
      (values, seed) => {
        const { value, low, high, neurons } = bootstrapMean(values, { seed, resamples: 400 });
        const rounding = 1e-12;
        expect(neurons).toBe(values.length);
        expect(value).toBeCloseTo(values.reduce((sum, x) => sum + x, 0) / neurons, 12);
        expect(low).toBeLessThanOrEqual(high);
        expect(low).toBeGreaterThanOrEqual(Math.min(...values) - rounding);
        expect(high).toBeLessThanOrEqual(Math.max(...values) + rounding);
        expect(low).toBeLessThanOrEqual(value + rounding);
        expect(high).toBeGreaterThanOrEqual(value - rounding);
      },
    ),
    { numRuns: 60 },
  );
});

describe("on normal values", () => {
  test("the interval is as wide as theory says and narrows with √n", () => {
    for (const n of [100, 1600]) {
      const values = normal(n, n);
      const mean = values.reduce((sum, x) => sum + x, 0) / n;
      const deviation = Math.sqrt(values.reduce((sum, x) => sum + (x - mean) ** 2, 0) / n);
      const theory = (2 * 1.96 * deviation) / Math.sqrt(n);
      expect(width(bootstrapMean(values, { seed: 1 })) / theory).toBeGreaterThan(0.96);
      expect(width(bootstrapMean(values, { seed: 1 })) / theory).toBeLessThan(1.04);
      const half = bootstrapMean(values, { seed: 1, level: 0.5 });
      expect(width(half) / ((theory * 0.6745) / 1.96)).toBeGreaterThan(0.95);
      expect(width(half) / ((theory * 0.6745) / 1.96)).toBeLessThan(1.05);
    }
  });

  test("about 95 of 100 intervals hold the true mean", () => {
    let covered = 0;
    for (let seed = 0; seed < 400; seed++) {
      const { low, high } = bootstrapMean(normal(60, seed, 0.4), { seed, resamples: 500 });
      if (low <= 0.4 && 0.4 <= high) covered++;
    }
    expect(covered).toBeGreaterThan(360);
    expect(covered).toBeLessThan(394);
  });
});

test("the same seed gives the same interval, another seed nearly the same", () => {
  const values = normal(300, 7);
  const first = bootstrapMean(values, { seed: 1 });
  expect(bootstrapMean(values, { seed: 1 })).toEqual(first);
  const other = bootstrapMean(values, { seed: 2 });
  expect(other.low).not.toBe(first.low);
  expect(Math.abs(other.low - first.low)).toBeLessThan(0.05 * width(first));
});

test("several scores have the intervals that each has alone, NaN left out", () => {
  const scores = [
    normal(40, 1),
    normal(40, 2).fill(Number.NaN, 0, 7),
    normal(40, 3),
    normal(40, 4).fill(Number.NaN, 33),
  ];
  const alone = scores.map((values) => bootstrapMean(values, { seed: 6 }));
  expect(bootstrapMeans(scores, { seed: 6 })).toEqual(alone);
  expect(alone.map(({ neurons }) => neurons)).toEqual([40, 33, 40, 33]);
  expect(alone[1]).toEqual(bootstrapMean(scores[1]!.subarray(7), { seed: 6 }));
});

describe("two models on the same neurons", () => {
  const difficulty = normal(200, 1);
  const a = difficulty.map((x, neuron) => x + 0.1 + 0.05 * normal(200, 2)[neuron]!);

  test("the difference is found where the intervals of both means overlap", () => {
    const difference = bootstrapDifference(a, difficulty, { seed: 1 });
    const [of, than] = [bootstrapMean(a, { seed: 1 }), bootstrapMean(difficulty, { seed: 1 })];
    expect(difference.value).toBeCloseTo(of.value - than.value, 12);
    expect(of.low).toBeLessThan(than.high);
    expect(difference.low).toBeGreaterThan(0.08);
    expect(difference.high).toBeLessThan(0.12);
    const reversed = bootstrapDifference(difficulty, a, { seed: 1 });
    expect(reversed.low).toBeCloseTo(-difference.high, 12);
  });

  test("neurons without a value in one of them are left out of both", () => {
    const b = difficulty.slice().fill(Number.NaN, 150);
    const holes = a.slice().fill(Number.NaN, 0, 20);
    const difference = bootstrapDifference(holes, b, { seed: 1 });
    expect(difference).toEqual(bootstrapDifference(a.slice(20, 150), difficulty.slice(20, 150), { seed: 1 }));
    expect(difference.neurons).toBe(130);
  });
});

describe("shares of a ceiling", () => {
  test("are the mean over the mean, and exact where every neuron reaches the same", () => {
    const ceiling = Float64Array.of(0.2, 0.5, 0.9, 0.4);
    const same = bootstrapRatio(
      ceiling.map((c) => c / 2),
      ceiling,
      { seed: 1 },
    );
    expect(same).toEqual({ value: 0.5, low: 0.5, high: 0.5, neurons: 4 });
    const mixed = bootstrapRatio([0.1, 0.5, 0.1, 0.2], ceiling, { seed: 1 });
    expect(mixed.value).toBeCloseTo(0.45, 12);
    expect(mixed.low).toBeGreaterThan(0.1 / 0.9 - 1e-12);
    expect(mixed.low).toBeLessThan(0.45);
    expect(mixed.high).toBeGreaterThan(0.45);
  });

  test("leave out neurons with nothing to take a share of", () => {
    expect(bootstrapRatio([0.3, 0.2, 0.1, 0.5], [0.6, 0, -0.01, Number.NaN], { seed: 1 })).toEqual({
      value: 0.5,
      low: 0.5,
      high: 0.5,
      neurons: 1,
    });
  });
});

test("says what it cannot do", () => {
  expect(() => bootstrapMean([], { seed: 1 })).toThrow(StriateError);
  expect(() => bootstrapMean([Number.NaN], { seed: 1 })).toThrow(/no neuron/);
  expect(() => bootstrapDifference([1, 2], [1], { seed: 1 })).toThrow(/2 and 1 neurons/);
  expect(() => bootstrapRatio([1], [0], { seed: 1 })).toThrow(/no neuron/);
  expect(() => bootstrapMean([1], { seed: 1, resamples: 0 })).toThrow(/0 resamples/);
  expect(() => bootstrapMean([1], { seed: 1, level: 1 })).toThrow(/level 1/);
});
