import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { spreadLabels } from "../../src/report/figures/spread-labels.ts";

describe("labels moved apart", () => {
  it("stay where they are if there is room, and share the way if there is not", () => {
    expect(spreadLabels([10, 90, 50], 16, 0, 100)).toEqual([10, 90, 50]);
    expect(spreadLabels([50, 50], 16, 0, 100)).toEqual([42, 58]);
    expect(spreadLabels([100, 99], 16, 0, 100)).toEqual([100, 84]);
    expect(spreadLabels([], 16, 0, 100)).toEqual([]);
  });

  it("keep order, gap and bounds whatever they were", () => {
    const position = fc.double({ min: 0, max: 300, noNaN: true });
    fc.assert(
      fc.property(fc.array(position, { minLength: 1, maxLength: 15 }), (wanted) => {
        const placed = spreadLabels(wanted, 16, 0, 300);
        const order = wanted.map((_, i) => i).sort((a, b) => wanted[a] - wanted[b]);
        const sorted = order.map((i) => placed[i]);
        for (let i = 1; i < sorted.length; i++) expect(sorted[i] - sorted[i - 1]).toBeGreaterThan(16 - 1e-6);
        expect(sorted[0]).toBeGreaterThanOrEqual(0);
        expect(sorted[sorted.length - 1]).toBeLessThanOrEqual(300 + 1e-6);
      }),
    );
  });
});
