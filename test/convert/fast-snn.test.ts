import { beforeAll, describe, expect, it } from "vitest";
import {
  calibrateThresholds,
  convertedContext,
  levelsOf,
  meanOverSteps,
  quantizedContext,
  quantizedRelu,
  sequentialError,
} from "../../src/convert/fast-snn/index.ts";
import { buildNetwork, denseContext, type Network } from "../../src/nn/index.ts";
import { compile } from "../../src/runtime/node.ts";
import { Random } from "../../src/runtime/random.ts";
import { signedIntegrateAndFire, simulate } from "../../src/spiking/index.ts";
import { add, concat, constant, input, slice, type Tensor } from "../../src/tensor/index.ts";
import { draw, mismatch, readFixture } from "../tensor/fixture.ts";

interface NeuronTrace {
  readonly name: string;
  readonly steps: number;
  readonly neurons: number;
  readonly threshold: number;
  readonly signed: boolean;
  readonly current: number[];
  readonly spikes: number[];
  readonly inhibition: number[];
  readonly membrane: number[];
  readonly output: number[];
  readonly count: number[];
}

interface SpikingCounts {
  readonly count1: number[];
  readonly count2: number[];
  readonly y: number[];
}

const { epsilon, neurons, constantInput, networks } = readFixture<{
  epsilon: number;
  neurons: NeuronTrace[];
  constantInput: { bits: number; steps: number; threshold: number; current: number[]; count: number[] }[];
  networks: {
    bits: number;
    steps: number;
    x: number[];
    w1: number[];
    w2: number[];
    w3: number[];
    alphas: number[];
    quantised: { h1: number[]; h2: number[]; y: number[] };
    unsigned: SpikingCounts;
    signed: SpikingCounts;
  }[];
}>("fast_snn");

const stored = (data: readonly number[]) => ({ shape: [data.length], data });
const kinds = [
  ["unsigned", false],
  ["signed", true],
] as const;

/** Outputs and potentials (steps, n), row-major, for currents (steps, n), or (1, n) for a constant one. */
async function run(current: ArrayLike<number>, n: number, steps: number, threshold: number, signed: boolean) {
  const rows = current.length / n;
  const x = input("x", [rows, n]);
  const each = Array.from({ length: rows }, (_, t) => slice(x, [t], [t + 1]));
  const trace = simulate(signedIntegrateAndFire({ threshold: constant(threshold), signed }), each, steps);
  const outputs = { output: concat(trace.outputs, 0), membrane: concat(trace.membranes, 0) };
  const program = await compile({ inputs: [x], outputs }, { threads: 1 });
  const results = await program.run({ x: Float32Array.from(current) });
  await program.release();
  return { output: results.output!.data as Float32Array, membrane: results.membrane!.data as Float32Array };
}

/** Net spikes of each neuron up to and with step t. */
const countsAt = (output: Float32Array, n: number, threshold: number, t: number): number[] =>
  Array.from({ length: n }, (_, i) => {
    let total = 0;
    for (let step = 0; step <= t; step++) total += Math.round(output[step * n + i]! / threshold);
    return total;
  });

describe("neuron of the reference", () => {
  it.each(neurons.map((example) => [example.name, example] as const))("%s", async (_name, example) => {
    const { current, neurons: n, steps, threshold, signed } = example;
    const { output, membrane } = await run(current, n, steps, threshold, signed);
    const spikes = [...output].map((value) => Math.round(value / threshold));
    expect(spikes).toEqual(example.spikes.map((s, i) => s - example.inhibition[i]!));
    expect(mismatch(output, stored(example.output))).toBeLessThan(1e-6);
    expect(mismatch(membrane, stored(example.membrane))).toBeLessThan(1e-6);
    expect(countsAt(output, n, threshold, steps - 1)).toEqual(example.count);
  });

  it.each(constantInput.map((sweep) => [sweep.bits, sweep] as const))(
    "%i bits, constant current",
    async (_bits, sweep) => {
      const { current, steps, threshold, count } = sweep;
      for (const [, signed] of kinds) {
        const { output } = await run(current, current.length, steps, threshold, signed);
        expect(countsAt(output, current.length, threshold, steps - 1)).toEqual(count);
      }
    },
  );
});

