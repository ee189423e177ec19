import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { accuracyAxis, accuracyTick, axisNotes, clipBelow } from "../../src/report/figures/accuracy-axis.ts";
import { decadeTicks } from "../../src/report/figures/phase-panel.ts";
import { stepTicks } from "../../src/report/figures/step-ticks.ts";

const accuracy = fc.double({ min: 0, max: 1, noNaN: true });

describe("accuracyAxis", () => {
  it("gives equal heights to equal ratios of errors", () => {
    const { position } = accuracyAxis([0.9, 0.95, 0.98, 0.99]);
    expect(position(0.98) - position(0.96)).toBeCloseTo(position(0.99) - position(0.98), 12);
    expect(position(0.99)).toBeCloseTo(2, 12);
  });

  it("shows all accuracies within a factor of sixteen of the best error, and clips the rest", () => {
    const axis = accuracyAxis([0.99, 0.9, 0.85, 0.1]);
    expect(axis.low).toBeLessThan(0.85);
    expect(axis.low).toBeGreaterThan(0.1);
    expect(axisNotes(axis, [0.99, 0.9, 0.85, 0.1])).toEqual([
      expect.stringMatching(
        /^1 point lies below the axis, which starts at 8\d\.\d\u00a0%; the lowest is 10\.00\u00a0%\.$/,
      ),
    ]);
    expect(axisNotes(axis, [0.99, 0.9])).toEqual([]);
  });

  it("keeps every axis finite, in order, labelled at least thrice, with the best value on it", () => {
    fc.assert(
      fc.property(
        fc.array(fc.oneof(accuracy, fc.constant(Number.NaN), fc.constant(1)), { maxLength: 12 }),
        (values) => {
          const axis = accuracyAxis(values);
          expect(axis.low).toBeGreaterThanOrEqual(0);
          expect(axis.high).toBeLessThanOrEqual(1);
          expect(axis.position(axis.low)).toBeLessThan(axis.position(axis.high));
          expect(Number.isFinite(axis.position(1))).toBe(true);
          expect(new Set(axis.ticks.map(accuracyTick)).size).toBeGreaterThanOrEqual(3);
          for (const tick of axis.ticks)
            expect(tick >= axis.low - 1e-9 && tick <= axis.high + 1e-9).toBe(true);
          const finite = values.filter(Number.isFinite);
          const best = finite.length > 0 ? Math.max(...finite) : axis.low;
          expect(axis.position(best)).toBeLessThanOrEqual(axis.position(axis.high) + 1e-12);
          expect(best).toBeGreaterThanOrEqual(axis.low);
          expect(axis.perfect).toBe(values.some((value) => 1 - value < 1e-6));
        },
      ),
    );
  });

  it("says that a perfect accuracy is drawn at the edge", () => {
    expect(axisNotes(accuracyAxis([1, 0.9]), [1, 0.9])).toEqual([
      "An accuracy of 100 % is drawn at the top edge.",
    ]);
  });
});

describe("clipBelow", () => {
  it("cuts segments where they cross the bound", () => {
    const points = [1, 3, 5, 1].map((y, i) => ({ x: i, y }));
    const { line, shown, below } = clipBelow(points, 2);
    expect(line.filter(({ y }) => y === 2)).toEqual([
      { x: 0.5, y: 2 },
      { x: 2.75, y: 2 },
    ]);
    expect(shown).toEqual(points.slice(1, 3));
    expect(below).toEqual([points[0], points[3]]);
  });

  it("draws nothing below the bound and loses no finite point", () => {
    const y = fc.oneof(fc.double({ min: -5, max: 5, noNaN: true }), fc.constant(Number.NaN));
    fc.assert(
      fc.property(fc.array(y), (values) => {
        const { line, shown, below } = clipBelow(
          values.map((value, x) => ({ x, y: value })),
          1,
        );
        expect(line.every((point) => Number.isNaN(point.y) || point.y >= 1)).toBe(true);
        expect(shown.length + below.length).toBe(values.filter(Number.isFinite).length);
      }),
    );
  });
});

describe("ticks", () => {
  it("labels steps evenly and always the last", () => {
    expect(stepTicks(1, 7)).toEqual([1, 2, 3, 4, 5, 6, 7]);
    expect(stepTicks(1, 15)).toEqual([1, 3, 5, 7, 9, 11, 13, 15]);
    expect(stepTicks(1, 350)).toEqual([50, 100, 150, 200, 250, 300, 350]);
    expect(stepTicks(4, 4)).toEqual([4]);
  });

  it("labels losses at 1, 2 and 5 of a decade, or leaves it where there is too little", () => {
    expect(decadeTicks(0.03, 0.6)).toEqual([0.05, 0.1, 0.2, 0.5]);
    expect(decadeTicks(1e-5, 10)).toEqual([1e-5, 1e-4, 1e-3, 0.01, 0.1, 1, 10]);
    expect(decadeTicks(0.03, 0.04)).toBeUndefined();
  });
});
