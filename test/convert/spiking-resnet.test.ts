import { readFileSync } from "node:fs";
import fc from "fast-check";
import { beforeAll, describe, expect, test } from "vitest";
import {
  buildSpikingGraph,
  type CapturedNetwork,
  captureNetwork,
  compensate,
  measureScales,
} from "../../src/convert/spiking-resnet/index.ts";
import { LargestValues } from "../../src/convert/spiking-resnet/largest-values.ts";
import { readOnnx } from "../../src/formats/index.ts";
import { type ArchitectureInput, buildNetwork, type Network } from "../../src/nn/index.ts";
import { networkFromOnnx } from "../../src/nn/onnx/network-from-onnx.ts";
import "../../src/runtime/node.ts";
import { DenseEngine, nodeShapes } from "../../src/spiking/dense/index.ts";
import { EventEngine } from "../../src/spiking/event/index.ts";
import { type SpikingGraph, scalar } from "../../src/spiking/graph/index.ts";
import { draw, readFixture, type StoredArray, valuesOf } from "../tensor/fixture.ts";

interface Run {
  readonly start: number;
  readonly normalizeShortcuts: boolean;
  readonly steps: number;
  /** Spikes of every neuron, one base-36 digit each. */
  readonly counts: Record<string, string>;
  readonly sum: number[];
  readonly membrane: number[];
}
interface Reference {
  readonly name: string;
  readonly architecture?: ArchitectureInput;
  readonly parameters?: Record<string, StoredArray>;
  readonly onnx?: string;
  readonly calibration: StoredArray;
  readonly images: StoredArray[];
  readonly units: { name: string; lambda: number; maximum: number }[];
  readonly runs: Run[];
}

const { networks } = readFixture<{ networks: Reference[] }>("spiking_resnet");
const IMAGE = 3 * 8 * 8;

function networkOf({ name, architecture, parameters, onnx }: Reference): Network {
  if (onnx !== undefined) {
    const bytes = readFileSync(new URL(`../fixtures/spiking_resnet/${onnx}`, import.meta.url));
    return networkFromOnnx(readOnnx(new Uint8Array(bytes), onnx), name);
  }
  const network = buildNetwork(architecture!, 1);
  const given = Object.entries(parameters!).map(([key, stored]) => [
    key,
    { shape: stored.shape, data: valuesOf(stored) },
  ]);
  network.load({ ...network.state(), ...Object.fromEntries(given) });
  return network;
}

/** Spike counts of every neuron layer and the sums that the readouts compare, after some steps. */
async function simulate(
  graph: SpikingGraph,
  images: Float32Array,
  steps: number,
  chunk = 8,
  Engine: typeof DenseEngine | typeof EventEngine = DenseEngine,
) {
  const neurons = graph.nodes.filter(({ operation }) => operation.type === "neuron").map(({ name }) => name);
  const batch = images.length / IMAGE;
  const engine = new Engine(graph, { batch, chunk, record: [...neurons, "output"] });
  const counts = new Map<string, Float64Array>();
  const sum = new Float64Array(batch * 5);
  const membrane = new Float64Array(batch * 5);
  for await (const results of engine.run(images, steps)) {
    for (const name of neurons) {
      const { data, shape } = results[name]!;
      const size = data.length / shape[0]!;
      const total = counts.get(name) ?? new Float64Array(size);
      for (const [i, value] of (data as Float32Array).entries()) total[i % size]! += value;
      counts.set(name, total);
    }
    for (const [i, value] of (results.output!.data as Float32Array).entries()) {
      sum[i % sum.length]! += value;
      membrane[i % sum.length]! += sum[i % sum.length]! / steps;
    }
  }
  await engine.release();
  return { counts, sum, membrane };
}

