import { beforeAll, describe, expect, it } from "vitest";
import { ResponseBatches } from "../../src/cortex/batches.ts";
import { afterStageOf } from "../../src/cortex/paths/apply.ts";
import { defaultPathWidth } from "../../src/cortex/paths/index.ts";
import {
  type AdaptationPath,
  type PathConditions,
  type PathKind,
  type PathSpecification,
  pathKinds,
} from "../../src/cortex/paths/path.ts";
import { responsePresets } from "../../src/cortex/presets.ts";
import { ResponseModel } from "../../src/cortex/response-model.ts";
import type { ResponseModelInput } from "../../src/cortex/specification.ts";
import { compileResponseStep } from "../../src/cortex/training.ts";
import { prepareTrials, setScales, trialsOf } from "../../src/cortex/trials.ts";
import { StepRandom } from "../../src/nn/fit.ts";
import { denseContext, type Parameter } from "../../src/nn/index.ts";
import { compile } from "../../src/runtime/node.ts";
import { Random } from "../../src/runtime/random.ts";
import { constant, input, sizeOf } from "../../src/tensor/index.ts";
import { messageOf } from "../formats/errors.ts";
import { draw } from "../tensor/fixture.ts";
import { smallRecording } from "./small-recording.ts";

const SIZE = 12;
const N = 3;
const SUBJECTS = [
  { name: "ada", dataset: "first", neurons: 4, shifter: true },
  { name: "bob", dataset: "second", neurons: 5 },
];
const CORES = {
  transformer: { kind: "transformer", patch: 4, stride: 2, width: 8, depth: 2, heads: 2, mlp: 12 },
  convolutional: { kind: "convolutional", layers: 3, channels: 16, inputKernel: 5, hiddenKernel: 3 },
} as const satisfies Record<string, ResponseModelInput["core"]>;
type CoreName = keyof typeof CORES;
const coreNames = Object.keys(CORES) as CoreName[];

const specify = (kind: PathKind, members?: readonly string[]): PathSpecification => ({
  kind,
  members: [
    ...(members ?? { subject: ["ada", "bob"], dataset: ["first", "second"] }[kind as "subject"] ?? []),
  ],
  width: 3,
});

/** A model whose core and readouts are nowhere as they start: what is not random yet is made so. */
function build(core: CoreName, paths: readonly PathSpecification[] = []): ResponseModel {
  const model = new ResponseModel(
    {
      input: { channels: 1, height: SIZE, width: SIZE },
      core: CORES[core],
      behavior: true,
      subjects: SUBJECTS,
    },
    1,
    paths,
  );
  const ofPaths = new Set(model.paths.flatMap(({ parameters }) => parameters));
  for (const [i, parameter] of model.parameters.entries()) if (!ofPaths.has(parameter)) shake(parameter, i);
  return model;
}

function shake({ data }: Parameter, seed: number): void {
  const changes = draw(data.length, seed, -0.3, 0.3);
  for (const [i, change] of changes.entries()) data[i]! += change;
}

/** As training would: every parameter of the paths is another. */
function shakePaths({ paths }: ResponseModel): void {
  for (const [i, parameter] of paths.flatMap(({ parameters }) => parameters).entries())
    shake(parameter, 900 + i);
}

const feeds = Object.fromEntries(
  SUBJECTS.flatMap(({ name }, i) => [
    [`images:${name}`, draw(N * SIZE * SIZE, 100 + i, -2, 2)],
    [`behavior:${name}`, draw(N * 5, 200 + i)],
    [`pupil:${name}`, draw(N * 2, 300 + i)],
  ]),
);

/** Predicted responses of the given subjects, one after the other. */
async function predict(
  model: ResponseModel,
  {
    paths = model.paths,
    subjects = ["ada", "bob"],
    freeze = false,
  }: { paths?: readonly AdaptationPath[]; subjects?: readonly string[]; freeze?: boolean } = {},
): Promise<Float32Array> {
  const inputs = new Map(
    subjects.map((name) => [
      name,
      {
        images: input(`images:${name}`, [N, 1, SIZE, SIZE]),
        behavior: input(`behavior:${name}`, [N, 5]),
        pupil: input(`pupil:${name}`, [N, 2]),
      },
    ]),
  );
  const outputs = Object.fromEntries(model.predict(inputs, denseContext(), { paths }));
  const program = await compile({ outputs }, { freeze, threads: 1 });
  const results = await program.run(feeds);
  await program.release();
  return Float32Array.from(subjects.flatMap((name) => [...(results[name]!.data as Float32Array)]));
}

const largestDifference = (a: Float32Array, b: Float32Array): number =>
  a.reduce((largest, value, i) => Math.max(largest, Math.abs(value - b[i]!)), 0);

