import * as ort from "onnxruntime-node";
import { beforeAll, describe, expect, test } from "vitest";
import { buildSpikingGraph, captureNetwork, measureScales } from "../../src/convert/spiking-resnet/index.ts";
import { StriateError } from "../../src/error.ts";
import { buildNetwork, type Network } from "../../src/nn/index.ts";
import type { Model } from "../../src/nn/model-file.ts";
import { contextFor } from "../../src/recipes/classifier.ts";
import { spikingGraphOf, unrolledOnnx } from "../../src/recipes/export.ts";
import {
  decodeSpikingModel,
  encodeSpikingModel,
  type SpikingModel,
} from "../../src/recipes/spiking-model.ts";
import { compile } from "../../src/runtime/node.ts";
import { DenseEngine } from "../../src/spiking/dense/index.ts";
import { nirFromSpikingGraph } from "../../src/spiking/index.ts";
import { input, stack } from "../../src/tensor/index.ts";
import { draw } from "../tensor/fixture.ts";

const unit = (channels: number, stride = 1) => [
  { type: "conv" as const, channels, kernel: 3, stride },
  { type: "norm" as const },
  { type: "activation" as const },
];
const SIZE = 2 * 8 * 8;
const images = draw(3 * SIZE, 4, -1, 2);
const common = {
  scale: { mean: [0, 0], deviation: [1, 1] },
  classes: 4,
  data: { name: "drawn", hash: "" },
};

function network(): Network {
  const built = buildNetwork(
    {
      input: { channels: 2, height: 8, width: 8 },
      threshold: 2,
      layers: [
        ...unit(16),
        {
          type: "residual",
          branch: [...unit(16), { type: "conv", channels: 16, kernel: 3 }, { type: "norm" }],
        },
        { type: "activation" },
        { type: "averagePool", kernel: 2 },
        { type: "flatten" },
        { type: "linear", features: 4 },
      ],
    },
    3,
  );
  for (const [i, { threshold }] of built.activations.entries()) threshold.data[0] = 1.3 + 0.4 * i;
  return built;
}

/** The readout after `steps` steps of each image, from the graph. */
async function readout(model: Pick<SpikingModel, "graph">, steps: number): Promise<Float64Array> {
  const engine = new DenseEngine(model.graph, { batch: 3, chunk: 3 });
  const total = new Float64Array(12);
  for await (const { output } of engine.run(images, steps))
    for (const [i, current] of (output!.data as Float32Array).entries()) total[i % 12]! += current / steps;
  await engine.release();
  return total;
}

/** What any ONNX Runtime computes from the file. */
async function runFile(bytes: Uint8Array): Promise<Float32Array> {
  const session = await ort.InferenceSession.create(bytes);
  const results = await session.run({ image: new ort.Tensor("float32", images, [3, 2, 8, 8]) });
  await session.release();
  return results.logits!.data as Float32Array;
}

const largestGap = (a: ArrayLike<number>, b: ArrayLike<number>): number =>
  Math.max(...Array.from(a, (value, i) => Math.abs(value - b[i]!)));

describe("a network converted with Spiking ResNet", () => {
  let model: SpikingModel;

  beforeAll(async () => {
    const float = network();
    const calibration = { batch: 3, count: 1, get: () => images };
    const scales = await measureScales(float, calibration);
    const graph = buildSpikingGraph(await captureNetwork(float), { scales });
    const description = {
      format: "striate-spiking-1" as const,
      method: "spiking-resnet",
      readout: "current" as const,
      steps: 7,
      ...common,
    };
    model = { graph, description };
  });

  test("gives the same from an unrolled ONNX file, at any T", async () => {
    for (const steps of [undefined, 1, 12]) {
      const file = unrolledOnnx(model, { steps, batch: 3 });
      expect(file.steps).toBe(steps ?? 7);
      expect(largestGap(await runFile(file.bytes), await readout(model, file.steps))).toBeLessThan(1e-5);
    }
  });

  test("by mean potential, an early spike counts for more", async () => {
    const potential = { ...model, description: { ...model.description, readout: "potential" as const } };
    const engine = new DenseEngine(model.graph, { batch: 3 });
    const running = new Float64Array(12);
    const sum = new Float64Array(12);
    for await (const { output } of engine.run(images, 6)) {
      for (const [i, current] of (output!.data as Float32Array).entries()) {
        running[i % 12]! += current;
        sum[i % 12]! += running[i % 12]! / 6;
      }
    }
    await engine.release();
    expect(
      largestGap(await runFile(unrolledOnnx(potential, { steps: 6, batch: 3 }).bytes), sum),
    ).toBeLessThan(1e-4);
  });

  test("comes back from its file", () => {
    expect(decodeSpikingModel(encodeSpikingModel(model), "model")).toEqual(model);
    const other = { ...model, description: { ...model.description, scale: { mean: [0], deviation: [1] } } };
    expect(() => decodeSpikingModel(encodeSpikingModel(other), "model.safetensors")).toThrow(
      /model.safetensors: the scale/,
    );
  });

  test("goes to NIR with a warning for the soft reset", () => {
    const { nir, warnings } = nirFromSpikingGraph(model.graph);
    expect(Object.values(nir.nodes).filter(({ type }) => type === "IF")).toHaveLength(3);
    expect(warnings.join("\n")).toMatch(/reset/);
  });
});

describe("a network converted with Fast-SNN", () => {
  const converted = (neurons: "signed" | "unsigned"): Model => {
    const built = network();
    return {
      network: built,
      description: {
        format: "striate-model-1",
        architecture: built.architecture,
        kind: { type: "converted", bits: 3, steps: 7, neurons, fineTuned: false },
        ...common,
      },
    };
  };

  test.each(["signed", "unsigned"] as const)(
    "has a spiking graph with the same spikes, %s",
    async (neurons) => {
      const model = converted(neurons);
      const graph = await spikingGraphOf(model);
      const units = model.network.activations.map(({ name }) => name);
      const x = input("images", [3, 2, 8, 8]);
      const { context } = contextFor(model.network, model.description.kind);
      const spikes: Record<string, ReturnType<typeof stack>> = {};
      model.network.call(x, {
        ...context,
        activate: (each, current) => {
          const output = context.activate(each, current);
          spikes[each.name] = stack([...output]);
          return output;
        },
      });
      const program = await compile({ inputs: [x], outputs: spikes });
      const expected = await program.run({ images });
      const engine = new DenseEngine(graph, { batch: 3, chunk: 7, record: units });
      for await (const results of engine.run(images, 7)) {
        for (const [i, name] of units.entries()) {
          const threshold = 1.3 + 0.4 * i;
          const counted = Array.from(expected[name]!.data as Float32Array, (value) =>
            Math.round(value / threshold),
          );
          expect(Array.from(results[name]!.data as Float32Array)).toEqual(counted);
          expect(counted.some((value) => value === 1)).toBe(true);
        }
      }
      await engine.release();
      await program.release();
    },
  );

  test("gives the same from an unrolled ONNX file", async () => {
    const model = converted("signed");
    const expected = await readout({ graph: await spikingGraphOf(model) }, 7);
    expect(largestGap(await runFile(unrolledOnnx(model, { batch: 3 }).bytes), expected)).toBeLessThan(1e-4);
  });

  test("signed neurons are refused in NIR by name", async () => {
    const graph = await spikingGraphOf(converted("signed"));
    expect(() => nirFromSpikingGraph(graph)).toThrow(StriateError);
    expect(() => nirFromSpikingGraph(graph)).toThrow(/activation1/);
  });
});
