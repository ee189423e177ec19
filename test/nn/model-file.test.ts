import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { StriateError } from "../../src/error.ts";
import { readSafetensors, writeSafetensors } from "../../src/formats/safetensors.ts";
import { type ArchitectureInput, buildNetwork } from "../../src/nn/index.ts";
import { decodeModel, encodeModel, type Model, type ModelKind } from "../../src/nn/model-file.ts";
import { messageOf } from "../formats/errors.ts";

const architecture: ArchitectureInput = {
  input: { channels: 2, height: 4, width: 4 },
  threshold: 6,
  layers: [
    { type: "conv", channels: 3, kernel: 3 },
    { type: "norm" },
    { type: "activation" },
    { type: "residual", branch: [{ type: "conv", channels: 3, kernel: 1, bias: true }] },
    { type: "activation" },
    { type: "averagePool", kernel: 2 },
    { type: "dropout", rate: 0.25 },
    { type: "flatten" },
    { type: "linear", features: 3 },
  ],
};

function model(kind: ModelKind = { type: "float" }): Model {
  const network = buildNetwork(architecture, 11);
  return {
    network,
    description: {
      format: "striate-model-1",
      architecture: network.architecture,
      kind,
      scale: { mean: [0.1, 0.2], deviation: [0.3, 0.4] },
      classes: 3,
      classNames: ["Käse", "ÿ", "三"],
      data: { name: "small", hash: "ab12" },
    },
  };
}

const { network, description } = model();
const bytes = encodeModel({ network, description });
const { tensors, metadata } = readSafetensors(bytes, "model");
const headerEnd = 8 + Number(new DataView(bytes.buffer).getBigUint64(0, true));

/** The model's file with another description. */
const describedAs = (change: object) =>
  writeSafetensors(tensors, { striate: JSON.stringify({ ...description, ...change }) });

describe("a model file", () => {
  it.each<ModelKind>([
    { type: "float" },
    { type: "quantized", bits: 3 },
    { type: "quantized", bits: 2, weightBits: 4 },
    { type: "converted", bits: 2, weightBits: 4, steps: 3, neurons: "signed", fineTuned: true },
    { type: "spiking", steps: 5, neuron: { kind: "lif", tau: 2.5, reset: "subtract", decayInput: false } },
  ])("gives back every bit and the description: $type", (kind) => {
    const saved = model(kind);
    const loaded = decodeModel(encodeModel(saved), "model");
    expect(loaded.description).toEqual(saved.description);
    expect(loaded.network.architecture).toEqual(saved.network.architecture);
    expect(loaded.network.state()).toEqual(saved.network.state());
    expect(encodeModel(loaded)).toEqual(encodeModel(saved));
  });

  it("holds the state that is given in place of the present one", () => {
    const state = network.state();
    state["linear1/bias"]!.data.set([Number.NaN, -0, Number.NEGATIVE_INFINITY]);
    const loaded = decodeModel(encodeModel({ network, description }, state), "model");
    expect(loaded.network.state()).toEqual(state);
    expect(network.state()["linear1/bias"]!.data).toEqual(new Float32Array(3));
  });

  it("does not share memory with the network that was saved or with the file", () => {
    const copy = bytes.slice();
    const loaded = decodeModel(copy, "model");
    const state = loaded.network.state();
    copy.fill(0, headerEnd);
    expect(loaded.network.state()).toEqual(state);
  });
});

describe("a damaged file gives a StriateError", () => {
  it("cut short anywhere", () => {
    for (let length = 0; length < bytes.length; length++) {
      expect(
        messageOf(() => decodeModel(bytes.slice(0, length), "cut.safetensors")),
        `${length} bytes`,
      ).toContain("cut.safetensors");
    }
  });

  it("or a model with other numbers, with any byte of the header changed", () => {
    let refused = 0;
    let read = 0;
    for (let at = 0; at < headerEnd; at++) {
      for (const value of [0, 0xff, bytes[at]! ^ 1, bytes[at]! ^ 0x20]) {
        if (value === bytes[at]) continue;
        const damaged = bytes.slice();
        damaged[at] = value;
        try {
          const loaded = decodeModel(damaged, "damaged");
          expect(loaded.network.state()).toEqual(network.state());
          read++;
        } catch (error) {
          if (!(error instanceof StriateError)) throw error;
          refused++;
        }
      }
    }
    // what can change unseen: names, hashes, digits of the scale
    expect(refused).toBeGreaterThan(read);
    expect(read).toBeGreaterThan(0);
  });

  it("with any bytes at all", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), fc.nat({ max: headerEnd }), (noise, at) => {
        const damaged = bytes.slice();
        damaged.set(noise.slice(0, damaged.length - at), at);
        for (const file of [noise, damaged]) {
          try {
            decodeModel(file, "noise");
          } catch (error) {
            if (!(error instanceof StriateError)) throw error;
          }
        }
      }),
      { numRuns: 300 },
    );
  });
});

describe("a file that is no model, or not this network's, is refused by name", () => {
  const { "linear1/bias": bias, ...others } = tensors;
  it.each<[string, Uint8Array, string[]]>([
    ["other safetensors", writeSafetensors(tensors, {}), ["m.safetensors", "not a Striate model"]],
    ["no JSON", writeSafetensors(tensors, { striate: "{" }), ["m.safetensors", "not valid JSON"]],
    [
      "a later format",
      describedAs({ format: "striate-model-2" }),
      ["m.safetensors", "format", "striate-model-1"],
    ],
    ["an unknown kind", describedAs({ kind: { type: "quantised" } }), ["m.safetensors", "kind.type"]],
    [
      "neither signed nor unsigned",
      describedAs({ kind: { ...convertedKind(), neurons: "both" } }),
      ["kind.neurons"],
    ],
    ["another field", describedAs({ licence: "" }), ["m.safetensors", "licence"]],
    [
      "no deviation",
      describedAs({ scale: { mean: [0, 0], deviation: [0, 1] } }),
      ["m.safetensors", "scale.deviation.0"],
    ],
    [
      "an unknown layer",
      describedAs({ architecture: { ...architecture, layers: [{ type: "pool" }] } }),
      ["architecture.layers.0.type"],
    ],
    ["a parameter missing", writeSafetensors(others, metadata), ['no values for "linear1/bias"']],
    [
      "a parameter of another shape",
      writeSafetensors({ ...others, "linear1/bias": { ...bias!, shape: [1, 3] } }, metadata),
      ['"linear1/bias" has shape (1, 3)', "expected (3)"],
    ],
    [
      "another architecture",
      describedAs({
        classes: 4,
        architecture: {
          ...architecture,
          layers: [...architecture.layers.slice(0, -1), { type: "linear", features: 4 }],
        },
      }),
      ['"linear1/weight" has shape (3, 12) in the model, expected (4, 12)'],
    ],
    [
      "more weights than memory holds",
      describedAs({
        architecture: { ...architecture, layers: [{ type: "conv", channels: 1e9, kernel: 999 }] },
      }),
      ['"conv1/weight"', "too large"],
    ],
  ])("%s", (_what, file, parts) => {
    const message = messageOf(() => decodeModel(file, "m.safetensors"));
    for (const part of parts) expect(message).toContain(part);
  });
});

function convertedKind() {
  return { type: "converted", bits: 2, steps: 3, fineTuned: false };
}
