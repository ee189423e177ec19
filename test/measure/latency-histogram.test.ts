import fc from "fast-check";
import { expect, test } from "vitest";
import { percentile } from "../../src/measure/index.ts";
import { LatencyHistogram } from "../../src/measure/latency-histogram.ts";

test("percentiles are those of the latencies to within a bin, the greatest is exact", () => {
  const latencies = fc.array(fc.double({ min: 1e-3, max: 1e6, noNaN: true }), {
    minLength: 1,
    maxLength: 200,
  });
  fc.assert(
    fc.property(latencies, fc.integer({ min: 0, max: 100 }), (milliseconds, p) => {
      const histogram = new LatencyHistogram();
      for (const each of milliseconds) histogram.add(each);
      const sorted = [...milliseconds].sort((a, b) => a - b);
      const exact = sorted[Math.max(1, Math.ceil((p / 100) * sorted.length)) - 1]!;
      expect(Math.abs(Math.log2(histogram.percentile(p) / exact))).toBeLessThanOrEqual(1 / 32);
      expect(histogram.greatest).toBe(sorted.at(-1));
      expect(histogram.byDoubling().reduce((total, { count }) => total + count, 0)).toBe(sorted.length);
      for (const { from, to, count } of histogram.byDoubling())
        expect(
          sorted.filter((each) => each >= from * (1 + 1e-12) && each < to * (1 - 1e-12)).length,
        ).toBeLessThanOrEqual(count);
    }),
  );
});

test("many latencies take the same memory and give the median that all of them have", () => {
  const histogram = new LatencyHistogram();
  const all = Array.from({ length: 10_000 }, (_, i) => 0.5 + (i % 997) / 100);
  for (const each of all) histogram.add(each);
  expect(histogram.percentile(50) / percentile(all, 50)).toBeCloseTo(1, 1);
  expect(new LatencyHistogram().percentile(50)).toBeNaN();
  expect(new LatencyHistogram().byDoubling()).toEqual([]);
});

test("what no clock can see, and what lasts longer than any bin, has a place all the same", () => {
  const histogram = new LatencyHistogram();
  for (const each of [0, 1e-9, 1e12]) histogram.add(each);
  expect(histogram.count).toBe(3);
  expect(histogram.byDoubling()[0]).toMatchObject({ from: 0, count: 2 });
  expect(histogram.percentile(100)).toBeGreaterThan(1e7);
});