describe.each(coreNames)("paths on a %s core", (core) => {
  let frozen: Float32Array;
  let frozenWithFixedWeights: Float32Array;
  beforeAll(async () => {
    frozen = await predict(build(core));
    frozenWithFixedWeights = await predict(build(core), { freeze: true });
    expect(frozen.every((value) => Number.isFinite(value))).toBe(true);
  });

  describe.each([...pathKinds])("%s", (kind) => {
    it.each([false, true])("untrained changes no bit, with weights fixed: %s", async (freeze) => {
      const untrained = await predict(build(core, [specify(kind)]), { freeze });
      expect(untrained).toEqual(freeze ? frozenWithFixedWeights : frozen);
    });

    it("trained changes predictions, and none when it is off", async () => {
      const model = build(core, [specify(kind)]);
      shakePaths(model);
      expect(largestDifference(await predict(model), frozen)).toBeGreaterThan(1e-2);
      expect(await predict(model, { paths: [] })).toEqual(frozen);
    });
  });

  it("all kinds together, untrained, change no bit", async () => {
    expect(
      await predict(
        build(
          core,
          pathKinds.map((kind) => specify(kind)),
        ),
      ),
    ).toEqual(frozen);
  });

  it("each works alone as if the others did not exist", async () => {
    const all = build(
      core,
      pathKinds.map((kind) => specify(kind)),
    );
    shakePaths(all);
    const together = await predict(all);
    for (const path of all.paths) {
      const alone = build(core, [path.specification]);
      for (const [i, parameter] of alone.paths[0]!.parameters.entries()) {
        expect(parameter.name).toBe(path.parameters[i]!.name);
        parameter.take(path.parameters[i]!.data);
      }
      const predicted = await predict(all, { paths: [path] });
      expect(predicted, path.specification.kind).toEqual(await predict(alone));
      expect(predicted).not.toEqual(together);
    }
  });

  it("subjects in one batch each get what is theirs", async () => {
    const model = build(core, [specify("subject"), specify("dataset"), specify("stimulus")]);
    shakePaths(model);
    const together = await predict(model);
    const [ada, bob] = [
      await predict(model, { subjects: ["ada"] }),
      await predict(model, { subjects: ["bob"] }),
    ];
    const apart = Float32Array.from([...ada, ...bob]);
    expect(largestDifference(together, apart)).toBeLessThan(1e-5);
    // with their names exchanged in the path each has the embedding of the other
    const exchanged = build(core, [
      specify("subject", ["bob", "ada"]),
      specify("dataset"),
      specify("stimulus"),
    ]);
    shakePaths(exchanged);
    expect(largestDifference(await predict(exchanged), together)).toBeGreaterThan(1e-2);
  });

  it("whom a path does not know is refused, unless the path is off", async () => {
    const model = build(core, [specify("subject", ["ada"]), specify("dataset", ["first", "third"])]);
    const [subject, dataset] = model.paths as [AdaptationPath, AdaptationPath];
    const given = () => ({
      images: input("images", [N, 1, SIZE, SIZE]),
      behavior: input("behavior", [N, 5]),
    });
    const refusal = (name: string, paths: readonly AdaptationPath[]) =>
      messageOf(() => model.predict(new Map([[name, given()]]), denseContext(), { paths }));
    expect(refusal("bob", [subject])).toBe(
      'the subject path does not know "bob", only ada. Switch the path off, or adapt it to "bob"',
    );
    expect(refusal("bob", [dataset])).toContain('the dataset path does not know "second", only first, third');
    expect(refusal("eve", [])).toContain('the model has no readout for subject "eve", only for ada, bob');
    expect(await predict(model, { paths: [] })).toEqual(frozen);
    expect(messageOf(() => build(core, [specify("subject", [])]))).toContain("needs at least one member");
  });
});

describe("modulation", () => {
  const conditions: PathConditions = {
    subjects: new Array(2).fill({ name: "ada", dataset: "first" }),
    summary: constant(draw(16, 5), [2, 8]),
  };

  /** An embedding path whose γ and β after the first stage are the given ones for everybody. */
  function pathOf(kind: "subject" | "dataset", modulation: readonly number[]): AdaptationPath {
    const model = build("transformer", [{ ...specify(kind), width: 1 }]);
    const [embeddings, map] = model.paths[0]!.parameters as [Parameter, Parameter];
    embeddings.data.fill(1);
    map.data.set(modulation);
    return model.paths[0]!;
  }

  it("is h ← (1 + γ) ⊙ h + β, and γ and β of several paths add", async () => {
    // quarters, so that float32 rounds nowhere
    const quarters = (seed: number, length: number) =>
      draw(length, seed, -8, 8).map((value) => Math.round(value) / 4);
    const [first, second] = [quarters(1, 16), quarters(2, 16)];
    const features = quarters(3, 2 * 5 * 8);
    const paths = [pathOf("subject", [...first]), pathOf("dataset", [...second])];
    const change = afterStageOf(paths, conditions)!;
    const outputs = { changed: change(0, constant(features, [2, 5, 8]), conditions.summary) };
    const program = await compile({ outputs });
    const changed = (await program.run()).changed!.data as Float32Array;
    await program.release();
    expect(changed).toEqual(
      features.map((h, i) => {
        const at = i % 8;
        return (1 + first[at]! + second[at]!) * h + first[8 + at]! + second[8 + at]!;
      }),
    );
  });

  it("of no path, or of paths that only change weights, is nothing", () => {
    expect(afterStageOf([], conditions)).toBeUndefined();
    expect(afterStageOf(build("transformer", [specify("low-rank")]).paths, conditions)).toBeUndefined();
  });
});

