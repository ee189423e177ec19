import { describe, expect, it } from "vitest";
import { type Precision, pointKernels } from "../../../src/runtime/kernels/points.ts";
import { Random } from "../../../src/runtime/random.ts";
import {
  deltaSynapses,
  exponentialConductances,
  exponentialCurrents,
  type PointModel,
  PointNetwork,
  type Projection,
  traubMiles,
} from "../../../src/spiking/network/index.ts";
import { stepConductances, stepCurrents, stepTraubMiles } from "./scalar.ts";

const size = 37;
const step = 0.1;

/** One step after another: the state of every neuron, and who fired. */
async function simulate(
  model: PointModel,
  precision: Precision,
  steps: number,
  initial: Record<string, Float64Array>,
) {
  const cells = { name: "cells", size, model, initial };
  const network = new PointNetwork({ populations: [cells], precision, step });
  const states: Float64Array[] = [];
  const spikes: number[][] = [];
  for (let n = 0; n < steps; n++) {
    spikes.push([...(await network.run(step)).spikes.cells.neurons]);
    states.push(network.state(cells, "v"));
  }
  return { states, spikes };
}

const uniform = (label: string, low: number, high: number) =>
  Float64Array.from(new Random(5).split(label).fillUniform(new Float32Array(size), low, high));

function expectClose(found: Float64Array, expected: number[], tolerance: number) {
  for (const [i, value] of found.entries()) expect(Math.abs(value - expected[i])).toBeLessThan(tolerance);
}

describe.each(["f64", "f32"] as const)("neurons in %s move as the scalar equations say", (precision) => {
  const tolerance = precision === "f64" ? 1e-9 : 2e-3;

  it.each([
    ["modal coordinates", 5, 10],
    ["equal time constants", 20, 10],
    ["time constants that lie close", 19.9, 20.1],
  ])("exponential currents, %s", async (_, tauE, tauI) => {
    const model = exponentialCurrents({
      tau: 20,
      tauExcitatory: tauE,
      tauInhibitory: tauI,
      rest: -49,
      threshold: -50,
      reset: -60,
      refractory: 5,
    });
    const initial = { v: uniform("v", -60, -51), ge: uniform("ge", 20, 90), gi: uniform("gi", -20, 0) };
    const { states, spikes } = await simulate(model, precision, 400, initial);
    const cells = Array.from(initial.v, (v, k) => ({
      v: v + 49,
      e: initial.ge[k],
      i: initial.gi[k],
      free: 0,
    }));
    let fired = 0;
    for (let n = 0; n < 400; n++) {
      const now = cells.flatMap((cell, k) =>
        stepCurrents(cell, { tau: 20, tauE, tauI, threshold: -1 }, step, n) ? [k] : [],
      );
      for (const k of now) Object.assign(cells[k], { v: -11, free: n + 50 });
      fired += now.length;
      expect(spikes[n]).toEqual(now);
      expectClose(
        states[n],
        cells.map(({ v }) => v - 49),
        tolerance,
      );
    }
    expect(fired).toBeGreaterThan(20);
  });

  it("exponential conductances", async () => {
    const membrane = {
      capacitance: 200,
      leak: 10,
      rest: -60,
      excitatory: 0,
      inhibitory: -80,
      tauE: 5,
      tauI: 10,
    };
    const model = exponentialConductances({
      capacitance: 200,
      leak: 10,
      rest: -60,
      reversalExcitatory: 0,
      reversalInhibitory: -80,
      tauExcitatory: 5,
      tauInhibitory: 10,
      threshold: -50,
      reset: -60,
      refractory: 2,
    });
    const initial = { v: uniform("v", -65, -51), ge: uniform("ge", 0, 60), gi: uniform("gi", 0, 40) };
    const { states, spikes } = await simulate(model, precision, 200, initial);
    const cells = Array.from(initial.v, (v, k) => ({ v, e: initial.ge[k], i: initial.gi[k], free: 0 }));
    let fired = 0;
    for (let n = 0; n < 200; n++) {
      const now = cells.flatMap((cell, k) =>
        stepConductances(cell, { ...membrane, threshold: -50 }, step, n) ? [k] : [],
      );
      for (const k of now) Object.assign(cells[k], { v: -60, free: n + 20 });
      fired += now.length;
      expect(spikes[n]).toEqual(now);
      expectClose(
        states[n],
        cells.map(({ v }) => v),
        tolerance,
      );
    }
    expect(fired).toBeGreaterThan(20);
  });

  it("Traub & Miles", async () => {
    const channels = {
      capacitance: 200,
      leak: 10,
      rest: -60,
      excitatory: 0,
      inhibitory: -80,
      tauE: 5,
      tauI: 10,
      threshold: -20,
      sodium: 20000,
      potassium: 6000,
      reversalSodium: 50,
      reversalPotassium: -90,
      origin: -63,
    };
    const model = traubMiles({
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
      threshold: -20,
      refractory: 3,
    });
    const initial = { v: uniform("v", -80, -48), ge: uniform("ge", 0, 90), gi: uniform("gi", 0, 40) };
    const { states, spikes } = await simulate(model, precision, 300, initial);
    const cells = Array.from(initial.v, (v, k) => {
      const gates = { m: 0, n: 0, h: 0 };
      return { v, e: initial.ge[k], i: initial.gi[k], free: 0, ...gates };
    });
    let fired = 0;
    for (let n = 0; n < 300; n++) {
      const now = cells.flatMap((cell, k) => (stepTraubMiles(cell, channels, step, n) ? [k] : []));
      for (const k of now) cells[k].free = n + 30;
      fired += now.length;
      expect(spikes[n]).toEqual(now);
      // the upstroke moves tens of mV in a step: what was rounded before it counts more
      expectClose(
        states[n],
        cells.map(({ v }) => v),
        precision === "f64" ? 1e-9 : 0.2,
      );
    }
    expect(fired).toBeGreaterThan(5);
  });
});

