import { expect, test } from "vitest";
import { convertedContext } from "../../src/convert/fast-snn/contexts.ts";
import { StriateError } from "../../src/error.ts";
import { ActivityMeter, changedMembranes, networkActivity } from "../../src/measure/index.ts";
import { buildNetwork } from "../../src/nn/index.ts";
import { compile } from "../../src/runtime/node.ts";
import { signedIntegrateAndFire, simulate, spikingContext } from "../../src/spiking/index.ts";
import { constant, input } from "../../src/tensor/index.ts";

/** One 1 × 1 convolution of weight 1 in front of neurons: their input current is the image. */
function passThrough() {
  const network = buildNetwork(
    {
      input: { channels: 1, height: 1, width: 2 },
      threshold: 1,
      layers: [{ type: "conv", channels: 1, kernel: 1 }, { type: "activation" }],
    },
    1,
  );
  network.parameters.find(({ name }) => name === "conv1/weight")!.data.fill(1);
  return network;
}

test("spikes and rates of two integrate-and-fire neurons, by hand", async () => {
  // Reset to 0 at θ = 1. Currents 1 and ½ over 4 steps: 4 spikes, and one every other step: 2; the other image is dark.
  const meter = new ActivityMeter();
  const x = input("x", [2, 1, 1, 2]);
  passThrough().call(x, meter.watch(spikingContext({ steps: 4, neuron: { kind: "if" } })));
  const program = await compile({ inputs: [x], outputs: meter.outputs() });
  meter.add(await program.run({ x: Float32Array.of(1, 0.5, 0, 0) }));
  await program.release();
  expect(meter.activity()).toEqual({
    layers: [{ name: "activation1", neurons: 2, firingRate: 6 / 16, negativeRate: 0, spikesPerImage: 3 }],
    spikesPerImage: 3,
    activationSparsity: 1 - 3 / 8,
    membraneUpdates: 8,
  });
});

test("spikes that are taken back count apart", async () => {
  // From V = ½: 0.6 → 1.1, a spike, V = 0.1; then −0.4 → −0.3, the spike is taken back; then 0.1: nothing.
  const network = passThrough();
  const meter = new ActivityMeter();
  const steps = Array.from({ length: 3 }, (_, t) => input(`x${t}`, [1, 1, 1, 2]));
  network.call(steps, meter.watch(convertedContext(network, { steps: 3, signed: true })));
  const program = await compile({ inputs: steps, outputs: meter.outputs() });
  const pair = (value: number) => Float32Array.of(value, 0);
  for (let run = 0; run < 2; run++)
    meter.add(await program.run({ x0: pair(0.6), x1: pair(-0.4), x2: pair(0.1) }));
  await program.release();
  const [layer] = meter.activity().layers;
  expect(layer).toEqual({
    name: "activation1",
    neurons: 2,
    firingRate: 2 / 6,
    negativeRate: 1 / 6,
    spikesPerImage: 2,
  });
});

test("membrane updates that change something", async () => {
  const currents = [
    [0.25, 0, 0.5],
    [0, 0, 0],
    [0.25, 0, 0.5],
  ].map((values) => constant(values, [1, 3]));
  const { membranes } = simulate(
    signedIntegrateAndFire({ threshold: constant(1), signed: false }),
    currents,
    3,
  );
  const program = await compile({ outputs: { updates: changedMembranes(membranes) } });
  // All three neurons at the first step, none at the second, the first and the last at the third.
  expect(Array.from((await program.run()).updates!.data, Number)).toEqual([5]);
  await program.release();
});

test("misuse is told apart", () => {
  expect(() => new ActivityMeter().outputs()).toThrow(StriateError);
  expect(() => new ActivityMeter().activity()).toThrow(/0 images/);
  expect(() => networkActivity([], 1, 0)).toThrow(/0 steps/);
  expect(() => changedMembranes([])).toThrow(StriateError);
});
