import { describe, expect, test } from "vitest";
import "../../../src/runtime/node.ts";
import { type Certainty, type Decision, decide, margin } from "../../../src/spiking/anytime/index.ts";
import { DenseEngine } from "../../../src/spiking/dense/index.ts";
import { stepsOf } from "../../../src/spiking/engine.ts";
import { type Numbers, type SpikingGraph, scalar } from "../../../src/spiking/graph/index.ts";
import { ClassReadout, largest } from "../../../src/spiking/readout.ts";
import { draw } from "../../tensor/fixture.ts";

const numbers = (shape: number[], seed: number, low: number, high: number): Numbers => ({
  shape,
  data: draw(
    shape.reduce((a, b) => a * b, 1),
    seed,
    low,
    high,
  ),
});
const neuron = {
  type: "neuron" as const,
  membrane: { kind: "integrator" as const, r: scalar(1) },
  firing: { threshold: scalar(1), strict: false, reset: "subtract" as const },
};
/** Convolution (blocked where the runtime can), neurons of two kinds of start, a delay, and a readout. */
const graph: SpikingGraph = {
  timeStep: 1,
  metadata: {},
  nodes: [
    { name: "input", inputs: [], operation: { type: "input", shape: [3, 6, 6] } },
    {
      name: "conv",
      inputs: ["input"],
      operation: {
        type: "conv2d",
        weight: numbers([16, 3, 3, 3], 1, -0.3, 0.4),
        stride: [1, 1],
        padding: [1, 1, 1, 1],
        dilation: [1, 1],
        groups: 1,
      },
    },
    { name: "first", inputs: ["conv"], operation: { ...neuron, start: scalar(0.5) } },
    {
      name: "second",
      inputs: ["first"],
      operation: {
        type: "conv2d",
        weight: numbers([16, 16, 3, 3], 2, -0.1, 0.11),
        stride: [1, 1],
        padding: [1, 1, 1, 1],
        dilation: [1, 1],
        groups: 1,
      },
    },
    { name: "third", inputs: ["second"], operation: { ...neuron, start: numbers([16, 6, 6], 3, 0, 0.9) } },
    { name: "flat", inputs: ["third"], operation: { type: "reshape", shape: [576] } },
    { name: "late", inputs: ["flat"], operation: { type: "delay", delay: scalar(1) } },
    {
      name: "linear",
      inputs: ["late"],
      operation: { type: "linear", weight: numbers([5, 576], 4, -0.1, 0.1) },
    },
    { name: "output", inputs: ["linear"], operation: { type: "output" } },
  ],
};
const SIZE = 108;
const SAMPLES = 11;
const STEPS = 10;
const images = draw(SAMPLES * SIZE, 9, 0, 1);
const image = (i: number) => images.subarray(i * SIZE, (i + 1) * SIZE);

/** Each sample alone, from a fresh start: its evidence after every step. */
async function alone(kind: "current" | "potential"): Promise<Float64Array[][]> {
  const engine = new DenseEngine(graph, { batch: 1 });
  const all: Float64Array[][] = [];
  for (let i = 0; i < SAMPLES; i++) {
    const readout = new ClassReadout(kind, 1, 5);
    const own: Float64Array[] = [];
    engine.reset();
    for await (const { output } of engine.run(image(i), STEPS)) {
      for (const outputs of stepsOf(output!)) {
        readout.add(outputs);
        own.push(readout.evidence(0).slice());
      }
    }
    all.push(own);
  }
  await engine.release();
  return all;
}

async function together(
  kind: "current" | "potential",
  options: { batch: number; chunk: number; certainty: Certainty; threshold: number },
): Promise<Decision[]> {
  const { batch, chunk } = options;
  const engine = new DenseEngine(graph, { batch, chunk });
  const decisions: Decision[] = [];
  for await (const decision of decide({
    engine,
    output: "output",
    readout: new ClassReadout(kind, batch, 5),
    size: SIZE,
    samples: SAMPLES,
    write: (i, into) => into.set(image(i)),
    steps: STEPS,
    ...options,
  }))
    decisions.push(decision);
  await engine.release();
  return decisions.sort((a, b) => a.sample - b.sample);
}

describe.each(["current", "potential"] as const)("decisions by the %s", (kind) => {
  test.each([
    { batch: 3, chunk: 1, threshold: 0.5 },
    { batch: 4, chunk: 3, threshold: 1 },
    { batch: 16, chunk: 4, threshold: 0.25 },
    { batch: 2, chunk: 16, threshold: Number.POSITIVE_INFINITY },
  ])("$batch places, $chunk steps at a time: as each sample alone decides", async (options) => {
    const decisions = await together(kind, { certainty: margin, ...options });
    const expected = (await alone(kind)).map((evidence, sample) => {
      const sure = evidence.findIndex((z) => margin(z, 0) >= options.threshold);
      const last = sure < 0 ? STEPS - 1 : sure;
      return { sample, decision: largest(evidence[last]!), steps: last + 1 };
    });
    expect(decisions).toEqual(expected);
    if (Number.isFinite(options.threshold)) {
      const steps = decisions.map((decision) => decision.steps);
      expect(new Set(steps).size).toBeGreaterThan(1);
    }
  });
});

test("evidence grows in proportion to time, whichever way it is read, and fades where it is to", () => {
  const constant = Float32Array.of(1, 3);
  for (const [kind, expected] of [
    ["current", [10, 30]],
    // mean of 1, 2, … 10 times the current
    ["potential", [5.5, 16.5]],
  ] as const) {
    const readout = new ClassReadout(kind, 1, 2);
    for (let t = 0; t < 10; t++) readout.add(constant);
    expect([...readout.evidence(0)]).toEqual(expected);
    readout.reset(0);
    readout.add(constant);
    expect([...readout.evidence(0)]).toEqual([1, 3]);
  }
  const fading = new ClassReadout("current", 1, 2, 0.5);
  for (let t = 0; t < 60; t++) fading.add(constant);
  expect([...fading.evidence(0)]).toEqual([2, 6]);
});
