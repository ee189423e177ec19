import fc from "fast-check";
import { expect, test } from "vitest";
import { convertedContext } from "../../src/convert/fast-snn/contexts.ts";
import { StriateError } from "../../src/error.ts";
import { connectionOf } from "../../src/measure/connection.ts";
import { macs, macsByLayer, OperationCounter } from "../../src/measure/index.ts";
import {
  Attention,
  buildNetwork,
  Convolution,
  denseContext,
  Linear,
  type Signal,
} from "../../src/nn/index.ts";
import { compile } from "../../src/runtime/node.ts";
import { Random } from "../../src/runtime/random.ts";
import { conv2d, input, sum } from "../../src/tensor/index.ts";
import { draw } from "../tensor/fixture.ts";

/** A linear layer 3 → 2 with weights [[1, 0, 2], [−1, 0, 3]]: fan-outs 2, 0 and 2. */
function smallLinear(): Linear {
  const layer = new Linear("readout", 3, 2, new Random(1));
  layer.weight.data.set([1, 0, 2, -1, 0, 3]);
  layer.bias.data.set([5, 5]);
  return layer;
}

async function count(steps: number, batches: readonly number[][][]): Promise<OperationCounter> {
  const counter = new OperationCounter();
  const x = Array.from({ length: steps }, (_, t) => input(`x${t}`, [batches[0]![0]!.length / 3, 3]));
  smallLinear().call(x, counter.watch(denseContext()));
  const program = await compile({ inputs: x, outputs: counter.outputs() });
  for (const batch of batches) {
    counter.add(
      await program.run(Object.fromEntries(batch.map((step, t) => [`x${t}`, Float32Array.from(step)]))),
    );
  }
  await program.release();
  return counter;
}

test("pairs of non-zero inputs and non-zero weights, by hand", async () => {
  // Image 1: inputs (1, 1, 0) then (0, 0, 1): 2 + 0, then 2 operations. Image 2: (0, 0, 0), (1, 0, 1): 4.
  const counter = await count(2, [
    [
      [1, 1, 0, 0, 0, 0],
      [0, 0, 1, 1, 0, 1],
    ],
  ]);
  expect(counter.counts()).toEqual({
    macs: 0,
    acs: 4,
    dense: 12,
    connectionSparsity: 2 / 6,
    layers: [{ layer: "readout", spiking: true, effective: 4, dense: 12 }],
    images: 2,
  });
});

test("inputs of one magnitude are spikes, of two are not, whatever the batch they come in", async () => {
  const spiking = async (...batches: number[][][]) => (await count(1, batches)).counts().layers[0]!.spiking;
  expect(await spiking([[0.5, -0.5, 0]], [[0, 0, 0.5]])).toBe(true);
  expect(await spiking([[0, 0, 0]])).toBe(true);
  expect(await spiking([[0.5, 0.25, 0]])).toBe(false);
  expect(await spiking([[0.5, 0, 0]], [[0.25, 0, 0]])).toBe(false);
  expect(await spiking([[1, 1.0000001, 0]])).toBe(false);
});

test("effective operations of any convolution are the binarised convolution's sum, as NeuroBench computes them", async () => {
  const geometry = fc.record({
    groups: fc.constantFrom(1, 2, 3),
    kernel: fc.integer({ min: 1, max: 4 }),
    stride: fc.integer({ min: 1, max: 3 }),
    padding: fc.integer({ min: 0, max: 2 }),
    dilation: fc.integer({ min: 1, max: 2 }),
    blocks: fc.constantFrom(1, 16),
    lowering: fc.constantFrom("auto" as const, "portable" as const),
  });
  await fc.assert(
    fc.asyncProperty(
      geometry,
      fc.integer({ min: 0, max: 1e6 }),
      async ({ blocks, lowering, ...options }, seed) => {
        const { groups, kernel, stride, padding, dilation } = options;
        const shape = {
          kernel,
          stride,
          padding,
          dilation,
          groups,
          inputs: groups * blocks,
          outputs: groups * 2 * blocks,
        };
        const layer = new Convolution("conv", { ...shape, bias: true }, new Random(seed));
        const sparse = (length: number, at: number) =>
          draw(length, at).map((v) => (Math.abs(v) < 0.5 ? 0 : v));
        layer.weight.data.set(sparse(layer.weight.data.length, seed + 1));
        layer.bias!.data.fill(1);
        const x = input("x", [2, shape.inputs, 9, 7]);
        const image = sparse(2 * shape.inputs * 63, seed + 2);

        const binaryX = input("binaryX", x.shape);
        const binaryWeight = input("binaryWeight", layer.weight.shape);
        const binary = (values: Float32Array) => values.map((v) => (v === 0 ? 0 : 1));
        const effective = sum(conv2d(binaryX, binaryWeight, shape));
        const onesX = input("onesX", x.shape);
        const onesWeight = input("onesWeight", layer.weight.shape);
        const dense = sum(conv2d(onesX, onesWeight, shape));

        const counter = new OperationCounter();
        layer.call([x], counter.watch(denseContext()));
        const program = await compile(
          {
            inputs: [x, binaryX, binaryWeight, onesX, onesWeight],
            outputs: { ...counter.outputs(), effective, dense },
          },
          { lowering },
        );
        const results = await program.run({
          x: image,
          binaryX: binary(image),
          binaryWeight: binary(layer.weight.data),
          onesX: new Float32Array(image.length).fill(1),
          onesWeight: new Float32Array(layer.weight.data.length).fill(1),
        });
        await program.release();
        counter.add(results);
        const counts = counter.counts();
        expect(counts.macs * 2).toBe(results.effective!.data[0]);
        expect(counts.dense * 2).toBe(results.dense!.data[0]);
      },
    ),
    { numRuns: 25, seed: 7 },
  );
});

