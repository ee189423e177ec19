import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { readNirFile } from "../../../src/formats/nir.node.ts";
import { nirFromSpikingGraph, spikingGraphFromNir } from "../../../src/spiking/index.ts";
import type { Integration } from "../../../src/spiking/integration.ts";
import { draw, mismatch, readFixture, type StoredArray, valuesOf } from "../../tensor/fixture.ts";
import { eventOutputs, record } from "./run.ts";
import { nirGraphOf, type StoredGraph } from "./stored-graph.ts";

interface Expected {
  readonly outputs: Readonly<Record<string, StoredArray>>;
  readonly membranes: Readonly<Record<string, StoredArray>>;
}

const { dt, cases, braille } = readFixture<{
  dt: number;
  cases: { name: string; graph: StoredGraph; input: StoredArray; expected: Record<Integration, Expected> }[];
  braille: { input: StoredArray; above: number; dt: number; spikes: Record<string, number[]> };
}>("nir_simulation");

const shared = (name: string) =>
  fileURLToPath(new URL(`../../../../shared/data/nir/${name}`, import.meta.url));

describe("NIR graphs run as numpy integrates them", () => {
  for (const { name, graph, input, expected } of cases) {
    for (const integration of ["exponential", "euler"] as const) {
      it(`${name}, ${integration}`, async () => {
        const imported = spikingGraphFromNir(nirGraphOf(graph), { timeStep: dt });
        const exported = nirFromSpikingGraph(imported).nir;
        for (const each of [imported, spikingGraphFromNir(exported)]) {
          const values = valuesOf(input);
          const { outputs, membranes } = await record(each, values, input.shape[0]!, integration);
          const named = (key: string) => (each === imported ? key : key.replaceAll("/", "."));
          for (const [key, stored] of Object.entries(expected[integration].outputs)) {
            expect(mismatch(outputs[named(key)]!, stored), key).toBeLessThan(1e-5);
          }
          for (const [key, stored] of Object.entries(expected[integration].membranes)) {
            expect(mismatch(membranes[named(key)]!, stored), key).toBeLessThan(1e-5);
          }
        }
      });
    }
  }
});

/** Which elements are 1. */
const spikesOf = (values: Float32Array): number[] => [...values.keys()].filter((i) => values[i] === 1);

describe("the event engine runs NIR graphs as numpy integrates them", () => {
  for (const { name, graph, input, expected } of cases) {
    for (const integration of ["exponential", "euler"] as const) {
      it(`${name}, ${integration}`, async () => {
        const imported = spikingGraphFromNir(nirGraphOf(graph), { timeStep: dt });
        const stored = expected[integration].outputs;
        const names = Object.keys(stored);
        const outputs = await eventOutputs(imported, valuesOf(input), input.shape[0]!, names, integration);
        for (const key of names) expect(mismatch(outputs[key]!, stored[key]!), key).toBeLessThan(1e-5);
      });
    }
  }
});

describe("graphs of the NIR paper", () => {
  it("the recurrent Braille graph spikes as in numpy", async (context) => {
    const path = shared("braille_noDelay_bias_zero.nir");
    if (!existsSync(path)) return context.skip("no ../shared/data/nir");
    const graph = spikingGraphFromNir(await readNirFile(path), { timeStep: braille.dt });
    const values = valuesOf(braille.input).map((value) => Number(value > braille.above));
    const { outputs } = await record(graph, values, braille.input.shape[0]!, "euler");
    const names = Object.keys(braille.spikes);
    const events = await eventOutputs(graph, values, braille.input.shape[0]!, names, "euler");
    for (const [name, spikes] of Object.entries(braille.spikes)) {
      expect(spikesOf(outputs[name]!), name).toEqual(spikes);
      expect(spikesOf(events[name]!), `${name}, event engine`).toEqual(spikes);
    }
  });

  /**
   * The input of the paper's experiment with one LIF neuron (paper/01_lif in the repository of NIR), in milliseconds; a
   * step is 0.1 ms. What is expected is lif_norse.csv there, as Norse recorded it.
   */
  const pulses = [
    6, 22, 27, 31, 32, 35, 37, 40, 41, 43, 44, 45, 46, 47, 48, 49, 50, 51, 52, 53, 68, 69, 70, 71, 72, 73, 74,
    75, 76, 77, 78, 79, 85, 86,
  ];

  it("lif_norse spikes where Norse's recording has spikes, and reaches its potentials", async (context) => {
    const path = shared("lif_norse.nir");
    if (!existsSync(path)) return context.skip("no ../shared/data/nir");
    const graph = spikingGraphFromNir(await readNirFile(path), { timeStep: 1e-4 });
    const values = new Float32Array(900);
    for (const pulse of pulses) values[pulse * 10] = 1;
    const { outputs, membranes } = await record(graph, values, values.length, "euler");
    expect(spikesOf(outputs["1"]!)).toEqual([460, 510, 720, 770]);
    for (const [step, potential] of [
      [60, 0.04],
      [220, 0.04005827],
      [270, 0.045202997],
      [320, 0.072464526],
      [459, 0.06914552],
      [460, 0],
      [470, 0.04],
      [850, 0.045750484],
      [869, 0.048765756],
    ] as const) {
      expect(membranes["1"]![step], `step ${step}`).toBeCloseTo(potential, 7);
    }
  });

  it("lif_rockpool and two_lif_neurons run", async (context) => {
    const path = shared("lif_rockpool.nir");
    if (!existsSync(path)) return context.skip("no ../shared/data/nir");
    for (const name of ["lif_rockpool.nir", "two_lif_neurons.nir"]) {
      const graph = spikingGraphFromNir(await readNirFile(shared(name)), { timeStep: 1e-4 });
      const { outputs } = await record(graph, draw(200, 5, 0, 2), 200);
      expect(spikesOf(outputs[name === "lif_rockpool.nir" ? "output" : "lif1"]!).length).toBeGreaterThan(0);
    }
  });
});
