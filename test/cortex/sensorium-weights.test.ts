import { spawnSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, it, test } from "vitest";
import { decodeResponseModel, encodeResponseModel } from "../../src/cortex/model-file.ts";
import { readoutCenters } from "../../src/cortex/read-parameters.ts";
import type { ResponseModel } from "../../src/cortex/response-model.ts";
import { responseModelFromSensorium } from "../../src/cortex/sensorium-weights.ts";
import { prepareTrials, standardize, trialsOf } from "../../src/cortex/trials.ts";
import type { NumericArray } from "../../src/formats/array.ts";
import { readTorch } from "../../src/formats/torch.ts";
import { denseContext } from "../../src/nn/index.ts";
import { type ArrayValue, compile } from "../../src/runtime/node.ts";
import { input, reshape, type Tensor, transpose } from "../../src/tensor/index.ts";
import { messageOf } from "../formats/errors.ts";
import { mismatch, readFixture, type StoredArray, valuesOf } from "../tensor/fixture.ts";
import { smallRecording } from "./small-recording.ts";

type StateDict = Record<string, NumericArray>;

interface Reference {
  readonly name: string;
  readonly neurons: number;
  readonly weights: Readonly<Record<string, StoredArray>>;
  readonly images: StoredArray;
  readonly features: StoredArray;
  readonly places: StoredArray;
  readonly responses: StoredArray;
  readonly shift: readonly [number, number];
  readonly shifted: StoredArray;
}

const [baseline, other] = readFixture<{ cases: readonly [Reference, Reference] }>("stacked_core").cases;

const array = (shape: readonly number[], data: Float32Array): NumericArray => ({
  shape: [...shape],
  dtype: "float32",
  data,
});

/** The reference's weights as a model of several data keys has them, and what a checkpoint has beside. */
function stateDict({ weights }: Reference, keys: readonly string[] = ["mouse"]): StateDict {
  const entries = Object.entries(weights).flatMap(([name, stored]) =>
    keys
      .map((key) => name.replace(/^readout\./, `readout.${key}.`))
      .map((named) => [named, array(stored.shape, valuesOf(stored))] as const),
  );
  return {
    "core._input_weights_regularizer.laplace.filter": array([1, 1, 3, 3], new Float32Array(9)),
    ...Object.fromEntries(entries),
    "core.features.layer0.norm.num_batches_tracked": {
      shape: [],
      dtype: "int64",
      data: new BigInt64Array(1),
    },
  };
}

/** Core features (N, C, rows, columns), responses and positions of a subject, in evaluation. */
async function evaluate(
  model: ResponseModel,
  subject: string,
  images: StoredArray | { readonly shape: readonly number[]; readonly values: Float32Array },
  pupil?: readonly number[],
): Promise<Record<string, ArrayValue>> {
  const [n] = images.shape as [number];
  const given = {
    images: input("images", images.shape),
    pupil: pupil ? input("pupil", [n, 2]) : undefined,
  };
  const responses = model.predict(new Map([[subject, given]]), denseContext()).get(subject) as Tensor;
  const { values, grid } = model.core.call(given.images, {}, denseContext());
  const features = reshape(transpose(values, [0, 2, 1]), [n, model.core.width, ...grid]);
  const program = await compile({ outputs: { responses, features } });
  try {
    return await program.run({
      images: "values" in images ? images.values : valuesOf(images),
      ...(pupil && { pupil: Float32Array.from({ length: 2 * n }, (_, i) => pupil[i % 2]!) }),
    });
  } finally {
    await program.release();
  }
}

const off = (given: ArrayValue | undefined, expected: StoredArray): number =>
  mismatch(given!.data as Float32Array, expected);

const size = { height: baseline.images.shape[2]!, width: baseline.images.shape[3]! };

