import { describe, expect, it } from "vitest";
import { StepRandom } from "../../src/nn/fit.ts";
import { buildNetwork } from "../../src/nn/index.ts";
import { compile, type Program } from "../../src/runtime/node.ts";
import { Random } from "../../src/runtime/random.ts";
import {
  arctangent,
  constantCurrent,
  type Encoder,
  integrateAndFire,
  latency,
  poisson,
  simulate,
  spikingContext,
} from "../../src/spiking/index.ts";
import { concat, flatten, input, reshape, type Tensor } from "../../src/tensor/index.ts";
import { rejectionOf } from "../formats/errors.ts";

/** A program from images (1, 1, 1, width) to the encoder's signal, (steps, width). */
function encode(
  encoder: Encoder,
  width: number,
  steps: number,
  random?: { fillUniform(values: Float32Array): void },
) {
  const images = input("images", [1, 1, 1, width]);
  const signal = encoder(images, steps).map((step) => flatten(step));
  return compile({ inputs: [images], outputs: { signal: concat(signal, 0) } }, { threads: 1, random });
}

async function signalOf(program: Program, images: Float32Array): Promise<number[]> {
  return [...((await program.run({ images })).signal!.data as Float32Array)];
}

it("gives a constant current once, as it is", () => {
  const images = input("images", [2, 3, 4, 4]);
  expect(constantCurrent(images, 7)).toEqual([images]);
});

describe("poisson", () => {
  const levels = [0, 0.1, 0.5, 0.9, 1];
  const pixels = 400;
  const images = Float32Array.from({ length: levels.length * pixels }, (_, i) => levels[i % levels.length]!);

  it("fires with the probability of the value at every step, independently", async () => {
    const steps = 40;
    const signal = await signalOf(await encode(poisson, images.length, steps, new Random(3)), images);
    expect(new Set(signal)).toEqual(new Set([0, 1]));
    const trains = (level: number) =>
      Array.from({ length: pixels }, (_, pixel) =>
        Array.from({ length: steps }, (_, t) => signal[t * images.length + pixel * levels.length + level]!),
      );
    for (const [level, rate] of levels.entries()) {
      const draws = trains(level).flat();
      const mean = draws.reduce((a, b) => a + b) / draws.length;
      // five standard errors; exact at rates 0 and 1
      expect(Math.abs(mean - rate)).toBeLessThanOrEqual(5 * Math.sqrt((rate * (1 - rate)) / draws.length));
    }
    const half = trains(2).map((train) => train.map((s) => s - 0.5));
    const correlation = (pairs: number[][]) =>
      pairs.reduce((total, [a, b]) => total + 4 * a! * b!, 0) / pairs.length;
    const next = half.flatMap((train) => train.slice(1).map((s, t) => [s, train[t]!]));
    const neighbour = half.slice(1).flatMap((train, pixel) => train.map((s, t) => [s, half[pixel]![t]!]));
    for (const pairs of [next, neighbour]) {
      expect(Math.abs(correlation(pairs))).toBeLessThan(5 / Math.sqrt(pairs.length));
    }
  });

  it("gives the same spikes for the same seed, others for another seed and in the next run", async () => {
    const [first, second, other] = await Promise.all(
      [11, 11, 12].map((seed) => encode(poisson, images.length, 4, new Random(seed))),
    );
    const spikes = await signalOf(first!, images);
    expect(await signalOf(second!, images)).toEqual(spikes);
    expect(await signalOf(other!, images)).not.toEqual(spikes);
    const next = await signalOf(first!, images);
    expect(next).not.toEqual(spikes);
    expect(await signalOf(second!, images)).toEqual(next);
  });

  it("draws the same for a step of training whatever was drawn before", async () => {
    const random = new StepRandom(new Random(5));
    const program = await encode(poisson, images.length, 3, random);
    random.begin(8);
    const spikes = await signalOf(program, images);
    await signalOf(program, images);
    random.begin(9);
    expect(await signalOf(program, images)).not.toEqual(spikes);
    random.begin(8);
    expect(await signalOf(program, images)).toEqual(spikes);
  });

  it("says that it needs a source of random numbers", async () => {
    const program = await encode(poisson, images.length, 2);
    expect(await rejectionOf(program.run({ images }))).toContain('the random input "poisson0" has no source');
  });
});

describe("latency", () => {
  it.each([1, 2, 5, 8])("fires once in %i steps, the earlier the brighter", async (steps) => {
    const values = Float32Array.from({ length: 201 }, (_, i) => i / 200);
    const signal = await signalOf(await encode(latency, values.length, steps), values);
    let last = steps;
    for (const [i, value] of values.entries()) {
      const train = Array.from({ length: steps }, (_, t) => signal[t * values.length + i]!);
      if (value === 0) {
        expect(train).toEqual(new Array(steps).fill(0));
        continue;
      }
      expect(train.filter((s) => s === 1)).toHaveLength(1);
      expect(train.filter((s) => s === 0)).toHaveLength(steps - 1);
      const time = train.indexOf(1);
      expect(Math.abs(time - (1 - value) * (steps - 1))).toBeLessThanOrEqual(0.5 + 1e-6);
      expect(time).toBeLessThanOrEqual(last);
      last = time;
    }
    expect(last).toBe(0);
  });

  it("fires at the first step above 1 and never below 0", async () => {
    const signal = await signalOf(await encode(latency, 4, 3), Float32Array.of(1.5, 1, -0.5, 0));
    expect(signal).toEqual([1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
  });
});

it("a spiking network puts its neurons where the activation units are and keeps the steps apart", async () => {
  const description = {
    input: { channels: 1, height: 2, width: 2 },
    layers: [{ type: "flatten" }, { type: "linear", features: 3 }, { type: "activation" }] as const,
  };
  const network = buildNetwork({ ...description, layers: [...description.layers] }, 4);
  const images = input("images", [5, 1, 2, 2]);
  const steps = 6;
  const neuron = { threshold: 0.4, reset: "subtract", surrogate: arctangent() } as const;
  const context = spikingContext({ steps, neuron: { kind: "if", ...neuron } });
  const spikes = network.call(images, context);
  expect(spikes).toHaveLength(steps);
  const rows: Tensor[] = [];
  for (const step of spikes) rows.push(reshape(step, [1, 15]));
  let current: Tensor | undefined;
  network.call(images, { ...context, activate: (_unit, signal) => [(current = signal[0]!)] });
  const expected = simulate(integrateAndFire(neuron), [current!], steps).outputs.map((step) =>
    reshape(step, [1, 15]),
  );
  const program = await compile({
    inputs: [images],
    outputs: { spikes: concat(rows, 0), expected: concat(expected, 0) },
  });
  const results = await program.run({ images: new Random(2).fillUniform(new Float32Array(20)) });
  expect(results.spikes!.data).toEqual(results.expected!.data);
  expect(new Set(results.spikes!.data as Float32Array)).toEqual(new Set([0, 1]));
});
