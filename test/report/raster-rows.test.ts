import { describe, expect, it } from "vitest";
import { chooseRows } from "../../src/report/figures/raster-rows.ts";

const negativeAt = (neurons: number[]) => neurons.map((neuron) => ({ neuron, step: 1, sign: -1 as const }));

describe("chooseRows", () => {
  it("takes every neuron where they fit", () => {
    expect(chooseRows(4, [], 40)).toEqual([0, 1, 2, 3]);
  });

  it("samples different neurons over the whole layer, and not one pixel of every feature map", () => {
    const rows = chooseRows(12544, [], 40);
    expect(new Set(rows).size).toBe(40);
    expect(Math.max(...rows.slice(1).map((row, i) => row - rows[i]))).toBeLessThan(3 * (12544 / 40));
    expect(new Set(rows.map((row) => row % 28)).size).toBeGreaterThan(14);
  });

  it("keeps a quarter of the rows, and no more, for negative spikes", () => {
    const few = chooseRows(1000, negativeAt([123, 777]), 40);
    expect(few).toEqual(expect.arrayContaining([123, 777]));
    const odd = Array.from({ length: 300 }, (_, i) => 700 + i);
    const rows = chooseRows(1000, negativeAt(odd), 40);
    expect(rows).toHaveLength(40);
    expect(rows.filter((row) => row < 700).length).toBeGreaterThan(15);
    expect(rows.filter((row) => row >= 700).length).toBeGreaterThanOrEqual(10);
  });
});
