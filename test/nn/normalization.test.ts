import { describe, expect, it } from "vitest";
import {
  BatchNormalization,
  buildNetwork,
  Convolution,
  denseContext,
  LayerNormalization,
} from "../../src/nn/index.ts";
import { compile } from "../../src/runtime/node.ts";
import { Random } from "../../src/runtime/random.ts";
import { batchNormInference, conv2d, input, type Tensor } from "../../src/tensor/index.ts";
import { draw, mismatch } from "../tensor/fixture.ts";

const stored = (data: ArrayLike<number>) => ({ shape: [data.length], data: Array.from(data) });

/** A normalisation over 3 channels with statistics and an affine map that are not the initial ones. */
function normalization(): BatchNormalization {
  const norm = new BatchNormalization("norm", 3, new Random(1));
  norm.gamma.data.set([0.8, 1.3, -0.5]);
  norm.beta.data.set([0.1, -0.2, 0.3]);
  norm.mean.data.set([0.5, -1, 0]);
  norm.variance.data.set([0.7, 2, 1.1]);
  return norm;
}

describe("batch normalisation", () => {
  const shape = [4, 3, 2, 5];
  const size = 120;

  it.each([1, 3])(
    "in training shares its statistics over %i time steps, and records them as PyTorch does",
    async (steps) => {
      const norm = normalization();
      const context = denseContext(true);
      const xs = Array.from({ length: steps }, (_, t) => input(`x${t}`, shape));
      const ys = norm.call(xs, context);
      expect([...context.updates.keys()]).toEqual([norm.mean, norm.variance]);
      const outputs: Record<string, Tensor> = Object.fromEntries(ys.map((y, t) => [`y${t}`, y]));
      outputs.mean = context.updates.get(norm.mean)!;
      outputs.variance = context.updates.get(norm.variance)!;
      const values = xs.map((_, t) => draw(size, 5 + t, -1 - t, 2));
      const program = await compile({ inputs: xs, outputs });
      const results = await program.run(Object.fromEntries(values.map((x, t) => [`x${t}`, x])));

      const expected = values.map((x) => new Float64Array(x.length));
      const channelOf = (i: number) => Math.floor(i / 10) % 3;
      for (let channel = 0; channel < 3; channel++) {
        const own = values.flatMap((x) => [...x].filter((_, i) => channelOf(i) === channel));
        const mean = own.reduce((a, b) => a + b) / own.length;
        const squares = own.reduce((a, b) => a + (b - mean) ** 2, 0);
        const scale = norm.gamma.data[channel]! / Math.sqrt(squares / own.length + 1e-5);
        for (const [t, x] of values.entries()) {
          for (const [i, value] of x.entries()) {
            if (channelOf(i) === channel) expected[t]![i] = (value - mean) * scale + norm.beta.data[channel]!;
          }
        }
        const [oldMean, oldVariance] = [norm.mean.data[channel]!, norm.variance.data[channel]!];
        expect(Number(results.mean!.data[channel])).toBeCloseTo(0.9 * oldMean + 0.1 * mean, 5);
        const unbiased = squares / (own.length - 1);
        expect(Number(results.variance!.data[channel])).toBeCloseTo(0.9 * oldVariance + 0.1 * unbiased, 5);
      }
      for (const [t, values] of expected.entries()) {
        expect(mismatch(results[`y${t}`]!.data as Float32Array, stored(values))).toBeLessThan(2e-6);
      }
    },
  );

  it("outside training uses the running statistics, and records nothing", async () => {
    const norm = normalization();
    const context = denseContext();
    const x = input("x", shape);
    const [y] = norm.call([x], context);
    const { gamma, beta, mean, variance } = norm;
    const expected = batchNormInference(x, gamma.tensor, beta.tensor, mean.tensor, variance.tensor);
    const program = await compile({ inputs: [x], outputs: { y: y!, expected } });
    const results = await program.run({ x: draw(size, 3) });
    expect(context.updates.size).toBe(0);
    expect(results.y!.data).toEqual(results.expected!.data);
    const first = Number(results.y!.data[0]);
    expect(first).toBeCloseTo(((draw(1, 3)[0]! - 0.5) / Math.sqrt(0.7 + 1e-5)) * 0.8 + 0.1, 5);
  });

  it("is folded into the convolution before it outside training, without changing the result", async () => {
    const network = buildNetwork(
      {
        input: { channels: 2, height: 6, width: 6 },
        layers: [{ type: "conv", channels: 3, kernel: 3 }, { type: "norm" }],
      },
      3,
    );
    const [convolution, norm] = [
      network.layers.find((layer) => layer instanceof Convolution)!,
      network.layers.find((layer) => layer instanceof BatchNormalization)!,
    ];
    for (const kind of ["gamma", "beta", "mean", "variance"] as const)
      norm[kind].data.set(normalization()[kind].data);
    const x = input("x", [2, 2, 6, 6]);
    const observed: Tensor[] = [];
    const folded = network.call(x, {
      ...denseContext(),
      observe: (_layer, _input, output) => observed.push(output[0]!),
    })[0]!;
    expect(observed).toEqual([folded]);
    const { gamma, beta, mean, variance } = norm;
    const plain = conv2d(x, convolution.weight.tensor, { padding: 1 });
    const expected = batchNormInference(plain, gamma.tensor, beta.tensor, mean.tensor, variance.tensor);
    const program = await compile({ inputs: [x], outputs: { folded, expected } });
    const results = await program.run({ x: draw(144, 4) });
    expect(
      mismatch(results.folded!.data as Float32Array, stored(results.expected!.data as Float32Array)),
    ).toBeLessThan(2e-6);
  });
});

it("layer normalisation is over the last axis, at every step", async () => {
  const norm = new LayerNormalization("norm", 6, new Random(1));
  const xs = [input("a", [2, 3, 6]), input("b", [2, 3, 6])];
  const [a, b] = norm.call(xs);
  const program = await compile({ inputs: xs, outputs: { first: a!, second: b! } });
  const results = await program.run({ a: draw(36, 1, 2, 9), b: draw(36, 2) });
  for (const values of [results.first!.data, results.second!.data].map((data) => [
    ...(data as Float32Array),
  ])) {
    for (let row = 0; row < 6; row++) {
      const own = values.slice(row * 6, row * 6 + 6);
      const mean = own.reduce((total, v) => total + v) / 6;
      expect(mean).toBeCloseTo(0, 5);
      expect(own.reduce((total, v) => total + (v - mean) ** 2, 0) / 6).toBeCloseTo(1, 3);
    }
  }
});
