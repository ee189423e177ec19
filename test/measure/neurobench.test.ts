import { describe, expect, test } from "vitest";
import {
  ActivityMeter,
  changedMembranes,
  connectionSparsity,
  footprint,
  macs,
  OperationCounter,
} from "../../src/measure/index.ts";
import { denseContext, type Network, type Signal } from "../../src/nn/index.ts";
import { type CompileOptions, compile } from "../../src/runtime/node.ts";
import {
  type LeakyOptions,
  leakyIntegrateAndFire,
  simulate,
  spikingContext,
} from "../../src/spiking/index.ts";
import { add, input, type Tensor } from "../../src/tensor/index.ts";
import { denseNetwork, fixture, type SpikingCase, spikingNetwork } from "./reference-networks.ts";

/** snnTorch's Leaky with β = 1/2. */
const leaky: LeakyOptions = {
  tau: 2,
  decayInput: false,
  threshold: 1,
  reset: "subtract",
  delayReset: true,
  strict: true,
};

/** Inputs of one image (2, 9, 8), by step, from the fixture's (images, steps, 2, 9, 8) or (images, 2, 9, 8). */
function feedsOf(
  expected: SpikingCase,
  images: readonly number[],
  isStatic: boolean,
): Record<string, Float32Array> {
  const size = 2 * 9 * 8;
  const steps = isStatic ? 1 : expected.steps;
  return Object.fromEntries(
    Array.from({ length: steps }, (_, t) => {
      const values = images.flatMap((image) => {
        const start = (image * steps + t) * size;
        return expected.input.slice(start, start + size);
      });
      return [`step${t}`, Float32Array.from(values)];
    }),
  );
}

async function measureSpiking(
  expected: SpikingCase,
  network: Network,
  batches: readonly (readonly number[])[],
  options: CompileOptions = {},
) {
  const isStatic = expected.input.length === expected.images * 2 * 9 * 8;
  const counter = new OperationCounter();
  const meter = new ActivityMeter();
  let updates = 0;
  for (const images of batches) {
    const x = Array.from({ length: isStatic ? 1 : expected.steps }, (_, t) =>
      input(`step${t}`, [images.length, 2, 9, 8]),
    );
    const changed: Tensor[] = [];
    const context = spikingContext({ steps: expected.steps, neuron: { kind: "lif", ...leaky } });
    const recording = {
      ...context,
      activate: (_unit: unknown, current: Signal) => {
        const { outputs, membranes } = simulate(leakyIntegrateAndFire(leaky), current, expected.steps);
        changed.push(changedMembranes(membranes));
        return outputs;
      },
    };
    network.call(x, meter.watch(counter.watch(recording)));
    const outputs = { ...counter.outputs(), ...meter.outputs(), changed: changed.reduce(add) };
    const program = await compile({ inputs: x, outputs }, options);
    const results = await program.run(feedsOf(expected, images, isStatic));
    counter.add(results);
    meter.add(results);
    for (const count of results.changed!.data) updates += Number(count) / expected.images;
    await program.release();
  }
  return { counter, activity: meter.activity(), updates, isStatic };
}

describe("NeuroBench 2.3.0 on the same spiking network", () => {
  for (const expected of fixture.spiking) {
    test(`${expected.name}: operations, activity and membrane updates`, async () => {
      const network = spikingNetwork(expected);
      const { counter, activity, updates, isStatic } = await measureSpiking(expected, network, [[0, 1, 2]]);
      const counts = counter.counts({ repeatStatic: true });
      expect(counts.macs).toBe(expected.effectiveMacs);
      expect(counts.acs).toBe(expected.effectiveAcs);
      expect(counts.dense).toBe(expected.dense);
      expect(counts.images).toBe(3);
      expect(counts.connectionSparsity).toBeCloseTo(expected.connectionSparsity, 4);
      expect(activity.activationSparsity).toBeCloseTo(expected.activationSparsity, 12);
      expect(activity.layers.map(({ spikesPerImage }) => spikesPerImage * 3)).toEqual(expected.spikes);
      expect(updates).toBeCloseTo(expected.membraneUpdates, 9);
      expect(activity.membraneUpdates).toBe((120 + 80 + 5) * 5);

      const once = counter.counts();
      expect(once.acs).toBe(expected.effectiveAcs);
      expect(once.macs).toBeCloseTo(isStatic ? expected.effectiveMacs / 5 : expected.effectiveMacs, 9);
      expect(once.dense).toBe(expected.dense - (isStatic ? (4 / 5) * counts.layers[0]!.dense : 0));
    });
  }

  test("the same from batches of other sizes, in the portable lowering, with frozen weights", async () => {
    const expected = fixture.spiking[0]!;
    const options = { lowering: "portable", freeze: true } as const;
    const { counter, activity } = await measureSpiking(
      expected,
      spikingNetwork(expected),
      [[0, 2], [1]],
      options,
    );
    expect(counter.counts().acs).toBe(expected.effectiveAcs);
    expect(counter.counts().images).toBe(3);
    expect(activity.layers.map(({ spikesPerImage }) => spikesPerImage * 3)).toEqual(expected.spikes);
  });

  test("dense operations, footprint and connection sparsity without a run", () => {
    const expected = fixture.spiking[0]!;
    const network = spikingNetwork(expected);
    expect(macs(network, { skipPadding: true }) * expected.steps).toBe(expected.dense);
    const { weights, biases } = footprint(network);
    expect(weights + biases).toBe(expected.footprint);
    expect(connectionSparsity(network)).toBeCloseTo(expected.connectionSparsity, 4);
  });
});

describe("NeuroBench 2.3.0 on the same dense network", () => {
  test("operations and activation sparsity", async () => {
    const expected = fixture.dense;
    const counter = new OperationCounter();
    const meter = new ActivityMeter();
    const x = input("x", [3, 2, 8, 8]);
    denseNetwork(expected).call(x, meter.watch(counter.watch(denseContext())));
    const program = await compile({ inputs: [x], outputs: { ...counter.outputs(), ...meter.outputs() } });
    const results = await program.run({ x: Float32Array.from(expected.input) });
    counter.add(results);
    meter.add(results);
    await program.release();
    const counts = counter.counts();
    expect(counts.macs).toBe(expected.effectiveMacs);
    expect(counts.acs).toBe(0);
    expect(counts.dense).toBe(expected.dense);
    expect(counts.connectionSparsity).toBeCloseTo(expected.connectionSparsity, 4);
    expect(meter.activity().activationSparsity).toBeCloseTo(expected.activationSparsity, 12);
  });

  test("dense operations, footprint and connection sparsity without a run", () => {
    const expected = fixture.dense;
    const network = denseNetwork(expected);
    expect(macs(network, { skipPadding: true })).toBe(expected.dense);
    const { total, thresholds, statistics } = footprint(network);
    expect(total - thresholds).toBe(expected.footprint);
    expect(statistics).toBe(2 * 4 * 4);
    expect(connectionSparsity(network)).toBeCloseTo(expected.connectionSparsity, 4);
  });
});
