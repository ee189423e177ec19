import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { denseContext, orderedBatch, quantizedContext } from "../../src/index.ts";
import { buildNetwork, type Context, type Network } from "../../src/nn/index.ts";
import {
  checkQuantizable,
  convertFastSnn,
  type Model,
  quantizeModel,
  RunFolder,
  retrainingSettings,
} from "../../src/node.ts";
import { modelFromOnnx } from "../../src/recipes/onnx-model.node.ts";
import { compile } from "../../src/runtime/compile.ts";
import { input } from "../../src/tensor/index.ts";
import { smallDataset } from "../nn/small-dataset.ts";

const work = mkdtempSync(join(tmpdir(), "striate-quantize-"));
afterAll(() => rmSync(work, { recursive: true, force: true }));

const images = smallDataset(96, 3, 12);
const scale = { mean: [0.4, 0.4, 0.4], deviation: [0.25, 0.25, 0.25] };
const load = (name: string): Promise<Model> =>
  modelFromOnnx(fileURLToPath(new URL(`../fixtures/onnx-networks/${name}.onnx`, import.meta.url)), scale);
const newRun = (name: string) => RunFolder.open(join(work, name));
const brief = { epochs: 1, batchSize: 16, seed: 4 };

async function logits(network: Network, context: Context): Promise<Float32Array> {
  const x = input("images", [32, 3, 12, 12]);
  const program = await compile({ inputs: [x], outputs: { logits: network.call(x, context)[0]! } });
  try {
    const { logits } = await program.run({ images: orderedBatch(images, scale, 0, 32).images });
    return Float32Array.from(logits!.data as Float32Array);
  } finally {
    await program.release();
  }
}

const distance = (a: Float32Array, b: Float32Array) => Math.hypot(...a.map((value, i) => value - b[i]!));

let float: Model;
beforeAll(async () => {
  float = await load("residual");
});

describe("an imported network", () => {
  test("is calibrated, retrained, and converts; the one given stays as it was", async () => {
    const before = float.network.state();
    const run = await newRun("retrained");
    const { quantized, phases, notes } = await quantizeModel(float, images, run, {
      ...brief,
      bits: 3,
      epochs: 8,
      learningRate: 0.01,
    });
    expect(float.network.state()).toEqual(before);
    expect(notes).toEqual([]);
    expect(phases.map(({ name }) => name)).toEqual(["quantized-3"]);
    const losses = phases[0]!.history.map(({ metrics }) => metrics.loss!);
    expect(losses.at(-1)!).toBeLessThan(0.8 * losses[0]!);
    expect(quantized.description).toMatchObject({
      kind: { type: "quantized", bits: 3 },
      classes: 10,
      scale,
      data: { name: "small", hash: images.hash },
    });
    const { plain } = await convertFastSnn(quantized, images, { fineTuning: false });
    expect(plain.description.kind).toMatchObject({ type: "converted", steps: 7, neurons: "signed" });
    expect(quantized.network.layers.map(({ name }) => name)).toEqual(
      float.network.layers.map(({ name }) => name),
    );
  });

  test("with 8 bits and next to no retraining does what it did; with 2 it is far from it", async () => {
    const exact = await logits(float.network, denseContext());
    const errors: number[] = [];
    for (const bits of [8, 2]) {
      const run = await newRun(`${bits} bits`);
      const { quantized } = await quantizeModel(float, images, run, { ...brief, bits, learningRate: 1e-9 });
      const rounded = await logits(quantized.network, quantizedContext(quantized.network, { bits }));
      errors.push(distance(rounded, exact) / distance(exact, new Float32Array(exact.length)));
    }
    expect(errors[0]).toBeLessThan(0.01);
    expect(errors[1]).toBeGreaterThan(0.03);
  });

  test("stopped in the second of three phases and resumed, ends with the same bits", async () => {
    const whole = await newRun("whole");
    const { phases } = await quantizeModel(float, images, whole, { ...brief, bits: 2 });
    expect(phases.map(({ bits }) => bits)).toEqual([4, 3, 2]);

    const stopped = await newRun("stopped");
    const controller = new AbortController();
    let steps = 0;
    const progress = {
      begin() {},
      end() {},
      note() {},
      advance(_: number, detail?: string) {
        if (detail !== undefined && ++steps === 9) controller.abort();
      },
    };
    const first = { ...brief, bits: 2, progress, signal: controller.signal, checkpointSeconds: 0 };
    await expect(quantizeModel(float, images, stopped, first)).rejects.toThrow("--resume");
    expect(stopped.has("quantized-4.safetensors")).toBe(true);
    expect(stopped.has("quantized-3.safetensors")).toBe(false);
    await quantizeModel(float, images, stopped, { ...brief, bits: 2, resume: true });
    for (const name of ["quantized-4", "quantized-3", "quantized-2"]) {
      const [a, b] = [whole, stopped].map((run) => readFileSync(run.file(`${name}.safetensors`)));
      expect(a!.equals(b!), name).toBe(true);
    }
    expect(await stopped.readLines("metrics.jsonl")).toEqual(await whole.readLines("metrics.jsonl"));
  });
});

