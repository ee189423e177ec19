import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Random } from "../../../src/runtime/random.ts";
import { drawConnections } from "../../../src/spiking/network/index.ts";

const keys = ({ sources, targets }: { sources: Uint32Array; targets: Uint32Array }, width: number) =>
  Array.from(sources, (s, k) => s * width + targets[k]);

describe("connections", () => {
  it("of a probability are pairs in order, each at most once", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 60 }),
        fc.integer({ min: 1, max: 60 }),
        fc.double({ min: 0, max: 1, noNaN: true }),
        fc.boolean(),
        fc.nat(),
        (sources, targets, probability, self, seed) => {
          const list = drawConnections({ probability, self }, sources, targets, new Random(seed), 0);
          const drawn = keys(list, targets);
          expect(drawn.every((key, k) => k === 0 || key > drawn[k - 1])).toBe(true);
          expect(drawn.every((key) => key < sources * targets)).toBe(true);
          if (!self) expect(list.sources.every((s, k) => s !== list.targets[k])).toBe(true);
        },
      ),
    );
  });

  it.each([1e-5, 0.001, 0.02, 0.5, 0.97])("come with probability %f, evenly in rows and columns", (p) => {
    const n = 2000;
    const { sources, targets } = drawConnections({ probability: p }, n, n, new Random(4));
    const expected = p * n * n;
    const deviation = Math.sqrt(expected * (1 - p));
    expect(Math.abs(sources.length - expected)).toBeLessThan(5 * deviation);
    for (const list of [sources, targets]) {
      const half = list.reduce((sum, x) => sum + (x < n / 2 ? 1 : 0), 0);
      expect(Math.abs(half - expected / 2)).toBeLessThan(5 * deviation);
    }
  });

  it("with probabilities 0 and 1 are none and all", () => {
    expect(drawConnections({ probability: 0 }, 30, 40, new Random(1)).sources.length).toBe(0);
    const all = drawConnections({ probability: 1 }, 30, 40, new Random(1));
    expect(keys(all, 40)).toEqual(Array.from({ length: 1200 }, (_, k) => k));
  });

  it("of an in-degree give every target as many sources, by source", () => {
    const list = drawConnections({ inDegree: 7, self: false }, 50, 50, new Random(2), 0);
    const degrees = new Uint32Array(50);
    for (const target of list.targets) degrees[target]++;
    expect([...degrees]).toEqual(new Array(50).fill(7));
    expect(list.sources.every((s, k) => (k === 0 || s >= list.sources[k - 1]) && s !== list.targets[k])).toBe(
      true,
    );
  });

  it("are the same for the same seed, and others for another", () => {
    const draw = (seed: number) =>
      keys(drawConnections({ probability: 0.1 }, 50, 50, new Random(seed)), 50).join();
    expect(draw(1)).toBe(draw(1));
    expect(draw(1)).not.toBe(draw(2));
  });
});