describe.each(networks)("$name, against PyTorch", (reference) => {
  let network: Network;
  let captured: CapturedNetwork;
  let scales: number[];

  beforeAll(async () => {
    network = networkOf(reference);
    captured = await captureNetwork(network);
    scales = reference.units.map(({ lambda }) => lambda);
  });

  test("percentiles of the activations, in one batch and in several", async () => {
    const calibration = valuesOf(reference.calibration);
    for (const batch of [24, 8]) {
      const images = {
        batch,
        count: 24 / batch,
        get: (i: number) => calibration.subarray(i * batch * IMAGE, (i + 1) * batch * IMAGE),
      };
      const measured = await measureScales(network, images);
      const maxima = await measureScales(network, images, { percentile: 100 });
      for (const [i, { lambda, maximum }] of reference.units.entries()) {
        expect(measured[i]! / lambda).toBeCloseTo(1, 5);
        expect(maxima[i]! / maximum).toBeCloseTo(1, 5);
      }
    }
  });

  test.each(
    reference.runs.flatMap((run) => [
      { ...run, engine: "dense", Engine: DenseEngine },
      { ...run, engine: "event", Engine: EventEngine },
    ]),
  )("T = $steps, V(0) = $start, shortcuts normalised: $normalizeShortcuts, $engine engine", async (run) => {
    const { start, normalizeShortcuts, steps } = run;
    const graph = buildSpikingGraph(captured, { scales, start, normalizeShortcuts });
    const images = Float32Array.from(reference.images.flatMap((image) => [...valuesOf(image)]));
    const { counts, sum, membrane } = await simulate(graph, images, steps, 5, run.Engine);
    const byDepth = [...counts.values()];
    for (const [i, expected] of Object.values(run.counts).entries()) {
      const digits = Array.from(byDepth[i]!, (value) => value.toString(36).toUpperCase()).join("");
      expect(digits, `layer ${i}`).toBe(expected);
    }
    const largest = Math.max(...run.sum.map(Math.abs));
    for (const [i, value] of run.sum.entries()) expect((sum[i]! - value) / largest).toBeCloseTo(0, 5);
    for (const [i, value] of run.membrane.entries())
      expect((membrane[i]! - value) / largest).toBeCloseTo(0, 5);
  });
});

test("what the graph is made of: θ = 1, W·λ_in/λ_out, shortcuts of weight λ_in/λ_out", async () => {
  const captured = await captureNetwork(networkOf(networks.find(({ name }) => name === "identity")!));
  const scales = captured.units.map((_, i) => 2 + i);
  const graph = buildSpikingGraph(captured, { scales });
  const node = (name: string) => graph.nodes.find((each) => each.name === name)!;
  for (const { operation } of graph.nodes) {
    if (operation.type !== "neuron") continue;
    expect(operation.firing!.threshold).toEqual(scalar(1));
    expect(operation.start).toEqual(scalar(0.5));
    expect(operation.firing!.reset).toBe("subtract");
  }
  const sum = node("activation2");
  const shortcut = sum.inputs.map(node).find(({ operation }) => operation.type === "scale")!;
  expect(shortcut.inputs).toEqual(["activation1"]);
  expect(shortcut.operation).toMatchObject({ scale: scalar(scales[0]! / scales[2]!) });
});

test("a shortcut that drops pixels and pads channels is one convolution", async () => {
  const captured = await captureNetwork(networkOf(networks.find(({ name }) => name === "padded")!));
  const graph = buildSpikingGraph(captured, { scales: captured.units.map(() => 1) });
  const types = graph.nodes.map(({ operation }) => operation.type);
  expect(types).not.toContain("pad");
  expect(types).not.toContain("slice");
});

test("one layer: |a/λ − N/T| is at most half a spike over T on the mean, for any weights and any T", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.integer({ min: 1, max: 40 }),
      fc.integer({ min: 1, max: 1e6 }),
      async (steps, seed) => {
        const network = buildNetwork(
          {
            input: { channels: 3, height: 8, width: 8 },
            layers: [
              { type: "conv", channels: 2, kernel: 3, bias: true },
              { type: "activation" },
              { type: "flatten" },
              { type: "linear", features: 5 },
            ],
          },
          seed,
        );
        const images = draw(IMAGE, seed, -1, 1);
        const calibration = { batch: 1, count: 1, get: () => images };
        const [scale] = await measureScales(network, calibration, { percentile: 100 });
        const captured = await captureNetwork(network);
        const graph = buildSpikingGraph(captured, { scales: [scale!] });
        const layers = await compensate(network, captured, graph, [scale!], calibration, {
          method: "none",
          steps,
        });
        expect(layers[0]!.error).toBeLessThanOrEqual(0.5 / steps + 1e-5);
      },
    ),
    { numRuns: 12, seed: 3 },
  );
});

