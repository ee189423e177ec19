import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { StriateError } from "../../src/error.ts";
import "../../src/runtime/node.ts";
import { DenseEngine, type DenseEngineOptions } from "../../src/spiking/dense/index.ts";
import {
  decodeSpikingGraph,
  encodeSpikingGraph,
  type Numbers,
  type SpikingGraph,
  type SpikingNode,
  scalar,
  schedule,
} from "../../src/spiking/graph/index.ts";
import { draw } from "../tensor/fixture.ts";

const numbers = (shape: number[], data: ArrayLike<number>): Numbers => ({
  shape,
  data: Float32Array.from(data),
});
const node = (
  name: string,
  inputs: string[],
  operation: SpikingNode["operation"],
  shape?: number[],
): SpikingNode => ({
  name,
  inputs,
  operation,
  ...(shape && { shape }),
});
const graphOf = (nodes: SpikingNode[], timeStep = 1): SpikingGraph => ({ nodes, timeStep, metadata: {} });
const firing = { threshold: scalar(1), strict: false, reset: "subtract" as const };
const integrateAndFire = {
  type: "neuron" as const,
  membrane: { kind: "integrator" as const, r: scalar(1) },
  firing,
  start: scalar(0),
};

/** All steps of one node, joined. */
async function record(
  graph: SpikingGraph,
  values: Float32Array,
  steps: number,
  name: string,
  options: Partial<DenseEngineOptions> = {},
): Promise<number[]> {
  const engine = new DenseEngine(graph, { batch: 1, record: [name], ...options });
  const all: number[] = [];
  for await (const results of engine.run(values, steps)) all.push(...(results[name]!.data as Float32Array));
  await engine.release();
  return all;
}

/** Four neurons driven by three inputs and, one step later, by each other. */
const recurrent = graphOf([
  node("input", [], { type: "input", shape: [3] }),
  node("in", ["input"], { type: "linear", weight: numbers([4, 3], draw(12, 1)) }),
  node("cells", ["in", "back"], { ...integrateAndFire, start: numbers([4], [0, 0.2, 0.4, 0.6]) }, [4]),
  node("back", ["cells"], { type: "linear", weight: numbers([4, 4], draw(16, 2)) }, [4]),
  node("output", ["cells"], { type: "output" }),
]);

