import { describe, expect, it } from "vitest";
import "../../../src/node.ts";
import { Random } from "../../../src/runtime/random.ts";
import {
  deltaSynapses,
  exponentialConductances,
  exponentialCurrents,
  type PointModel,
  PointNetwork,
  type Population,
  traubMiles,
} from "../../../src/spiking/network/index.ts";

// no whole number of lines of 64 bytes, and no number of lines that threads share equally
const size = 307;
const uniform = (label: string, low: number, high: number, count = size) =>
  new Random(3).split(label).fillUniform(new Float32Array(count), low, high);

const leaky = { rest: -49, threshold: -50, reset: -60, refractory: 5 };
const models: Record<string, { model(count: number): PointModel; weight: number }> = {
  "exponential currents": {
    model: () => exponentialCurrents({ ...leaky, tau: 20, tauExcitatory: 20, tauInhibitory: 10 }),
    weight: 0.5,
  },
  "exponential currents, each its own": {
    model: (count) =>
      exponentialCurrents({
        ...leaky,
        tau: uniform("tau", 10, 30, count),
        tauExcitatory: 5,
        tauInhibitory: 10,
      }),
    weight: 0.5,
  },
  "exponential conductances": {
    model: () =>
      exponentialConductances({
        ...leaky,
        capacitance: 200,
        leak: 10,
        reversalExcitatory: 0,
        reversalInhibitory: -80,
        tauExcitatory: 5,
        tauInhibitory: 10,
      }),
    weight: 0.6,
  },
  "Traub & Miles": {
    model: () =>
      traubMiles({
        capacitance: 200,
        leak: 10,
        sodium: 20000,
        potassium: 6000,
        rest: -60,
        reversalSodium: 50,
        reversalPotassium: -90,
        reversalExcitatory: 0,
        reversalInhibitory: -80,
        tauExcitatory: 5,
        tauInhibitory: 10,
        rateOrigin: -63,
        current: 300,
        threshold: -20,
        refractory: 3,
      }),
    weight: 1,
  },
};

function make(name: string, precision: "f32" | "f64", threads: number) {
  const { model, weight } = models[name];
  const cells: Population = {
    name: "cells",
    size,
    model: model(size),
    initial: { v: uniform("v", -65, -51) },
  };
  // a population that moves on one thread among those that share theirs, and a crowd of two neurons
  const clock: Population = {
    name: "clock",
    size: 2,
    model: deltaSynapses({ tau: 20, rest: 30, threshold: 20, reset: 0 }),
  };
  const few: Population = { name: "few", size: 2, model: model(2) };
  const projections = [cells, few].map((to) => ({
    name: `to ${to.name}`,
    from: cells,
    to,
    target: "excitatory" as const,
    connections: { probability: 0.05 },
    weight,
  }));
  const ticks = { ...projections[0], name: "ticks", from: clock, weight: 5 * weight };
  const network = new PointNetwork({
    populations: [cells, clock, few],
    projections: [...projections, ticks],
    precision,
    threads,
  });
  return { network, cells };
}

async function simulate(name: string, precision: "f32" | "f64", threads: number) {
  const { network, cells } = make(name, precision, threads);
  const { spikes } = await network.run(150);
  // threads that ended are started again
  await network.release();
  await network.release();
  const later = (await network.run(50)).spikes;
  const states = cells.model.variables.map((variable) => [...network.state(cells, variable)]);
  await network.release();
  const trains = [spikes, later].flatMap((part) =>
    Object.values(part).map(({ times, neurons }) => [[...times], [...neurons]]),
  );
  return { trains, states, count: spikes.cells.neurons.length };
}

describe.each(Object.keys(models))("%s", (name) => {
  it.each(["f64", "f32"] as const)("in %s do the same on one thread, two, and three", async (precision) => {
    const one = await simulate(name, precision, 1);
    expect(one.count).toBeGreaterThan(300);
    for (const threads of [2, 3]) expect(await simulate(name, precision, threads)).toEqual(one);
  });
});

describe("threads", () => {
  it("have to be a whole number", () => {
    for (const threads of [0, 1.5, Number.NaN]) {
      expect(() => make("Traub & Miles", "f64", threads)).toThrow(/a network on .* threads/);
    }
  });

  it("are not released while the network runs", async () => {
    const { network } = make("Traub & Miles", "f64", 2);
    const stop = new AbortController();
    const run = network.run(1e9, { record: "counts", signal: stop.signal });
    await expect(network.release()).rejects.toThrow(/is running/);
    stop.abort();
    await expect(run).rejects.toThrow(/abort/i);
    await network.release();
  });
});
