import { describe, expect, it } from "vitest";
import {
  calibrateThresholds,
  convertedContext,
  type FineTunedLayer,
  fineTune,
  meanOverSteps,
  quantizedContext,
  sequentialError,
} from "../../src/convert/fast-snn/index.ts";
import { type ArchitectureInput, buildNetwork, type Network, type NetworkState } from "../../src/nn/index.ts";
import { compile } from "../../src/runtime/node.ts";
import { Random } from "../../src/runtime/random.ts";
import { clip, constant, conv2d, grad, input, mul, sum, type Tensor } from "../../src/tensor/index.ts";
import { rejectionOf } from "../formats/errors.ts";

const BITS = 2;
const STEPS = 3;
const SHAPE = [6, 2, 6, 6];

const residualNetwork: ArchitectureInput = {
  input: { channels: 2, height: 6, width: 6 },
  layers: [
    { type: "conv", channels: 6, kernel: 3 },
    { type: "norm" },
    { type: "activation" },
    {
      type: "residual",
      branch: [
        { type: "conv", channels: 6, kernel: 3 },
        { type: "norm" },
        { type: "activation" },
        { type: "conv", channels: 6, kernel: 3 },
        { type: "norm" },
      ],
    },
    { type: "activation" },
    { type: "conv", channels: 8, kernel: 3 },
    { type: "norm" },
    { type: "activation" },
    { type: "globalAveragePool" },
    { type: "linear", features: 3 },
  ],
};

/** A network with random statistics and thresholds that suit its activations, a second one, and images. */
async function prepare(architecture: ArchitectureInput, seed: number) {
  const network = buildNetwork(architecture, seed);
  const random = new Random(seed);
  for (const { name, data } of network.parameters) {
    if (name.endsWith("/beta")) random.fillUniform(data, -0.2, 0.4);
    if (name.endsWith("/mean")) random.fillUniform(data, -0.1, 0.1);
    if (name.endsWith("/variance")) random.fillUniform(data, 0.7, 1.3);
  }
  const size = SHAPE.reduce((a, b) => a * b);
  const batches = Array.from({ length: 3 }, () => random.fillNormal(new Float32Array(size)));
  await calibrateThresholds(network, { data: batches[0]!, shape: SHAPE });
  return { network, reference: buildNetwork(architecture, 0), batches, quantized: network.state() };
}

const common = { bits: BITS, steps: STEPS, batchShape: SHAPE };

const changedBetween = (before: NetworkState, after: NetworkState): string[] =>
  Object.keys(before).filter(
    (name) => !before[name]!.data.every((value, i) => Object.is(value, after[name]!.data[i])),
  );

describe.each([
  ["float", undefined],
  ["4-bit", 4],
])("fine-tuning of %s weights", (_kind, weightBits) => {
  /** The layers before each unit but the first, up to the unit before: what its fine-tuning may change. */
  const own = [
    ["residual1/conv1/weight", "residual1/norm1/gamma", "residual1/norm1/beta"],
    ["residual1/conv2/weight", "residual1/norm2/gamma", "residual1/norm2/beta"],
    ["conv2/weight", "norm2/gamma", "norm2/beta"],
  ];

  it("keeps a layer only when accuracy improves, and gives the others their old bits back", async () => {
    const { network, reference, batches, quantized } = await prepare(residualNetwork, 1);
    const accuracies = [0.5, 0.6, 0.6, 0.7];
    const validated: NetworkState[] = [];
    const after: NetworkState[] = [];
    const progress: number[] = [];
    const layers = await fineTune(network, reference, {
      ...common,
      signed: true,
      weightBits,
      reference: quantized,
      batches,
      learningRate: 0.05,
      validate: async () => {
        validated.push(network.state());
        return accuracies[validated.length - 1]!;
      },
      onLayer: () => after.push(network.state()),
      onProgress: (done, total) => progress.push(done / total),
    });
    const expected: FineTunedLayer[] = [
      { layer: "residual1/activation1", accuracyBefore: 0.5, accuracyAfter: 0.6, kept: true },
      { layer: "activation2", accuracyBefore: 0.6, accuracyAfter: 0.6, kept: false },
      { layer: "activation3", accuracyBefore: 0.6, accuracyAfter: 0.7, kept: true },
    ];
    expect(layers).toEqual(expected);
    expect(changedBetween(quantized, validated[0]!)).toEqual([]);
    expect(changedBetween(quantized, after[0]!).sort()).toEqual([...own[0]!].sort());
    expect(changedBetween(after[0]!, validated[2]!).sort()).toEqual([...own[1]!].sort());
    expect(changedBetween(after[0]!, after[1]!)).toEqual([]);
    expect(changedBetween(after[1]!, after[2]!).sort()).toEqual([...own[2]!].sort());
    expect(changedBetween(after[2]!, network.state())).toEqual([]);
    expect(changedBetween(quantized, reference.state())).toEqual([]);
    expect(progress).toEqual(Array.from({ length: 9 }, (_, i) => (i + 1) / 9));
  });

  it("leaves every bit as it was when nothing improves", async () => {
    const { network, reference, batches, quantized } = await prepare(residualNetwork, 2);
    for (const accuracy of [0.4, Number.NaN]) {
      let call = 0;
      const layers = await fineTune(network, reference, {
        ...common,
        signed: false,
        weightBits,
        reference: quantized,
        batches,
        learningRate: 0.05,
        validate: async () => (call++ === 0 ? 0.4 : accuracy),
      });
      expect(layers.map(({ kept }) => kept)).toEqual([false, false, false]);
      expect(changedBetween(quantized, network.state())).toEqual([]);
    }
  });
});