describe("the dense engine", () => {
  test("gives the same spikes whatever the chunk, and goes on where it stopped", async () => {
    const trains = draw(3 * 23, 7, 0, 1);
    const whole = await record(recurrent, trains, 23, "cells", { input: "steps", chunk: 23 });
    for (const chunk of [1, 4, 8]) {
      expect(await record(recurrent, trains, 23, "cells", { input: "steps", chunk })).toEqual(whole);
    }
    const engine = new DenseEngine(recurrent, { batch: 1, record: ["cells"], input: "steps", chunk: 5 });
    const parts: number[] = [];
    for (const [start, end] of [
      [0, 9],
      [9, 23],
    ] as const) {
      for await (const results of engine.run(trains.subarray(3 * start, 3 * end), end - start))
        parts.push(...(results.cells!.data as Float32Array));
    }
    expect(parts).toEqual(whole);
    engine.reset();
    const again: number[] = [];
    for await (const results of engine.run(trains, 23)) again.push(...(results.cells!.data as Float32Array));
    expect(again).toEqual(whole);
    await engine.release();
  });

  test("recurrent edges carry the spikes of the step before, as a loop in plain numbers gives them", async () => {
    const trains = draw(3 * 40, 9, 0, 1);
    const [w, back] = [draw(12, 1), draw(16, 2)];
    const v = Float32Array.from([0, 0.2, 0.4, 0.6]);
    let spikes = [0, 0, 0, 0];
    const expected: number[] = [];
    for (let t = 0; t < 40; t++) {
      const current = spikes.map((_, i) => {
        let total = 0;
        for (let j = 0; j < 3; j++) total += w[i * 3 + j]! * trains[t * 3 + j]!;
        for (let j = 0; j < 4; j++) total += back[i * 4 + j]! * spikes[j]!;
        return total;
      });
      spikes = current.map((total, i) => {
        v[i]! += total;
        const fired = v[i]! >= 1 ? 1 : 0;
        v[i]! -= fired;
        return fired;
      });
      expected.push(...spikes);
    }
    expect(expected.reduce((a, b) => a + b)).toBeGreaterThan(10);
    expect(await record(recurrent, trains, 40, "cells", { input: "steps" })).toEqual(expected);
  });

  test("a delay keeps values back for its time, across runs", async () => {
    const delayed = graphOf(
      [
        node("input", [], { type: "input", shape: [2] }),
        node("later", ["input"], { type: "delay", delay: scalar(0.003) }),
        node("output", ["later"], { type: "output" }),
      ],
      0.001,
    );
    const values = draw(2 * 10, 4);
    for (const chunk of [2, 10]) {
      const output = await record(delayed, values, 10, "output", { input: "steps", chunk });
      expect(output).toEqual([0, 0, 0, 0, 0, 0, ...values.subarray(0, 14)]);
    }
  });

  test("gated max-pooling: after every step the count is the maximum of the counts", async () => {
    const pooled = graphOf([
      node("input", [], { type: "input", shape: [1, 4, 4] }),
      node("cells", ["input"], integrateAndFire),
      node("pool", ["cells"], {
        type: "maxPool2d",
        kernel: [2, 2],
        stride: [2, 2],
        padding: [0, 0, 0, 0],
        dilation: [1, 1],
      }),
      node("output", ["pool"], { type: "output" }),
    ]);
    const image = draw(16, 5, 0, 1);
    const cells = await record(pooled, image, 20, "cells", { chunk: 6 });
    const pool = await record(pooled, image, 20, "pool", { chunk: 6 });
    expect(pool.every((value) => value === 0 || value === 1)).toBe(true);
    for (let steps = 1; steps <= 20; steps++) {
      const count = (values: number[], size: number, i: number) =>
        Array.from({ length: steps }, (_, t) => values[t * size + i]!).reduce((a, b) => a + b);
      for (let window = 0; window < 4; window++) {
        const corner = (window >> 1) * 8 + (window % 2) * 2;
        const inside = [0, 1, 4, 5].map((offset) => count(cells, 16, corner + offset));
        expect(count(pool, 4, window)).toBe(Math.max(...inside));
      }
    }
  });

  test("soft and hard reset, firing at the threshold and only above it", async () => {
    const one = (change: object) =>
      graphOf([
        node("input", [], { type: "input", shape: [1] }),
        node("cell", ["input"], { ...integrateAndFire, firing: { ...firing, ...change } }),
        node("output", ["cell"], { type: "output" }),
      ]);
    const spikes = (change: object, current: number) =>
      record(one(change), Float32Array.of(current), 8, "cell").then((train) => train.join(""));
    expect(await spikes({}, 0.75)).toBe("01110111");
    expect(await spikes({ reset: scalar(0) }, 0.75)).toBe("01010101");
    expect(await spikes({}, 0.5)).toBe("01010101");
    expect(await spikes({ strict: true }, 0.5)).toBe("00101010");
    expect(await spikes({ threshold: scalar(2.5), strict: true }, 0.5)).toBe("00000100");
    expect(await spikes({ reset: scalar(-1) }, 0.5)).toBe("01000100");
  });

  test("an exact exponential step is what many small Euler steps come to", async () => {
    const lif = (timeStep: number) =>
      graphOf(
        [
          node("input", [], { type: "input", shape: [3] }),
          node("cells", ["input"], {
            type: "neuron",
            membrane: {
              kind: "currentBased",
              tauSyn: numbers([3], [0.01, 0.02, 0.005]),
              tauMem: scalar(0.02),
              r: scalar(1.5),
              vLeak: scalar(0.1),
              wIn: scalar(2),
            },
            start: scalar(0),
          }),
          node("output", ["cells"], { type: "output" }),
        ],
        timeStep,
      );
    const input = Float32Array.of(0.3, 0.7, -0.4);
    const exact = await record(lif(0.004), input, 10, "cells");
    const fine = await record(lif(0.004 / 200), input, 2000, "cells", { integration: "euler", chunk: 50 });
    for (let t = 0; t < 10; t++)
      for (let i = 0; i < 3; i++)
        expect(exact[t * 3 + i]!).toBeCloseTo(fine[((t + 1) * 200 - 1) * 3 + i]!, 2);
  });

  test("what does not fit is refused", async () => {
    const run = (graph: SpikingGraph, values: Float32Array) => record(graph, values, 2, "output");
    await expect(run(recurrent, new Float32Array(4))).rejects.toThrow(/4 values, expected 3/);
    await expect(run(graphOf(recurrent.nodes.slice(1)), new Float32Array(3))).rejects.toThrow(StriateError);
    const twice = graphOf([...recurrent.nodes, recurrent.nodes[1]!]);
    expect(() => schedule(twice)).toThrow(/two nodes of the graph are called "in"/);
    const shapeless = graphOf(recurrent.nodes.map(({ shape: _, ...rest }) => rest));
    await expect(run(shapeless, new Float32Array(3))).rejects.toThrow(/shape of "/);
  });
});

describe("files of spiking graphs", () => {
  test("come back as they were", async () => {
    const bytes = encodeSpikingGraph(recurrent, { about: "cells" });
    const { graph, about } = decodeSpikingGraph(bytes, "graph");
    expect(graph).toEqual(recurrent);
    expect(about).toEqual({ about: "cells" });
  });

  test("are refused when damaged, and nothing else happens", () => {
    const bytes = encodeSpikingGraph(recurrent, {});
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.nat(bytes.length - 1), fc.nat(255)), { minLength: 1, maxLength: 4 }),
        fc.nat(bytes.length),
        (changes, length) => {
          const damaged = bytes.slice(0, length % 3 === 0 ? length : bytes.length);
          for (const [at, value] of changes) if (at < damaged.length) damaged[at] = value;
          try {
            decodeSpikingGraph(damaged, "damaged");
          } catch (error) {
            expect(error).toBeInstanceOf(StriateError);
          }
        },
      ),
      { numRuns: 400, seed: 11 },
    );
  });
});