describe("a state dict under neuralpredictors' names", () => {
  it("gives PyTorch's features, positions and responses, for each data key", async () => {
    const model = responseModelFromSensorium(stateDict(baseline, ["mouse", "21067-10-18"]), size);
    expect([...model.subjects.keys()].sort()).toEqual(["21067-10-18", "mouse"]);
    for (const subject of model.subjects.keys()) {
      const { features, responses } = await evaluate(model, subject, baseline.images);
      expect(off(features, baseline.features)).toBeLessThan(2e-6);
      expect(off(responses, baseline.responses)).toBeLessThan(2e-6);
      const { x, y } = (await readoutCenters(model, subject))!;
      expect(
        mismatch(
          [...x].flatMap((value, i) => [value, y[i]!]),
          baseline.places,
        ),
      ).toBeLessThan(2e-6);
    }
  });

  it("moves the readout with the pupil by an MLPShifter", async () => {
    const layers = [0, 2, 4].flatMap((index) => {
      const [rows, columns] = [index === 4 ? 2 : 5, index === 0 ? 2 : 5];
      const bias = index === 4 ? Float32Array.from(baseline.shift, Math.atanh) : new Float32Array(rows);
      return [
        [`shifter.mouse.mlp.${index}.weight`, array([rows, columns], new Float32Array(rows * columns))],
        [`shifter.mouse.mlp.${index}.bias`, array([rows], bias)],
      ] as const;
    });
    const model = responseModelFromSensorium({ ...stateDict(baseline), ...Object.fromEntries(layers) }, size);
    const { responses } = await evaluate(model, "mouse", baseline.images, [0.5, -2]);
    expect(off(responses, baseline.shifted)).toBeLessThan(2e-6);
    expect(off(responses, baseline.responses)).toBeGreaterThan(1e-3);
  });

  it("may hold positions themselves, which evaluation keeps on the features", async () => {
    const weights = stateDict(baseline);
    for (const name of Object.keys(weights)) if (/mu_transform|source_grid/.test(name)) delete weights[name];
    const { neurons } = baseline;
    weights["readout.mouse._mu"] = array([1, neurons, 1, 2], valuesOf(baseline.places));
    const { responses } = await evaluate(responseModelFromSensorium(weights, size), "mouse", baseline.images);
    expect(off(responses, baseline.responses)).toBeLessThan(2e-6);
    weights["readout.mouse._mu"] = array([1, neurons, 1, 2], new Float32Array(2 * neurons).fill(1.5));
    const { x } = (await readoutCenters(responseModelFromSensorium(weights, size), "mouse"))!;
    expect([...x]).toEqual(new Array(neurons).fill(1));
  });

  it("is the same model after it was written as a file of ours", async () => {
    const bytes = encodeResponseModel("baseline", responseModelFromSensorium(stateDict(baseline), size));
    const { model } = decodeResponseModel(bytes, "baseline.safetensors");
    const { responses } = await evaluate(model, "mouse", baseline.images);
    expect(off(responses, baseline.responses)).toBeLessThan(2e-6);
  });

  it("leaves recordings as they are until it is told their scales, and keeps its weights then", () => {
    const recording = smallRecording({ neurons: baseline.neurons, size: 11, coordinates: true });
    const model = responseModelFromSensorium(stateDict(baseline), { height: 11, width: 11 });
    const { coordinates, readout } = model.subject("mouse");
    const untouched = () => [...coordinates!.data, ...readout.bias.data];
    const before = untouched();
    expect(prepareTrials(model, recording)).toMatchObject({
      images: recording.stimuli.data,
      responses: recording.responses,
    });
    standardize(model, recording, trialsOf(recording, "train"));
    const { images } = prepareTrials(model, recording);
    expect(images.reduce((sum, value) => sum + value, 0) / images.length).toBeCloseTo(0, 4);
    expect(untouched()).toEqual(before);
    const told = responseModelFromSensorium(stateDict(baseline), {
      height: 11,
      width: 11,
      image: { mean: 113, deviation: 60 },
    });
    expect(prepareTrials(told, recording).images[0]).toBeCloseTo((recording.stimuli.data[0]! - 113) / 60, 6);
  });
});