it("never changes thresholds and running statistics", async () => {
  const { network, reference, batches, quantized } = await prepare(residualNetwork, 3);
  let accuracy = 0;
  await fineTune(network, reference, {
    ...common,
    signed: true,
    reference: quantized,
    batches,
    learningRate: 0.1,
    validate: async () => accuracy++,
  });
  const changed = new Set(changedBetween(quantized, network.state()));
  expect(changed.size).toBe(9);
  for (const { name, role } of network.parameters) {
    if (role === "threshold" || role === "statistic") expect(changed).not.toContain(name);
  }
});

it("brings the spiking layers closer to the quantised activations", async () => {
  const { network, reference, batches, quantized } = await prepare(residualNetwork, 4);
  const images = { data: batches[0]!, shape: SHAPE };
  const options = { steps: STEPS, signed: false };
  const before = await sequentialError(network, withParameters(network, quantized), images, BITS, options);
  let accuracy = 0;
  await fineTune(network, reference, {
    ...common,
    signed: false,
    reference: quantized,
    batches: Array.from({ length: 60 }, () => batches[0]!),
    learningRate: 0.05,
    weightDecay: 0,
    validate: async () => accuracy++,
  });
  const after = await sequentialError(network, reference, images, BITS, options);
  expect(after[0]!.error).toBe(before[0]!.error);
  for (const [i, { error }] of after.slice(1).entries())
    expect(error).toBeLessThan(0.85 * before[i + 1]!.error);
});

/** A copy of the network with the given parameters. */
function withParameters(network: Network, state: NetworkState): Network {
  const copy = buildNetwork(network.architecture, 0);
  copy.load(state);
  return copy;
}

it("takes the gradient through the quantised layer at x̄, from the error of ȳ", async () => {
  const architecture: ArchitectureInput = {
    input: { channels: 2, height: 6, width: 6 },
    layers: [
      { type: "conv", channels: 4, kernel: 3, bias: true },
      { type: "activation" },
      { type: "conv", channels: 5, kernel: 3, bias: true },
      { type: "activation" },
    ],
  };
  const { network, reference, batches, quantized } = await prepare(architecture, 5);
  const [images] = batches;
  // the network has drifted from the quantised one, so that there is an error to lower
  const weight = network.parameters.find(({ name }) => name === "conv2/weight")!;
  const bias = network.parameters.find(({ name }) => name === "conv2/bias")!;
  new Random(6).fillUniform(bias.data, -1, 1);
  const start = network.state();
  const alpha = network.activations[1]!.threshold.data[0]!;

  const x = input("images", SHAPE);
  const outputs: Record<string, Tensor> = {};
  const names = new Map(network.activations.map((unit, i) => [unit, ["xMean", "yMean"][i]!]));
  network.call(
    x,
    convertedContext(network, {
      steps: STEPS,
      signed: true,
      record: (unit, _current, output) => {
        outputs[names.get(unit)!] = meanOverSteps(output);
      },
    }),
  );
  const twin = withParameters(network, quantized);
  outputs.target = twin.call(x, quantizedContext(twin, { bits: BITS }))[0]!;
  const values = await (await compile({ inputs: [x], outputs }, { freeze: true })).run({ images: images! });
  const { xMean, yMean, target } = values;
  const count = yMean!.data.length;
  const error = Float32Array.from(
    yMean!.data as Float32Array,
    (y, i) => (2 * (y - Number(target!.data[i]))) / count,
  );
  expect(error.filter((e) => e !== 0).length).toBeGreaterThan(count / 20);

  const w = input("w", weight.shape);
  const b = input("b", bias.shape);
  const dense = clip(
    conv2d(constant(xMean!.data as Float32Array, xMean!.shape), w, { padding: 1, bias: b }),
    0,
    alpha,
  );
  const [toW, toB] = grad(sum(mul(dense, constant(error, yMean!.shape))), [w, b]);
  const gradients = await (await compile({ inputs: [w, b], outputs: { toW: toW!, toB: toB! } })).run({
    w: start["conv2/weight"]!.data,
    b: start["conv2/bias"]!.data,
  });

  const learningRate = 0.1;
  const weightDecay = 0.01;
  let accuracy = 0;
  await fineTune(network, reference, {
    ...common,
    signed: true,
    reference: quantized,
    batches: [images!],
    learningRate,
    weightDecay,
    validate: async () => accuracy++,
  });
  for (const [parameter, gradient, decay] of [
    [weight, gradients.toW!, weightDecay],
    [bias, gradients.toB!, 0],
  ] as const) {
    const old = start[parameter.name]!.data;
    const moved = parameter.data.map((value, i) => (old[i]! - value) / learningRate);
    const expected = old.map((value, i) => Number(gradient.data[i]) + decay * value);
    const largest = Math.max(...expected.map(Math.abs));
    expect(largest).toBeGreaterThan(1e-4);
    expect(Math.max(...moved.map((value, i) => Math.abs(value - expected[i]!)))).toBeLessThan(
      1e-3 * largest + 2e-6,
    );
  }
});

it("stops between two batches when it is told to", async () => {
  const { network, reference, batches, quantized } = await prepare(residualNetwork, 7);
  const controller = new AbortController();
  const tuning = fineTune(network, reference, {
    ...common,
    signed: true,
    reference: quantized,
    batches,
    validate: async () => 0,
    onProgress: (done) => done === 4 && controller.abort(),
    signal: controller.signal,
  });
  expect(await rejectionOf(tuning)).toContain("stopped before fine-tuning was complete");
});