test("compensation makes up for what rates fall short; every method is offered", async () => {
  const reference = networks.find(({ name }) => name === "projection")!;
  const network = networkOf(reference);
  const captured = await captureNetwork(network);
  const scales = reference.units.map(({ lambda }) => lambda);
  const graph = buildSpikingGraph(captured, { scales });
  const images = { batch: 24, count: 1, get: () => valuesOf(reference.calibration) };
  const shortfalls: Record<string, number> = {};
  for (const method of ["none", "bias", "search", "closed-form"] as const) {
    const layers = await compensate(network, captured, graph, scales, images, { method, steps: 8 });
    const corrected = buildSpikingGraph(captured, {
      scales,
      corrections: layers.map(({ correction }) => correction),
    });
    const again = await compensate(network, captured, corrected, scales, images, {
      method: "none",
      steps: 8,
    });
    for (const [i, { error }] of again.entries()) expect(error).toBeCloseTo(layers[i]!.error, 4);
    shortfalls[method] = layers.reduce((total, { shortfall }) => total + Math.abs(shortfall), 0);
    if (method === "search" || method === "closed-form")
      for (const { correction } of layers)
        for (const factor of correction.factors!) expect(factor).toBeGreaterThanOrEqual(0.5);
  }
  for (const method of ["bias", "closed-form"]) expect(shortfalls[method]!).toBeLessThan(shortfalls.none!);
  expect(shortfalls.bias!).toBeLessThan(shortfalls.none! / 3);
});

test("gated max-pooling keeps the padding of a network that rounds sizes up", async () => {
  const node = (type: string, inputs: string[], attributes = {}) => ({
    name: type,
    type,
    domain: "",
    inputs,
    outputs: [`${type} output`],
    attributes,
  });
  const drawn = (shape: number[], seed: number) => ({
    shape,
    dtype: "float32" as const,
    data: draw(
      shape.reduce((product, extent) => product * extent),
      seed,
    ),
  });
  const window = { kernel_shape: [2, 2], strides: [2, 2], pads: [0, 0, 1, 1] };
  const network = networkFromOnnx(
    {
      irVersion: 8,
      producer: "test",
      opsets: { "": 17 },
      metadata: {},
      graph: {
        name: "pooled",
        nodes: [
          node("Conv", ["image", "filters"], { kernel_shape: [1, 1] }),
          node("Relu", ["Conv output"]),
          node("MaxPool", ["Relu output"], window),
          node("Flatten", ["MaxPool output"]),
          node("Gemm", ["Flatten output", "readout"]),
        ],
        initializers: { filters: drawn([2, 1, 1, 1], 1), readout: drawn([8, 5], 2) },
        inputs: [{ name: "image", dtype: "float32", shape: ["N", 1, 3, 3] }],
        outputs: [{ name: "Gemm output", dtype: "float32", shape: ["N", 5] }],
      },
    },
    "pooled",
  );
  const graph = buildSpikingGraph(await captureNetwork(network), { scales: [1] });
  expect(graph.nodes.find(({ name }) => name === "MaxPool")!.operation).toEqual({
    type: "maxPool2d",
    kernel: [2, 2],
    stride: [2, 2],
    padding: [0, 0, 1, 1],
    dilation: [1, 1],
  });
  expect(nodeShapes(graph).get("MaxPool")).toEqual([2, 2, 2]);
  expect(nodeShapes(graph).get("output")).toEqual([5]);
});

test("what cannot spike is refused by its name and its place", async () => {
  const bytes = readFileSync(new URL("../fixtures/onnx-networks/transformer.onnx", import.meta.url));
  const network = networkFromOnnx(readOnnx(new Uint8Array(bytes), "transformer"), "transformer");
  const captured = await captureNetwork(network);
  expect(() => buildSpikingGraph(captured, { scales: captured.units.map(() => 1) })).toThrow(/cannot spike/);
});

test("the largest values of a stream give numpy's percentiles", () => {
  fc.assert(
    fc.property(
      fc.array(fc.float({ noNaN: true, min: -10, max: 10 }), { minLength: 1, maxLength: 5000 }),
      fc.constantFrom(50, 90, 99, 99.9, 100),
      fc.integer({ min: 1, max: 700 }),
      (values, percentile, part) => {
        const stream = new LargestValues(values.length, percentile);
        for (let i = 0; i < values.length; i += part)
          stream.add(Float32Array.from(values.slice(i, i + part)));
        const sorted = Float32Array.from(values).sort();
        const rank = ((values.length - 1) * percentile) / 100;
        const low = sorted[Math.floor(rank)]!;
        const high = sorted[Math.min(values.length - 1, Math.floor(rank) + 1)]!;
        expect(stream.percentile()).toBeCloseTo(low + (rank - Math.floor(rank)) * (high - low), 5);
      },
    ),
    { numRuns: 100, seed: 5 },
  );
});