describe.each(kinds)("a constant current, %s neurons", (_kind, signed) => {
  it.each([2, 3, 4])("gives exactly the level of the %i-bit quantiser", async (bits) => {
    const steps = levelsOf(bits);
    for (const threshold of [0.37, 1, 8]) {
      const sweep = Float32Array.from({ length: 20001 }, (_, i) => threshold * (-0.4 + i * 1e-4));
      // half way between two levels, the sums of the neuron and the product of the quantiser may round apart
      const isBetween = (x: number) => Math.abs((((((x / threshold) * steps) % 1) + 1) % 1) - 0.5) < 1e-5;
      const current = sweep.filter((x) => !isBetween(x));
      expect(current.length).toBeGreaterThan(sweep.length * 0.998);
      const x = input("x", [current.length]);
      const y = quantizedRelu(x, constant(threshold), bits);
      const program = await compile({ inputs: [x], outputs: { y } }, { threads: 1 });
      const quantized = [...((await program.run({ x: current })).y!.data as Float32Array)];
      const levels = quantized.map((value) => Math.round((value / threshold) * steps));
      expect(new Set(levels).size).toBe(steps + 1);
      const { output } = await run(current, current.length, steps, threshold, signed);
      expect(countsAt(output, current.length, threshold, steps - 1)).toEqual(levels);
    }
  });

  it.each([2, 3, 4])(
    "rounds up half way between two of %i bits' levels, where the quantiser rounds to even",
    async (bits) => {
      const steps = levelsOf(bits);
      // with θ = n every sum is exact
      const current = Array.from({ length: steps }, (_, k) => k + 0.5);
      const { output } = await run(current, steps, steps, steps, signed);
      expect(countsAt(output, steps, steps, steps - 1)).toEqual(current.map((x) => x + 0.5));
    },
  );
});

describe("any current", () => {
  const n = 400;
  const examples = [3, 7, 15].flatMap((steps) => [0.6, 2].map((threshold) => ({ steps, threshold })));

  it.each(examples)(
    "T = $steps, θ = $threshold: V_T = V_0 + ΣI − θN and 0 ≤ N ≤ T",
    async ({ steps, threshold }) => {
      for (const [kind, signed] of kinds) {
        const current = draw(steps * n, 40 + steps, -1.2 * threshold, 1.5 * threshold);
        const { output, membrane } = await run(current, n, steps, threshold, signed);
        const charge = new Float64Array(n).fill(threshold / 2);
        let imbalance = 0;
        for (let t = 0; t < steps; t++) {
          const counts = countsAt(output, n, threshold, t);
          for (const [i, count] of counts.entries()) {
            charge[i]! += current[t * n + i]!;
            imbalance = Math.max(
              imbalance,
              Math.abs(membrane[t * n + i]! - (charge[i]! - threshold * count)),
            );
          }
          expect(Math.min(...counts)).toBeGreaterThanOrEqual(0);
          expect(Math.max(...counts)).toBeLessThanOrEqual(t + 1);
        }
        expect(imbalance, kind).toBeLessThan(1e-5 * threshold);
        expect(new Set([...output].map(Math.sign))).toEqual(new Set(signed ? [-1, 0, 1] : [0, 1]));
      }
    },
  );

  it.each(examples)(
    "T = $steps, θ = $threshold: the two kinds part only after over-firing",
    async ({ steps, threshold }) => {
      const current = draw(steps * n, 90 + steps, -0.8 * threshold, 1.4 * threshold);
      const [unsigned, signed] = await Promise.all(
        kinds.map(([, signed]) => run(current, n, steps, threshold, signed)),
      );
      let parted = 0;
      for (let i = 0; i < n; i++) {
        let count = 0;
        let overfired = false;
        for (let t = 0; t < steps; t++) {
          const at = t * n + i;
          count += Math.round(unsigned!.output[at]! / threshold);
          // the first time that unsigned neurons owe a spike, signed ones pay it back in that very step
          overfired ||= unsigned!.membrane[at]! <= -epsilon && count > 0;
          if (!overfired) {
            expect(signed!.output[at]).toBe(unsigned!.output[at]);
            expect(signed!.membrane[at]).toBe(unsigned!.membrane[at]);
            continue;
          }
          expect(signed!.output[at]).toBe(-Math.fround(threshold));
          parted++;
          break;
        }
      }
      expect(parted).toBeGreaterThan(n / 20);
      expect(parted).toBeLessThan(n);
    },
  );
});