describe("a state dict of another network is refused by name", () => {
  const refusal = (change: (weights: StateDict) => void, reference = baseline): string => {
    const weights = stateDict(reference);
    change(weights);
    return messageOf(() => responseModelFromSensorium(weights, { ...size, name: "weights.pth" }));
  };

  it("where hidden layers are full convolutions", () => {
    expect(refusal(() => {}, other)).toMatch(
      /^weights\.pth: 'core\.features\.layer1\.conv\.weight' belongs to no/,
    );
  });

  it("where something is there that the baseline has not", () => {
    const key = "core.features.layer1.ds_conv.spatial_conv.bias";
    expect(refusal((weights) => (weights[key] = array([4], new Float32Array(4))))).toContain(`'${key}'`);
    const place = "readout.mouse._mu";
    expect(refusal((weights) => (weights[place] = array([1, 6, 1, 2], new Float32Array(12))))).toContain(
      place,
    );
    const bare = (weights: StateDict) => {
      weights["readout.bias"] = weights["readout.mouse.bias"]!;
    };
    expect(refusal(bare)).toContain("'readout.bias'");
  });

  it("where something is missing or has another shape", () => {
    const without = (key: string) =>
      refusal((weights) => {
        delete weights[key];
      });
    for (const key of [
      "core.features.layer0.conv.weight",
      "core.features.layer2.norm.running_var",
      "readout.mouse.mu_transform.2.bias",
      "readout.mouse.sigma",
    ])
      expect(without(key), key).toBe(
        `weights.pth: no '${key}'. Give the state dict of a Sensorium 2022 baseline: depth-separable, batch-normalised, one last layer read`,
      );
    expect(without("readout.mouse._features")).toContain("no 'readout.<data key>._features'");
    const stacked = array([1, 12, 1, 6], new Float32Array(72));
    expect(refusal((weights) => (weights["readout.mouse._features"] = stacked))).toContain(
      "'readout.mouse._features' is 1 × 12 × 1 × 6, expected 1 × 4 × 1 × 6",
    );
    const whole: NumericArray = { shape: [6], dtype: "int32", data: new Int32Array(6) };
    expect(refusal((weights) => (weights["readout.mouse.bias"] = whole))).toContain("is int32");
  });

  it("where its kernel does not fit the images", () => {
    expect(messageOf(() => responseModelFromSensorium(stateDict(baseline), { height: 4 }))).toContain(
      "a kernel of 5 does not fit images of 4×64",
    );
  });
});

const path = fileURLToPath(new URL("../../../shared/data/models/sensorium_sota_model.pth", import.meta.url));

describe("the Sensorium 2022 baseline's own weights", () => {
  const load = () => responseModelFromSensorium(readTorch(readFileSync(path), path).tensors, { name: path });

  test("load", (context) => {
    if (!existsSync(path)) return context.skip("no sensorium_sota_model.pth in ../shared/data/models");
    const { specification, core } = load();
    expect(specification).toMatchObject({
      core: { kind: "convolutional", layers: 4, channels: 64, inputKernel: 9, hiddenKernel: 7 },
      readout: { hidden: 30 },
      subjects: [{ neurons: 7776, coordinates: true, shifter: false }],
    });
    expect(core.grid).toEqual([28, 56]);
  });

  test("give PyTorch's features, positions and responses", async (context) => {
    if (!existsSync(path)) return context.skip("no sensorium_sota_model.pth in ../shared/data/models");
    const python = process.env.STRIATE_BENCH_PYTHON;
    if (!python) return context.skip("STRIATE_BENCH_PYTHON names no Python with PyTorch");
    const script = fileURLToPath(new URL("../../reference/sensorium_baseline.py", import.meta.url));
    const { status, stdout, stderr } = spawnSync(python, [script, path], {
      encoding: "utf8",
      maxBuffer: 2 ** 26,
    });
    expect(status, stderr).toBe(0);
    const reference = JSON.parse(stdout) as Record<"features" | "places" | "responses", StoredArray>;
    const model = load();
    const [subject] = [...model.subjects.keys()] as [string];
    const { features, responses } = await evaluate(model, subject, formulaImages(2));
    expect(off(features, reference.features)).toBeLessThan(2e-6);
    expect(off(responses, reference.responses)).toBeLessThan(2e-6);
    const { x, y } = (await readoutCenters(model, subject))!;
    expect(
      mismatch(
        [...x].flatMap((value, i) => [value, y[i]!]),
        reference.places,
      ),
    ).toBeLessThan(2e-6);
  });
});

/** Those of reference/sensorium_baseline.py. */
function formulaImages(count: number) {
  const [height, width] = [36, 64];
  const values = Float32Array.from({ length: count * height * width }, (_, i) => {
    const x = i % width;
    const y = Math.floor(i / width) % height;
    const n = Math.floor(i / (width * height));
    return Math.sin(0.3 * x + 0.2 * (n + 1) * y) + 0.5 * Math.cos(0.01 * x * y + n);
  });
  return { shape: [count, 1, height, width], values };
}
