import { describe, expect, it } from "vitest";
import { StriateError } from "../../../src/error.ts";
import {
  type ExponentialCurrentsParameters,
  exponentialCurrents,
  neuronRange,
  PointNetwork,
  type PointNetworkOptions,
  type Population,
  type Projection,
} from "../../../src/spiking/network/index.ts";

const parameters: ExponentialCurrentsParameters = {
  tau: 20,
  tauExcitatory: 5,
  tauInhibitory: 10,
  rest: -49,
  threshold: -50,
  reset: -60,
  refractory: 5,
};
const cells: Population = { name: "cells", size: 300, model: exponentialCurrents(parameters) };
const excitation: Projection = {
  name: "excitation",
  from: neuronRange(cells, 0, 200),
  to: cells,
  target: "excitatory",
  connections: { probability: 0.1 },
  weight: 0.5,
};
const network = (options: Partial<PointNetworkOptions> = {}) =>
  new PointNetwork({ populations: [cells], projections: [excitation], ...options });

describe("a network", () => {
  it("goes on where it stopped: two runs are one", async () => {
    const whole = (await network().run(200)).spikes.cells;
    const parts = network();
    const [first, second] = [(await parts.run(77.3)).spikes.cells, (await parts.run(122.7)).spikes.cells];
    expect(whole.neurons.length).toBeGreaterThan(500);
    expect([...first.neurons, ...second.neurons]).toEqual([...whole.neurons]);
    expect([...first.times, ...second.times]).toEqual([...whole.times]);
    expect(parts.time).toBeCloseTo(200, 9);
  });

  it("counts without trains, and tells of spikes as they come", async () => {
    const whole = (await network().run(100)).spikes.cells;
    const told: number[] = [];
    const { spikes } = await network().run(100, {
      record: "counts",
      onSpikes: (_, __, neurons) => told.push(...neurons),
    });
    expect(told).toEqual([...whole.neurons]);
    expect(spikes.cells.neurons.length).toBe(0);
    expect([...spikes.cells.counts]).toEqual([...whole.counts]);
    expect(whole.counts.reduce((sum, n) => sum + n, 0)).toBe(whole.neurons.length);
  });

  it("does the same whether synapses share a weight and a delay or list their own", async () => {
    const sources = Array.from({ length: 3000 }, (_, k) => (k * 7) % 200);
    const targets = Array.from({ length: 3000 }, (_, k) => (k * 13) % 300);
    const connections = { sources, targets };
    const run = async (weight: Projection["weight"], delay: Projection["delay"]) =>
      network({ projections: [{ ...excitation, connections, weight, delay }] }).run(200);
    const one = (await run(0.5, 1.5)).spikes.cells;
    const each = (
      await run(
        sources.map(() => 0.5),
        sources.map(() => 1.5),
      )
    ).spikes.cells;
    expect([...each.neurons]).toEqual([...one.neurons]);
    const later = (
      await run(
        0.5,
        sources.map((_, k) => (k % 2 ? 1.5 : 3)),
      )
    ).spikes.cells;
    expect([...later.neurons]).not.toEqual([...one.neurons]);
  });

  it("takes parameters one by one for every neuron", async () => {
    const make = (varied: boolean, tau: number) => {
      const each = (value: number) => (varied ? new Array(300).fill(value) : value);
      const model = exponentialCurrents({
        ...parameters,
        tau: each(tau),
        threshold: each(-50),
        rest: each(-49),
      });
      const own = { name: "cells", size: 300, model };
      const projections = [{ ...excitation, from: neuronRange(own, 0, 200), to: own }];
      return new PointNetwork({ populations: [own], projections }).run(200);
    };
    const [one, each] = [(await make(false, 20)).spikes.cells, (await make(true, 20)).spikes.cells];
    expect([...each.neurons]).toEqual([...one.neurons]);
  });

  it("stops when told to, and can go on", async () => {
    const stopping = network();
    const stop = new AbortController();
    const run = stopping.run(1e9, { record: "counts", signal: stop.signal, onProgress: () => stop.abort() });
    await expect(run).rejects.toThrow(/abort/i);
    expect(stopping.time).toBeGreaterThan(0);
    expect((await stopping.run(10)).duration).toBe(10);
  });
});

describe("refuses", () => {
  const model = (changed: object) => ({
    ...cells,
    model: exponentialCurrents({ ...parameters, ...changed }),
  });
  const only = (population: Population) => ({ populations: [population], projections: [] });
  const projected = (changed: object) => ({ projections: [{ ...excitation, ...changed } as Projection] });
  it.each<[string, Partial<PointNetworkOptions>, RegExp]>([
    ["NaN", only(model({ rest: Number.NaN })), /"cells": rest is NaN/],
    ["a time constant of 0", only(model({ tau: 0 })), /"cells": tau is 0, expected a positive/],
    ["too few values", only(model({ rest: [1, 2] })), /rest has 2 values for 300 neurons/],
    ["a reset above threshold", only(model({ reset: -40 })), /above its threshold/],
    ["a refractory time between steps", only(model({ refractory: 0.25 })), /no multiple of the step/],
    ["no neurons", only({ ...cells, size: 0 }), /"cells" has 0 neurons/],
    ["an unknown variable", only({ ...cells, initial: { w: 1 } }), /initial has "w".*v, ge, gi/],
    ["equal names", { populations: [cells, { ...cells }], projections: [] }, /is named "cells"/],
    ["a negative delay", projected({ delay: -1 }), /"excitation": the delay is -1 ms/],
    [
      "a delay between steps",
      projected({ delay: 0.25 }),
      /"excitation": the delay of 0.25 ms is no multiple/,
    ],
    ["NaN weights", projected({ weight: Number.NaN }), /"excitation": weight is NaN/],
    ["weights of drawn synapses", projected({ weight: [1] }), /1 values for \d+ synapses that are drawn/],
    ["a range outside", projected({ to: neuronRange(cells, 200, 301) }), /neurons 200 to 300 of "cells"/],
    ["another population", projected({ to: { ...cells } }), /not among the network's/],
    ["a target the model lacks", projected({ target: "potential" }), /targets "potential".*excitatory/],
    ["a probability of 2", projected({ connections: { probability: 2 } }), /"excitation": the probability/],
    [
      "a target outside",
      projected({ connections: { sources: [0], targets: [300] } }),
      /synapse 0 has target 300, expected 0 to 299/,
    ],
    ["a step of 0", { step: 0 }, /the step is 0 ms/],
  ])("%s", (_, options, message) => {
    expect(() => network(options)).toThrow(StriateError);
    expect(() => network(options)).toThrow(message);
  });

  it("runs between steps and two at once", async () => {
    await expect(network().run(0.25)).rejects.toThrow(/no multiple of the step/);
    const busy = network();
    const stop = new AbortController();
    const first = busy.run(1e9, { record: "counts", signal: stop.signal });
    await expect(busy.run(1)).rejects.toThrow(/is running/);
    stop.abort();
    await expect(first).rejects.toThrow(/abort/i);
  });
});
