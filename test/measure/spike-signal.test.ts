import { expect, test } from "vitest";
import { spikesOf, spikesOfSignal } from "../../src/measure/spike-signal.ts";
import { eachStep, type Signal } from "../../src/nn/index.ts";
import {
  integrateAndFire,
  latency,
  leakyIntegrateAndFire,
  poisson,
  signedIntegrateAndFire,
  simulate,
} from "../../src/spiking/index.ts";
import {
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
