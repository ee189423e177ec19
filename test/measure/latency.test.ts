import { expect, test } from "vitest";
import { StriateError } from "../../src/error.ts";
import { measureLatency, percentile } from "../../src/measure/index.ts";

test("warm-up runs are not counted, measured ones are", async () => {
  const durations = [100, 100, 4, 2, 6, 8];
  let clock = 0;
  let calls = 0;
  const run = async () => {
    clock += durations[calls++]!;
  };
  const latency = await measureLatency(run, { warmUp: 2, runs: 4, images: 10, now: () => clock });
  expect(calls).toBe(6);
  expect(latency.median).toBe(5);
  expect(latency.least).toBe(2);
  expect(latency.greatest).toBe(8);
  expect(latency.p95).toBeCloseTo(7.7, 12);
  expect(latency.imagesPerSecond).toBe(2000);
  expect(latency.runs).toBe(4);
});

test("waits for each run on the real clock", async () => {
  const latency = await measureLatency(() => new Promise((resolve) => setTimeout(resolve, 20)), {
    warmUp: 0,
    runs: 2,
  });
  expect(latency.least).toBeGreaterThan(15);
  expect(latency.imagesPerSecond).toBeLessThan(67);
});

test("percentiles interpolate as NumPy's do", () => {
  expect(percentile([3, 1, 2], 50)).toBe(2);
  expect(percentile([1, 2, 3, 4], 25)).toBe(1.75);
  expect(percentile([10, 2, 9], 100)).toBe(10);
  expect(percentile([7], 95)).toBe(7);
  expect(() => percentile([], 50)).toThrow(StriateError);
  expect(() => percentile([1], 101)).toThrow(StriateError);
});

test("needs a run to measure", async () => {
  await expect(measureLatency(() => {}, { runs: 0 })).rejects.toThrow(StriateError);
});