describe.each(coreNames)("training on a frozen %s core", (core) => {
  it.each([...pathKinds])("moves the %s path and nothing else", async (kind) => {
    const model = build(core, [specify(kind)]);
    const recording = smallRecording({ subject: "ada", dataset: "first", size: SIZE, behavior: true });
    const chosen = trialsOf(recording, "train");
    setScales(model, recording, chosen);
    const trials = prepareTrials(model, recording);
    const { parameters } = model.paths[0]!;
    const valuesOf = () => new Map(model.parameters.map((parameter) => [parameter, parameter.data.slice()]));
    const before = valuesOf();
    const random = new StepRandom(new Random(1));
    const step = await compileResponseStep(
      model,
      [{ trials, count: chosen.length }],
      parameters,
      {
        batchSize: 5,
        learningRate: 0.01,
        weightDecay: 0.1,
        coreL1: 1,
        readoutPenalty: 1,
        betas: [0.9, 0.999],
      },
      random,
    );
    const batches = new ResponseBatches([{ trials, chosen }], 5, 1);
    for (let done = 0; done < 4; done++) {
      random.begin(done);
      await step.run(batches.get(Math.floor(done / 2), done % 2), 0.01);
    }
    await step.release();
    const after = valuesOf();
    const ofPath = new Set(parameters);
    for (const [parameter, values] of before) {
      const now = after.get(parameter)!;
      if (!ofPath.has(parameter)) expect(now, parameter.name).toEqual(values);
      else if (!parameter.name.endsWith("/embeddings"))
        expect(
          now.some((value, i) => value !== values[i]),
          parameter.name,
        ).toBe(true);
      else {
        // the second member is of another subject, which is not trained on
        expect(now.slice(0, 3)).not.toEqual(values.slice(0, 3));
        expect(now.slice(3)).toEqual(values.slice(3));
      }
    }
  });
});

describe("the number of parameters", () => {
  const countOf = (preset: keyof typeof responsePresets, kind: PathKind, members: string[]) => {
    const { core, readout } = responsePresets[preset];
    const model = new ResponseModel(
      { input: { channels: 1, height: 36, width: 64 }, core, readout, behavior: true, subjects: SUBJECTS },
      1,
      [{ kind, members, width: defaultPathWidth[kind] }],
    );
    return model.paths[0]!.parameters.reduce((total, { shape }) => total + sizeOf(shape), 0);
  };

  it.each<[PathKind, string[], number]>([
    ["subject", ["ada"], 16 + 4 * 2 * 155 * 16],
    ["subject", ["ada", "bob"], 2 * 16 + 4 * 2 * 155 * 16],
    ["dataset", ["first"], 16 + 4 * 2 * 155 * 16],
    ["stimulus", [], 32 * 155 + 32 + 4 * 2 * 155 * (32 + 1)],
    ["adapter", [], 4 * (16 * 155 + 16 + 155 * 16 + 155)],
    ["behavior", [], 4 * (16 * 5 + 16 + 155 * 16 + 155)],
    [
      "low-rank",
      [],
      4 * (155 + 64) +
        4 * 4 * (77 + 5 + 155 + 77 + (3 * 620 + 155) + (155 + 620) + (488 + 155) + (155 + 488)),
    ],
  ])("of a %s path for %j on V1T is %i", (kind, members, count) => {
    expect(countOf("v1t", kind, members)).toBe(count);
  });

  it.each<[PathKind, string[], number]>([
    ["subject", ["ada"], 16 + 4 * 2 * 64 * 16],
    ["stimulus", [], 32 * 64 + 32 + 4 * 2 * 64 * (32 + 1)],
    ["low-rank", [], 4 * (64 + 81) + 3 * 4 * (64 + 64 + (64 + 49) + 64 + 64)],
  ])("of a %s path for %j on stacked convolutions is %i", (kind, members, count) => {
    expect(countOf("conv", kind, members)).toBe(count);
  });
});