describe("the networks of the reference", () => {
  it.each(networks.map((example) => [example.bits, example] as const))("%i bits", async (bits, example) => {
    const network = buildNetwork(
      {
        input: { channels: 8, height: 1, width: 1 },
        layers: [
          { type: "flatten" },
          { type: "linear", features: 12 },
          { type: "activation" },
          { type: "linear", features: 10 },
          { type: "activation" },
          { type: "linear", features: 4 },
        ],
      },
      1,
    );
    const [first, second] = network.activations;
    const weights = network.parameters.filter(({ name }) => name.endsWith("/weight"));
    for (const [i, values] of [example.w1, example.w2, example.w3].entries()) weights[i]!.data.set(values);
    first!.threshold.data[0] = example.alphas[0]!;
    second!.threshold.data[0] = example.alphas[1]!;

    const images = input("images", [5, 8, 1, 1]);
    const outputs: Record<string, Tensor> = {};
    const quantized = quantizedContext(network, { bits });
    outputs.y = network.call(images, {
      ...quantized,
      activate: (unit, current) => {
        const output = quantized.activate(unit, current);
        outputs[unit === first ? "h1" : "h2"] = output[0]!;
        return output;
      },
    })[0]!;
    for (const [kind, signed] of kinds) {
      const logits = network.call(
        images,
        convertedContext(network, {
          steps: example.steps,
          signed,
          record: (unit, _current, output) => {
            outputs[`${kind} ${unit === first ? "count1" : "count2"}`] = output.reduce(add);
          },
        }),
      );
      expect(logits).toHaveLength(example.steps);
      outputs[`${kind} y`] = logits.reduce(add);
    }
    const program = await compile({ inputs: [images], outputs }, { freeze: true, threads: 1 });
    const results = await program.run({ images: Float32Array.from(example.x) });
    const values = (name: string) => results[name]!.data as Float32Array;
    for (const name of ["h1", "h2", "y"] as const) {
      expect(mismatch(values(name), stored(example.quantised[name])), name).toBeLessThan(2e-6);
    }
    for (const [kind] of kinds) {
      const expected = example[kind];
      const inUnits = (name: string, alpha: number) =>
        [...values(`${kind} ${name}`)].map((x) => Math.round(x / alpha));
      expect(inUnits("count1", example.alphas[0]!)).toEqual(expected.count1);
      expect(inUnits("count2", example.alphas[1]!)).toEqual(expected.count2);
      expect(mismatch(values(`${kind} y`), stored(expected.y)), kind).toBeLessThan(2e-6);
    }
  });
});

/** A plain network of `depth` convolutions with random normalisations, thresholds set from random images. */
async function deepNetwork(
  depth: number,
  seed: number,
): Promise<{ network: Network; images: { shape: number[]; data: Float32Array } }> {
  const block = [{ type: "conv", channels: 8, kernel: 3 }, { type: "norm" }, { type: "activation" }] as const;
  const layers = [
    ...Array.from({ length: depth }, () => block).flat(),
    { type: "globalAveragePool" as const },
  ];
  const network = buildNetwork({ input: { channels: 3, height: 10, width: 10 }, layers }, seed);
  const random = new Random(seed).split("normalisations");
  for (const { name, data } of network.parameters) {
    if (name.endsWith("/gamma")) random.fillUniform(data, 0.7, 1.6);
    if (name.endsWith("/beta")) random.fillUniform(data, -0.3, 0.4);
    if (name.endsWith("/mean")) random.fillUniform(data, -0.1, 0.1);
    if (name.endsWith("/variance")) random.fillUniform(data, 0.8, 1.2);
  }
  const images = { shape: [8, 3, 10, 10], data: random.fillNormal(new Float32Array(2400)) };
  await calibrateThresholds(network, images);
  return { network, images };
}

describe("the sequential error", () => {
  it.each([
    [2, 1],
    [2, 2],
    [3, 3],
    [3, 4],
  ])(
    "%i bits, network %i: is absent in the first layer, grows with depth, and signed neurons shrink it",
    async (bits, seed) => {
      const { network, images } = await deepNetwork(8, seed);
      const measure = (signed: boolean) =>
        sequentialError(network, network, images, bits, { steps: levelsOf(bits), signed });
      const unsigned = await measure(false);
      const signed = await measure(true);
      expect(unsigned.map(({ layer }) => layer)).toEqual(network.activations.map(({ name }) => name));
      for (const errors of [unsigned, signed]) {
        const relative = errors.map((layer) => layer.relative);
        expect(relative[0]).toBeLessThan(1e-6);
        expect(relative[1]).toBeGreaterThan(1e-3);
        for (const layer of [1, 2, 3]) expect(relative[layer]).toBeGreaterThan(relative[layer - 1]!);
        const deep = relative.slice(4).reduce((a, b) => a + b) / 4;
        expect(deep).toBeGreaterThan(2 * relative[1]!);
      }
      for (const [layer, { relative }] of signed.entries()) {
        if (layer > 0) expect(relative).toBeLessThan(unsigned[layer]!.relative);
      }
      const total = (errors: typeof signed) => errors.reduce((sum, { error }) => sum + error, 0);
      expect(total(signed)).toBeLessThan(0.8 * total(unsigned));
    },
  );

  it("is absent in the first layer of quantised weights too, against a copy of the network", async () => {
    const { network, images } = await deepNetwork(3, 8);
    const copy = buildNetwork(network.architecture, 0);
    copy.load(network.state());
    const options = { steps: 3, signed: true, weightBits: 3 };
    const errors = await sequentialError(network, copy, images, 2, options);
    expect(errors[0]!.relative).toBeLessThan(1e-6);
    expect(errors[2]!.relative).toBeLessThan(0.5);
    expect(errors).toEqual(await sequentialError(network, network, images, 2, options));
  });

  it("is measured against the network that is given, so that a changed weight shows in the first layer", async () => {
    const { network, images } = await deepNetwork(2, 5);
    const reference = buildNetwork(network.architecture, 0);
    reference.load(network.state());
    network.parameters.find(({ name }) => name === "conv1/weight")!.data[0]! += 0.5;
    const [first] = await sequentialError(network, reference, images, 2, { steps: 3, signed: true });
    expect(first!.error).toBeGreaterThan(1e-3);
  });
});

