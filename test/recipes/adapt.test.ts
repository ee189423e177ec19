import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { type AdaptationArm, chooseImages } from "../../src/cortex/adaptation.ts";
import { coreHash } from "../../src/cortex/model-file.ts";
import { adaptationTraining, trainingFor } from "../../src/cortex/presets.ts";
import { ResponseModel } from "../../src/cortex/response-model.ts";
import { setScales, trialsOf } from "../../src/cortex/trials.ts";
import type { Recording, Tier } from "../../src/formats/recording.ts";
import { adaptModel } from "../../src/recipes/adapt.node.ts";
import { checkArm, comparedArms, requireImages } from "../../src/recipes/adaptation-arms.ts";
import { RunFolder } from "../../src/recipes/run-folder.node.ts";
import { scoreRecording } from "../../src/recipes/score-responses.ts";
import "../../src/runtime/node.ts";
import { smallRecording } from "../cortex/small-recording.ts";
import { messageOf } from "../formats/errors.ts";

const folder = mkdtempSync(join(tmpdir(), "striate-adapt-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Forty images, of which the last ten are for tests. */
function recordingOf(subject: string): Recording {
  const recording = smallRecording({ subject, size: 8, trials: 40, behavior: true });
  return { ...recording, tierOf: recording.tierOf.map((_, i): Tier => (i < 30 ? "train" : "test")) };
}

function baseOf(recording: Recording): ResponseModel {
  const { subject: name, dataset, neurons } = recording;
  const model = new ResponseModel(
    {
      input: { channels: 1, height: 8, width: 8 },
      core: { kind: "transformer", patch: 2, stride: 2, width: 8, depth: 1, heads: 2, mlp: 8, dropout: 0.2 },
      behavior: true,
      subjects: [{ name, dataset, neurons, shifter: true }],
    },
    1,
  );
  setScales(model, recording, trialsOf(recording, "train"));
  return model;
}

const [home, guest] = [recordingOf("home"), recordingOf("guest")];
const training = { ...adaptationTraining, steps: 12, batchSize: 4 };

async function adapt(arm: AdaptationArm, changes: Partial<typeof training> = {}, name = "run") {
  const base = baseOf(home);
  const run = await RunFolder.open(join(folder, name));
  const configuration = { arm, images: 8, training: { ...training, ...changes }, seed: 1 };
  const adapted = await adaptModel(base, [guest], configuration, run);
  return { base, ...adapted };
}

describe("the training of an adaptation", () => {
  it.each([
    [16, 1, 16, 400],
    [64, 4, 16, 100],
    [1000, 62, 16, 6],
    [7, 1, 7, 400],
  ])(
    "to %i trials is %i steps an epoch, %i trials each, in %i epochs",
    (trials, steps, batchSize, epochs) => {
      const settings = { ...adaptationTraining, steps: 400, batchSize: 16 };
      const training = trainingFor(settings, trials);
      expect(training).toMatchObject({ batchSize, epochs });
      expect(Math.floor(trials / training.batchSize)).toBe(steps);
    },
  );

  it.each(comparedArms(baseOf(home)))("of arm %j moves a frozen core by no bit", async (arm) => {
    const { base, model, trainableParameters, history } = await adapt(arm);
    const before = await coreHash(base);
    expect(before).toBe(await coreHash(baseOf(home)));
    const isFrozen = arm.train === "readout" || arm.train === "paths";
    expect((await coreHash(model)) === before).toBe(isFrozen);
    expect(history).toHaveLength(6);
    expect(history.at(-1)!.metrics.poisson).toBeLessThan(history[0]!.metrics.poisson!);
    const readout = model.subject("guest").readout.parameters.reduce((sum, { data }) => sum + data.length, 0);
    const shifter = 15 + 30 + 12;
    if (arm.train === "readout") expect(trainableParameters).toBe(readout + shifter);
    else expect(trainableParameters).toBeGreaterThan(readout + shifter);
    const { scores, predictions } = await scoreRecording(model, guest);
    expect(predictions).toHaveLength(10 * 4);
    expect(scores.singleTrial.mean.neurons).toBe(4);
  });

  it("takes a fine-tuned core's own learning rate, and none for one from scratch", async () => {
    const moved = async (arm: AdaptationArm, coreRate: number) => {
      const { base, model } = await adapt(arm, { coreRate, steps: 1, weightDecay: 0 });
      const start = arm.train === "scratch" ? baseOf(guest).core : base.core;
      return Math.max(
        ...model.core.parameters.flatMap(({ data }, i) =>
          [...data].map((value, j) => Math.abs(value - start.parameters[i]!.data[j]!)),
        ),
      );
    };
    const [whole, tenth] = [await moved({ train: "all" }, 1), await moved({ train: "all" }, 0.1)];
    // the first step of Adam is as long as the learning rate
    expect(tenth / whole).toBeCloseTo(0.1, 2);
    const scratch = { train: "scratch" } as const;
    expect(await moved(scratch, 0.1)).toBeCloseTo(await moved(scratch, 1), 6);
  });
});

describe("what cannot be", () => {
  it("is told before anything is trained", () => {
    const base = baseOf(home);
    const blind = new ResponseModel({ ...base.specification, behavior: false }, 1);
    const linear = new ResponseModel(
      { ...base.specification, behavior: false, core: { kind: "pixels" }, readout: { kind: "linear" } },
      1,
    );
    const subject: AdaptationArm = { train: "paths", paths: ["subject"] };
    expect(messageOf(() => checkArm("runs/ln", linear, subject))).toContain(
      "runs/ln is a linear-nonlinear model",
    );
    expect(checkArm("runs/ln", linear, { train: "readout" })).toBeUndefined();
    const behavior: AdaptationArm = { train: "paths", paths: ["behavior"] };
    expect(messageOf(() => checkArm("run", blind, behavior))).toContain("fitted without behaviour");
    expect(comparedArms(blind)).toHaveLength(comparedArms(base).length - 1);
    expect(messageOf(() => requireImages([home], [8, 31]))).toContain("31 images were asked for");
  });

  it("chooses the same images for the same seed, and more contain fewer", () => {
    const few = chooseImages(home, 8, 1);
    expect(few).toEqual(chooseImages(home, 8, 1));
    expect(few).not.toEqual(chooseImages(home, 8, 2));
    const more = new Set(chooseImages(home, 16, 1));
    expect([...few].every((trial) => more.has(trial))).toBe(true);
    expect(chooseImages(home, undefined, 1)).toHaveLength(30);
  });
});