test("what cannot spike is refused by name before any training", async () => {
  for (const [name, words] of [
    ["transformer", /operation \w+ in "[^"]+".* cannot spike/],
    ["plain", /cannot spike.*ReLU/],
  ] as const) {
    const run = await newRun(name);
    await expect(quantizeModel(await load(name), images, run, { ...brief, bits: 3 })).rejects.toThrow(words);
    expect(readdirSync(run.path)).toEqual([]);
  }
});

/** A network of our own with normalisations and max-pooling. */
function layered(): Model {
  const network = buildNetwork(
    {
      input: { channels: 3, height: 12, width: 12 },
      layers: [
        { type: "conv", channels: 4, kernel: 3 },
        { type: "norm" },
        { type: "activation" },
        { type: "maxPool", kernel: 2 },
        { type: "flatten" },
        { type: "linear", features: 3 },
      ],
    },
    2,
  );
  const { description } = float;
  return { network, description: { ...description, architecture: network.architecture, classes: 3 } };
}

test("max-pooling of spikes is noted, by the layer's name", async () => {
  expect(await checkQuantizable(layered())).toEqual([expect.stringMatching(/maxPool1/)]);
  const { quantized, notes } = await quantizeModel(layered(), images, await newRun("layered"), {
    ...brief,
    bits: 4,
  });
  expect([quantized.description.kind, notes.length]).toEqual([{ type: "quantized", bits: 4 }, 1]);
});

test("what does not fit is refused", async () => {
  const run = await newRun("refused");
  const attempt = (model: Model, data = images, bits = 3) =>
    quantizeModel(model, data, run, { ...brief, bits });
  const network = buildNetwork(
    {
      input: { channels: 3, height: 12, width: 12 },
      layers: [{ type: "flatten" }, { type: "linear", features: 10 }],
    },
    1,
  );
  await expect(attempt({ ...float, network })).rejects.toThrow("no activation units");
  const kind = { type: "quantized" as const, bits: 3 };
  const quantized = { ...float, description: { ...float.description, kind } };
  await expect(attempt(quantized)).rejects.toThrow("a quantized network was given");
  await expect(attempt(float, { ...images, classes: 11 })).rejects.toThrow("11 classes");
  await expect(attempt(float, smallDataset(96, 3, 10))).rejects.toThrow("3×10×10");
  await expect(attempt(float, images, 9)).rejects.toThrow("bits");
  expect(readdirSync(run.path)).toEqual([]);
});

test("colour images are shifted and mirrored unless something else is asked for", () => {
  const augmentationOf = (channels: number, augmentation?: object) =>
    retrainingSettings(smallDataset(8, channels, 16), { bits: 3, augmentation }).augmentation;
  expect(augmentationOf(3)).toEqual({ shift: 2, flip: true });
  expect(augmentationOf(1)).toEqual({});
  expect(augmentationOf(3, { shift: 1 })).toEqual({ shift: 1 });
});