describe("a network of one layer of neurons", () => {
  let results: Record<string, Float32Array>;
  const bits = 3;

  beforeAll(async () => {
    const { network, images } = await deepNetwork(1, 9);
    const x = input("images", images.shape);
    const outputs: Record<string, Tensor> = {
      quantized: network.call(x, quantizedContext(network, { bits }))[0]!,
    };
    outputs.dense = network.call(x, denseContext())[0]!;
    for (const [kind, signed] of kinds) {
      const context = convertedContext(network, { steps: levelsOf(bits), signed });
      outputs[kind] = meanOverSteps(network.call(x, context));
      outputs[`${kind}, unit`] = add(
        meanOverSteps(context.activate(network.activations[0]!, [slice(x, [0], [1])])),
        constant(0),
      );
    }
    outputs["quantized, unit"] = quantizedContext(network, { bits }).activate(network.activations[0]!, [
      slice(x, [0], [1]),
    ])[0]!;
    const program = await compile({ inputs: [x], outputs }, { freeze: true, threads: 1 });
    const values = await program.run({ images: images.data });
    results = Object.fromEntries(
      Object.entries(values).map(([name, { data }]) => [name, data as Float32Array]),
    );
  });

  it.each(["", ", unit"])("is the quantised network%s", (part) => {
    const quantized = results[`quantized${part}`]!;
    expect(new Set(quantized).size).toBeGreaterThan(4);
    for (const [kind] of kinds) {
      expect(mismatch(results[`${kind}${part}`]!, stored([...quantized])), kind).toBeLessThan(1e-6);
    }
  });

  it("differs from the float network only by rounding", () => {
    const gap = results.dense!.map((value, i) => Math.abs(value - results.quantized![i]!));
    expect(Math.max(...gap)).toBeGreaterThan(1e-3);
    expect(Math.max(...gap)).toBeLessThan(0.5);
  });
});

describe("calibrated thresholds", () => {
  it("are the percentile of what the float network's units put out", async () => {
    const { network, images } = await deepNetwork(3, 6);
    const x = input("images", images.shape);
    const dense = denseContext();
    const outputs: Record<string, Tensor> = {};
    network.call(x, {
      ...dense,
      activate: (unit, current) => [(outputs[unit.name] = dense.activate(unit, current)[0]!)],
    });
    const program = await compile({ inputs: [x], outputs }, { freeze: true });
    const results = await program.run({ images: images.data });
    for (const percentile of [50, 99.7, 100]) {
      await calibrateThresholds(network, images, percentile);
      for (const { name, threshold } of network.activations) {
        const values = [...(results[name]!.data as Float32Array)].filter((value) => value > 0);
        const below = values.filter((value) => value <= threshold.data[0]!).length / values.length;
        expect(Math.abs(below - percentile / 100)).toBeLessThan(0.002);
      }
    }
  });

  it("keep their values where a unit never puts anything out", async () => {
    const { network, images } = await deepNetwork(2, 7);
    const gamma = network.parameters.find(({ name }) => name === "norm2/gamma")!;
    const beta = network.parameters.find(({ name }) => name === "norm2/beta")!;
    gamma.data.fill(0);
    beta.data.fill(-1);
    network.activations[1]!.threshold.data[0] = 4.5;
    await calibrateThresholds(network, images);
    expect(network.activations[1]!.threshold.data[0]).toBe(4.5);
    expect(network.activations[0]!.threshold.data[0]).not.toBe(8);
  });
});