describe("exponentials", () => {
  it.each([
    ["f64", 2.5e-16, 700],
    ["f32", 1.3e-7, 86],
  ] as const)("%s are exact to an ulp or so", (precision, tolerance, range) => {
    const memory = new WebAssembly.Memory({ initial: 3, maximum: 3, shared: true });
    const count = 8192;
    const x =
      precision === "f64"
        ? new Float64Array(memory.buffer, 4096, count)
        : new Float32Array(memory.buffer, 4096, count);
    const random = new Random(3);
    for (let k = 0; k < count; k++) x[k] = (k % 2 === 0 ? range : 2) * (2 * random.uniform() - 1);
    x.set([0, -0, 1, -1]);
    const arguments_ = Array.from(x);
    pointKernels(memory, precision).exponentials(4096, x.byteLength);
    let worst = 0;
    for (const [k, value] of arguments_.entries())
      worst = Math.max(worst, Math.abs(x[k] / Math.exp(value) - 1));
    expect(worst).toBeLessThan(tolerance);
    expect(x[0]).toBe(1);
  });
});

describe("delta synapses", () => {
  const model = (refractory: number) =>
    deltaSynapses({ tau: 20, rest: 0, threshold: 20, reset: 10, refractory });

  it("jump, decay, fire a step after the jump, and lose what comes while refractory", async () => {
    const source = { name: "source", size: 1, model: model(0), initial: { v: 100 } };
    const cells = { name: "cells", size: 2, model: model(2), initial: { v: 15 } };
    const projection = (delay: number, weight: number): Projection => ({
      name: `after ${delay}`,
      from: source,
      to: cells,
      target: "potential",
      connections: { sources: [0], targets: [0] },
      weight,
      delay,
    });
    const network = new PointNetwork({
      populations: [source, cells],
      projections: [projection(1, 10), projection(1.5, 5), projection(4, 1)],
      step: 0.5,
    });
    const { spikes } = await network.run(5);
    expect([...spikes.source.times]).toEqual([0]);
    expect([...spikes.cells.neurons]).toEqual([0]);
    expect([...spikes.cells.times]).toEqual([1.5]);
    // reset in the step of the spike, free 4 steps later, the late input after 8 steps
    const decay = (steps: number) => Math.exp((-steps * 0.5) / 20);
    expect(network.state(cells, "v")[0]).toBeCloseTo(10 * decay(3) + decay(1), 9);
    expect(network.state(cells, "v")[1]).toBeCloseTo(15 * decay(10), 9);
  });
});
