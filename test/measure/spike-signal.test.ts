import { expect, test } from "vitest";
import { activeCounts, balances } from "../../src/measure/active-values.ts";
import { spikesOf, spikesOfSignal } from "../../src/measure/spike-signal.ts";
import { eachStep, type Signal } from "../../src/nn/index.ts";
import { compile } from "../../src/runtime/node.ts";
import {
  integrateAndFire,
  latency,
  leakyIntegrateAndFire,
  poisson,
  signedIntegrateAndFire,
  simulate,
} from "../../src/spiking/index.ts";
import {
  abs,
  add,
  avgPool2d,
  constant,
  flatten,
  greater,
  input,
  mask,
  maxPool2d,
  mul,
  sub,
} from "../../src/tensor/index.ts";

const current = [input("current", [2, 4, 6, 6])];
const threshold = input("threshold", []);
const signed = simulate(signedIntegrateAndFire({ threshold }), current, 3).outputs;

test("neurons and encoders emit spikes by construction", () => {
  const unsigned: Signal[] = [
    simulate(integrateAndFire(), current, 3).outputs,
    simulate(leakyIntegrateAndFire({ threshold: 0.5, reset: "subtract" }), current, 3).outputs,
    simulate(signedIntegrateAndFire({ threshold, signed: false }), current, 3).outputs,
    poisson(current[0]!, 3),
    latency(current[0]!, 3),
  ];
  for (const signal of unsigned) expect(spikesOfSignal(signal)?.signed).toBe(false);
  expect(spikesOfSignal(signed)?.signed).toBe(true);
  expect(spikesOfSignal(eachStep(signed, (x) => flatten(maxPool2d(x, { kernel: 2 }))))?.signed).toBe(true);
});

test("what may be graded has no proof", () => {
  const [first, second] = signed as [Signal[number], Signal[number]];
  const up = mask(greater(current[0]!, constant(0)));
  const high = mask(greater(current[0]!, constant(1)));
  expect(spikesOf(current[0]!)).toBeUndefined();
  expect(spikesOf(avgPool2d(first, { kernel: 2 }))).toBeUndefined();
  expect(spikesOf(add(up, high))).toBeUndefined();
  expect(spikesOf(sub(first, second))).toBeUndefined();
  expect(spikesOf(sub(mul(up, constant(2)), high))).toBeUndefined();
  expect(spikesOf(mul(up, current[0]!))).toBeUndefined();
  expect(spikesOfSignal([first, mul(second, constant(2))])).toBeUndefined();
  expect(spikesOf(sub(up, high))?.signed).toBe(true);
});

test("spikes are counted exactly whatever their amplitude, 0 and negative ones included", async () => {
  const steps = 60;
  const current = Array.from({ length: steps }, (_, t) => input(`x${t}`, [4]));
  const amplitude = input("amplitude", []);
  const ups = current.map((x) => mul(mask(greater(x, constant(0.5))), amplitude));
  const both = current.map((x) =>
    mul(sub(mask(greater(x, constant(0.5))), mask(greater(constant(-0.5), x))), amplitude),
  );
  const outputs = {
    ups: activeCounts(ups),
    both: activeCounts(both),
    balance: balances(both),
    graded: activeCounts(both.map((x) => mul(x, add(abs(x), constant(1))))),
  };
  const program = await compile({ inputs: [...current, amplitude], outputs });
  const values = [
    [1, 1, 1],
    [-1, 1, 0],
    [0, 0, 0],
    [-1, -1, -1],
  ];
  const feeds = Object.fromEntries(
    current.map((_, t) => [`x${t}`, Float32Array.from(values, (cycle) => cycle[t % 3]!)]),
  );
  for (const theta of [0.1, -0.7, 1 / 3, 1e-4, 0]) {
    const results = await program.run({ ...feeds, amplitude: Float32Array.of(theta) });
    const counts = (name: string) => Array.from(results[name]!.data, Number);
    const factor = Math.sign(theta) ** 2;
    expect(counts("ups")).toEqual([60, 20, 0, 0].map((count) => count * factor));
    expect(counts("both")).toEqual([60, 40, 0, 60].map((count) => count * factor));
    expect(counts("graded")).toEqual([60, 40, 0, 60].map((count) => count * factor));
    expect(counts("balance").map((count) => count + 0)).toEqual(
      [60, 0, 0, -60].map((count) => count * Math.sign(theta) + 0),
    );
  }
  await program.release();
});
