import { existsSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { convertedContext } from "../../../src/convert/fast-snn/contexts.ts";
import { readOnnx } from "../../../src/formats/onnx.ts";
import {
  Activation,
  BatchNormalization,
  buildNetwork,
  Convolution,
  crossEntropy,
  denseContext,
  GraphLayer,
  Linear,
  type Network,
  networkFromOnnx,
  Parameter,
  TrainingStep,
} from "../../../src/nn/index.ts";
import { decodeModel, encodeModel } from "../../../src/nn/model-file.ts";
import { compile } from "../../../src/runtime/node.ts";
import { adam } from "../../../src/runtime/optimizer.ts";
import { grad, input, square, sum } from "../../../src/tensor/index.ts";
import { draw, sizeOf } from "../../tensor/fixture.ts";
import { largestDifference, runtimeOutputs, type Values } from "./runtime-values.ts";

const resnet20 = fileURLToPath(
  new URL("../../../../shared/data/models/resnet20-cifar10.onnx", import.meta.url),
);
const pathOf = (name: string) =>
  name === "resnet20"
    ? resnet20
    : fileURLToPath(new URL(`../../fixtures/onnx-networks/${name}.onnx`, import.meta.url));
const load = (name: string) => networkFromOnnx(readOnnx(readFileSync(pathOf(name)), name), name);

/** Layers of each kind: convolutions, linear layers, normalisations, activation units. */
const NETWORKS: Readonly<Record<string, readonly [number, number, number, number]>> = {
  residual: [6, 1, 0, 5],
  plain: [3, 2, 0, 3],
  "densely-connected": [5, 1, 4, 4],
  normalized: [2, 1, 2, 2],
  perceptron: [0, 3, 0, 0],
  transformer: [1, 5, 0, 0],
  "transformer-old": [1, 5, 0, 0],
  quantized: [2, 1, 0, 2],
  "quantized-new": [2, 1, 0, 2],
  resnet20: [19, 1, 0, 19],
};
const names = Object.keys(NETWORKS).filter((name) => existsSync(pathOf(name)));
if (!names.includes("resnet20")) console.warn("skipped: no resnet20-cifar10.onnx in ../shared/data/models");

const imageShape = (network: Network, batch: number): number[] => {
  const { channels, height, width } = network.architecture.input;
  return [batch, channels, height, width];
};

async function outputsOf(network: Network, images: Float32Array, batch: number): Promise<Values> {
  const x = input("images", imageShape(network, batch));
  const program = await compile({ inputs: [x], outputs: { y: network.call(x)[0] } });
  const { y } = await program.run({ images });
  await program.release();
  return { shape: y.shape, data: Array.from(y.data, Number) };
}

describe.each(names)("%s", (name) => {
  const network = load(name);

  it.each([1, 5])("gives the runtime's own outputs, batch %i", async (batch) => {
    const bytes = readFileSync(pathOf(name));
    const { inputs, outputs } = readOnnx(bytes, name).graph;
    const shape = imageShape(network, batch);
    const images = draw(sizeOf(shape), 4, -2, 2);
    const isFixed = typeof inputs[0].shape?.[0] === "number";
    const expected: number[] = [];
    for (let i = 0; i < batch; i += isFixed ? 1 : batch) {
      const part = isFixed
        ? images.subarray((i * images.length) / batch, ((i + 1) * images.length) / batch)
        : images;
      const feeds = { [inputs[0].name]: { data: part, shape: isFixed ? shape.with(0, 1) : shape } };
      expected.push(...(await runtimeOutputs(bytes, feeds))[outputs[0].name].data);
    }
    const actual = await outputsOf(network, images, batch);
    expect(
      largestDifference(actual, { shape: [batch, expected.length / batch], data: expected }),
    ).toBeLessThan(1e-5);
  });

  it("consists of layers where the file has them", () => {
    const kinds = [Convolution, Linear, BatchNormalization, Activation];
    expect(kinds.map((kind) => network.layers.filter((layer) => layer instanceof kind).length)).toEqual(
      NETWORKS[name],
    );
    const parameters = network.parameters.map((parameter) => parameter.name);
    expect(new Set(parameters).size).toBe(parameters.length);
  });

  it("is the same after it was saved", async () => {
    const classes = sizeOf(network.outputShape);
    const { channels } = network.architecture.input;
    const bytes = encodeModel({
      network,
      description: {
        format: "striate-model-1",
        architecture: network.architecture,
        kind: { type: "float" },
        scale: { mean: Array(channels).fill(0), deviation: Array(channels).fill(1) },
        classes,
        data: { name: "none", hash: "" },
      },
    });
    const loaded = decodeModel(bytes, name).network;
    const images = draw(sizeOf(imageShape(network, 2)), 6);
    expect(await outputsOf(loaded, images, 2)).toEqual(await outputsOf(network, images, 2));
    expect(loaded.parameters.map(({ role }) => role)).toEqual(network.parameters.map(({ role }) => role));
  });
});

describe("an imported network", () => {
  it("has layers that are named after their nodes", () => {
    const layers = load("residual").layers.map((layer) => layer.name);
    expect(layers.slice(0, 4)).toEqual([
      "network",
      "stem/stem.0/Conv",
      "stem/stem.2/Relu",
      "one/one.0/one.0.0/Conv",
    ]);
    expect(layers.at(-1)).toBe("linear/Gemm");
  });

  it("names the node in the scope of what is traced, and in errors", () => {
    const network = load("densely-connected");
    const [y] = network.call(input("images", [1, 3, 10, 10]));
    expect(y.scope).toBe("network/linear/Gemm");
    expect(() => network.call(input("images", [1, 4, 10, 10]))).toThrow(
      /conv2d in layer "network\/stem\/Conv"/,
    );
  });

  it("bounds a ReLU6 and its threshold", () => {
    const [clip] = load("plain").activations;
    expect(clip.ceiling).toBe(6);
    expect(clip.threshold.data[0]).toBe(6);
    const bounded = load("normalized").activations.find(({ ceiling }) => ceiling !== undefined)!;
    expect([bounded.ceiling, bounded.threshold.data[0]]).toEqual([4, 4]);
  });

  it("folds a normalisation into the convolution before it, except in training", () => {
    const network = load("normalized");
    const x = input("images", [2, 3, 12, 12]);
    const weights: number[] = [];
    const observe = (
      _layer: unknown,
      _input: unknown,
      [output]: readonly { inputs: readonly { id: number }[] }[],
    ) => {
      weights.push(output.inputs[1]?.id ?? 0);
    };
    const own = network.layers
      .filter((layer) => layer instanceof Convolution)
      .map(({ weight }) => weight.tensor.id);
    network.call(x, { ...denseContext(), observe: observe as never });
    expect(weights.slice(0, 2).some((id) => own.includes(id))).toBe(false);

    weights.length = 0;
    const training = denseContext(true);
    network.call(x, { ...training, observe: observe as never });
    expect(weights.slice(0, 2)).toEqual(own);
    expect(training.updates.size).toBe(4);
  });

  it("has the node's epsilon", () => {
    const normalizations = load("normalized").layers.filter((layer) => layer instanceof BatchNormalization);
    expect(normalizations.map(({ eps }) => Math.fround(eps))).toEqual([Math.fround(1e-2), Math.fround(1e-3)]);
  });

  it.each(names)("%s passes a gradient to every parameter that is trained", async (name) => {
    const network = load(name);
    const shape = imageShape(network, 2);
    const images = draw(sizeOf(shape), 8, -2, 2);
    const x = input("images", shape);
    const trained = network.parameters.filter(({ role }) => role === "weight" || role === "bias");
    const gradients = grad(
      sum(square(network.call(x)[0])),
      trained.map(({ tensor }) => tensor),
    );
    const outputs = Object.fromEntries(gradients.map((gradient, i) => [`d ${trained[i].name}`, gradient]));
    const program = await compile({ inputs: [x], outputs });
    const values = await program.run({ images });
    await program.release();
    for (const { name: key } of trained) {
      const gradient = Array.from(values[`d ${key}`].data, Number);
      expect(gradient.every(Number.isFinite), key).toBe(true);
      expect(Math.max(...gradient.map(Math.abs)), key).toBeGreaterThan(0);
    }
  });

  it("trains: the loss on one batch falls", async () => {
    const network = load("transformer");
    const x = input("images", [8, 3, 8, 8]);
    const labels = input("labels", [8], "int32");
    const loss = crossEntropy(network.call(x, denseContext(true))[0], labels);
    const parameters = network.parameters.filter(({ role }) => role === "weight" || role === "bias");
    const step = await TrainingStep.create({ loss, parameters }, { rule: adam({ learningRate: 0.01 }) });
    const feeds = {
      images: draw(8 * 192, 9, -2, 2),
      labels: Int32Array.from({ length: 8 }, (_, i) => i),
    };
    const losses: number[] = [];
    for (let i = 0; i < 40; i++) losses.push(Number((await step.run(feeds, 0.01)).loss));
    await step.release();
    expect(losses.at(-1)).toBeLessThan(0.3 * losses[0]);
  });

  it("runs as a spiking network, one output a time step", () => {
    const network = load("residual");
    const outputs = network.call(
      input("images", [2, 3, 12, 12]),
      convertedContext(network, { steps: 3, signed: true }),
    );
    expect(outputs.map(({ shape }) => shape)).toEqual([
      [2, 10],
      [2, 10],
      [2, 10],
    ]);
  });

  it("keeps arrays outside layers as parameters, and single numbers as constants", () => {
    const network = load("transformer");
    const graph = network.root as GraphLayer;
    expect(graph).toBeInstanceOf(GraphLayer);
    const loose = graph.parameters.map(({ name, shape }) => `${name} ${shape.join("×")}`);
    expect(loose).toContain("token 1×1×16");
    expect(loose).toContain("position 1×5×16");
    expect(loose).toContain("before.weight 16");
    for (const { data } of Object.values(graph.specification.constants)) expect(data.length).toBeLessThan(8);
  });

  it("is copied with its description and state", async () => {
    const network = load("quantized");
    const copy = buildNetwork(network.architecture, 3);
    copy.load(network.state());
    const images = draw(sizeOf(imageShape(network, 3)), 7, -2, 2);
    expect(await outputsOf(copy, images, 3)).toEqual(await outputsOf(network, images, 3));
    expect(copy.parameters.every((parameter) => parameter instanceof Parameter)).toBe(true);
  });
});
