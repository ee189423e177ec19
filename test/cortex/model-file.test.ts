import { describe, expect, it } from "vitest";
import {
  applyAdaptation,
  coreHash,
  decodeResponseModel,
  describeAdaptationFile,
  encodeAdaptation,
  encodeResponseModel,
  holdsAdaptation,
  holdsResponseModel,
} from "../../src/cortex/model-file.ts";
import type { PathSpecification } from "../../src/cortex/paths/path.ts";
import { Predictor } from "../../src/cortex/predict.ts";
import { ResponseModel } from "../../src/cortex/response-model.ts";
import { prepareTrials, setScales, trialsOf } from "../../src/cortex/trials.ts";
import { readSafetensors, writeSafetensors } from "../../src/formats/safetensors.ts";
import "../../src/runtime/node.ts";
import { messageOf, rejectionOf } from "../formats/errors.ts";
import { draw } from "../tensor/fixture.ts";
import { smallRecording } from "./small-recording.ts";

const recording = smallRecording({ size: 12, behavior: true, coordinates: true });
const paths: PathSpecification[] = [
  { kind: "subject", members: ["mouse"], width: 3 },
  { kind: "low-rank", members: [], width: 2 },
];

/** A model with numbers of its own everywhere: the core's follow from the seed. */
function build(seed: number, pathSpecifications: readonly PathSpecification[] = paths): ResponseModel {
  const model = new ResponseModel(
    {
      input: { channels: 1, height: 12, width: 12 },
      core: { kind: "convolutional", layers: 2, channels: 8, inputKernel: 5, hiddenKernel: 3 },
      behavior: true,
      subjects: [{ name: "mouse", dataset: "laboratory", neurons: 4, coordinates: true, shifter: true }],
    },
    seed,
    pathSpecifications,
  );
  setScales(model, recording, trialsOf(recording, "train"));
  const core = new Set(model.core.parameters);
  const own = model.parameters.filter(
    (parameter) => ["weight", "bias"].includes(parameter.role) && !core.has(parameter),
  );
  for (const [i, { data }] of own.entries()) data.set(draw(data.length, 10 + i, -0.4, 0.4));
  return model;
}

async function predict(model: ResponseModel): Promise<Float32Array> {
  const predictor = await Predictor.create(model, prepareTrials(model, recording));
  const predicted = await predictor.predict(trialsOf(recording, undefined));
  await predictor.release();
  return predicted;
}

const values = (model: ResponseModel) =>
  Object.fromEntries(model.parameters.map(({ name, data }) => [name, data]));

describe("a model file", () => {
  it("gives the model back to the last bit, with its paths and scales", async () => {
    const model = build(1);
    const bytes = encodeResponseModel("small", model);
    const { name, model: read } = decodeResponseModel(bytes, "small.safetensors");
    expect(name).toBe("small");
    expect(read.specification).toEqual(model.specification);
    expect(read.paths.map(({ specification }) => specification)).toEqual(paths);
    expect(values(read)).toEqual(values(model));
    expect(await predict(read)).toEqual(await predict(model));
    expect(encodeResponseModel("small", read)).toEqual(bytes);
    const { metadata } = readSafetensors(bytes, "small.safetensors");
    expect([holdsResponseModel(metadata), holdsAdaptation(metadata)]).toEqual([true, false]);
  });

  it("that is no model, or lacks an array, is refused with what is wrong", () => {
    const bytes = encodeResponseModel("small", build(1));
    const { tensors, metadata } = readSafetensors(bytes, "small.safetensors");
    const { "subject:mouse/readout/bias": bias, ...rest } = tensors as Record<string, never>;
    const rewritten = (arrays: typeof rest, striate = metadata.striate!) =>
      messageOf(() => decodeResponseModel(writeSafetensors(arrays, { striate }), "bad.safetensors"));
    expect(rewritten(rest)).toContain(
      'bad.safetensors: no "subject:mouse/readout/bias", expected float32 (4)',
    );
    const wrong = {
      ...rest,
      "subject:mouse/readout/bias": { shape: [2], data: new Float32Array(2) },
    } as never;
    expect(rewritten(wrong)).toContain('"subject:mouse/readout/bias" has shape (2)');
    const all = { ...rest, "subject:mouse/readout/bias": bias } as never;
    expect(rewritten(all, metadata.striate!.replace('"width":3', '"width":-3'))).toContain(
      "at paths.0.width",
    );
    expect(rewritten(all, metadata.striate!.replace("striate-response-1", "other"))).toContain("at format");
  });
});

describe("an adaptation file", () => {
  it("makes of the same core elsewhere the same model, without holding the core", async () => {
    const adapted = build(1);
    const bytes = await encodeAdaptation("adapted", adapted);
    const { tensors, metadata } = readSafetensors(bytes, "adaptation.safetensors");
    expect(holdsAdaptation(metadata)).toBe(true);
    const core = new Set(adapted.core.parameters.map(({ name }) => name));
    expect(Object.keys(tensors).filter((name) => core.has(name))).toEqual([]);
    expect(describeAdaptationFile(bytes, "adaptation.safetensors")).toMatchObject({
      name: "adapted",
      core: await coreHash(adapted),
      paths,
    });

    // elsewhere: the core with readouts and paths of its own
    const base = decodeResponseModel(encodeResponseModel("base", build(1, [])), "base.safetensors").model;
    base.subject("mouse").readout.bias.data.fill(3);
    const before = await coreHash(base);
    const applied = await applyAdaptation(base, bytes, "adaptation.safetensors");
    expect(values(applied)).toEqual(values(adapted));
    expect(await predict(applied)).toEqual(await predict(adapted));
    expect([await coreHash(base), await coreHash(applied)]).toEqual([before, before]);
  });

  it("is refused by another core, be it by one bit", async () => {
    const bytes = await encodeAdaptation("adapted", build(1));
    const refusal = (base: ResponseModel) => rejectionOf(applyAdaptation(base, bytes, "a.safetensors"));
    expect(await refusal(build(2))).toContain("a.safetensors adapts another core");
    const almost = build(1);
    const bits = new Uint8Array(
      almost.core.parameters[0]!.data.buffer,
      almost.core.parameters[0]!.data.byteOffset,
    );
    bits[0]! ^= 1;
    expect(await refusal(almost)).toContain((await coreHash(build(1))).slice(0, 12));
  });
});