const converted = () => {
  const layers = [
    { type: "conv" as const, channels: 4, kernel: 3 },
    { type: "norm" as const },
    { type: "activation" as const },
    { type: "averagePool" as const, kernel: 2 },
    { type: "conv" as const, channels: 4, kernel: 3, bias: true },
    { type: "activation" as const },
    { type: "flatten" as const },
    { type: "linear" as const, features: 3 },
  ];
  return buildNetwork({ input: { channels: 1, height: 6, width: 6 }, threshold: 0.7, layers }, 3);
};

test("a converted network: graded image and pooled spikes are MACs, signed spikes of amplitude θ are ACs", async () => {
  const network = converted();
  const counter = new OperationCounter();
  const x = input("x", [5, 1, 6, 6]);
  network.call(x, counter.watch(convertedContext(network, { steps: 3, signed: true })));
  const outputs = counter.outputs();
  expect(Object.keys(outputs).filter((name) => name.includes("least"))).toEqual([
    "operations0:least",
    "operations1:least",
  ]);
  const program = await compile({ inputs: [x], outputs });
  counter.add(await program.run({ x: draw(5 * 36, 9, 0, 1) }));
  await program.release();
  const { layers, acs, macs: effective } = counter.counts();
  expect(layers.map(({ layer, spiking }) => [layer, spiking])).toEqual([
    ["conv1", false],
    ["conv2", false],
    ["linear1", true],
  ]);
  expect(acs).toBe(layers[2]!.effective);
  expect(acs).toBeGreaterThan(0);
  expect(effective).toBe(layers[0]!.effective + layers[1]!.effective);
  expect(counter.counts({ repeatStatic: true }).layers[0]!.effective).toBe(3 * layers[0]!.effective);
});

test("weights count as they are evaluated: quantised ones have zeros, a channel that is scaled by 0 has none left", async () => {
  const counts = async (prepare: (network: ReturnType<typeof converted>) => void, weightBits?: number) => {
    const network = converted();
    prepare(network);
    const counter = new OperationCounter();
    const x = input("x", [1, 1, 6, 6]);
    network.call(x, counter.watch(convertedContext(network, { steps: 3, signed: true, weightBits })));
    const program = await compile({ inputs: [x], outputs: counter.outputs() });
    counter.add(await program.run({ x: new Float32Array(36).fill(1) }));
    await program.release();
    return counter.counts();
  };
  const plain = await counts(() => {});
  expect(plain.connectionSparsity).toBe(0);
  expect(plain.layers[0]!.effective).toBe(plain.layers[0]!.dense);
  expect((await counts(() => {}, 2)).connectionSparsity).toBeGreaterThan(0.05);
  const pruned = await counts((network) => {
    network.parameters.find(({ name }) => name === "norm1/gamma")!.data[2] = 0;
  });
  expect(pruned.layers[0]!.effective).toBe((plain.layers[0]!.dense * 3) / 4);
});

test("MACs of a small network by hand, with and without padding", () => {
  const network = converted();
  // conv1 on 6 × 6: 36 windows of 9 taps, of which (6·3 − 2)² = 256 fall on the image; conv2 on 3 × 3: (3·3 − 2)² = 49.
  expect(macsByLayer(network)).toEqual([
    { layer: "conv1", macs: 4 * 36 * 9 },
    { layer: "conv2", macs: 4 * 4 * 9 * 9 },
    { layer: "linear1", macs: 36 * 3 },
  ]);
  expect(macs(network)).toBe(1296 + 1296 + 108);
  expect(macs(network, { skipPadding: true })).toBe(4 * 256 + 16 * 49 + 108);
});

test("misuse is told apart", async () => {
  const counter = new OperationCounter();
  expect(() => counter.outputs()).toThrow(StriateError);
  expect(() => counter.counts()).toThrow(/no operations were counted/);
  const x = input("x", [1, 3]);
  smallLinear().call([x], counter.watch(denseContext()));
  counter.outputs();
  expect(() => counter.outputs()).toThrow(/saw the layers \(none\), expected readout/);
  expect(() => counter.add({})).toThrow(/no "operations:images"/);
  const attention = new Attention("attention", { width: 4, heads: 2 }, new Random(1));
  const tokens: Signal = [input("tokens", [1, 2, 4])];
  const output = attention.call(tokens, denseContext());
  expect(() => connectionOf(attention, tokens, output)).toThrow(
    /"attention" \(Attention\) cannot be counted/,
  );
});
