import { describe, expect, it } from "vitest";
import { readModulations, readoutCenters } from "../../src/cortex/read-parameters.ts";
import { ResponseModel } from "../../src/cortex/response-model.ts";
import { attentionRollouts, rollOut } from "../../src/cortex/rollout.ts";
import { prepareTrials, setScales, trialsOf } from "../../src/cortex/trials.ts";
import { compile } from "../../src/runtime/node.ts";
import { constant } from "../../src/tensor/index.ts";
import { draw } from "../tensor/fixture.ts";
import { smallRecording } from "./small-recording.ts";

const TOKENS = 5;

/** Attention weights (1, heads, tokens, tokens) with rows that sum to 1. */
function attention(seed: number, heads: number): Float32Array {
  const weights = draw(heads * TOKENS * TOKENS, seed, 0, 1);
  for (let row = 0; row < heads * TOKENS; row++) {
    const own = weights.subarray(row * TOKENS, (row + 1) * TOKENS);
    const sum = own.reduce((total, value) => total + value, 0);
    for (let i = 0; i < TOKENS; i++) own[i]! /= sum;
  }
  return weights;
}

async function rolled(blocks: readonly Float32Array[]): Promise<number[]> {
  const heads = blocks[0]!.length / TOKENS ** 2;
  const tensors = blocks.map((weights) => constant(weights, [1, heads, TOKENS, TOKENS]));
  const program = await compile({ outputs: { tokens: rollOut(tensors) } });
  const { tokens } = await program.run();
  await program.release();
  expect(tokens!.shape).toEqual([1, TOKENS]);
  return [...(tokens!.data as Float32Array)];
}

/** As Abnar and Zuidema write it: the product of the blocks' matrices, and the mean over the rows of patches. */
function productOfMatrices(blocks: readonly Float32Array[]): number[] {
  const heads = blocks[0]!.length / TOKENS ** 2;
  const identity = (row: number, column: number) => Number(row === column);
  let product = Array.from({ length: TOKENS }, (_, i) =>
    Array.from({ length: TOKENS }, (_, j) => identity(i, j)),
  );
  for (const weights of blocks) {
    const mixed = product.map((_, i) =>
      product.map((_, j) => {
        let mean = 0;
        for (let head = 0; head < heads; head++) mean += weights[(head * TOKENS + i) * TOKENS + j]! / heads;
        return mean + identity(i, j);
      }),
    );
    const normalized = mixed.map((row) => row.map((value) => value / row.reduce((sum, one) => sum + one, 0)));
    product = normalized.map((row) =>
      row.map((_, j) => row.reduce((sum, value, k) => sum + value * product[k]![j]!, 0)),
    );
  }
  return product[0]!.map((_, j) => product.slice(1).reduce((sum, row) => sum + row[j]!, 0) / (TOKENS - 1));
}

describe("attention rollout", () => {
  it("is the product of the blocks' matrices with the residual connection, averaged over patches", async () => {
    const blocks = [attention(1, 2), attention(2, 2), attention(3, 2)];
    const [given, expected] = [await rolled(blocks), productOfMatrices(blocks)];
    for (const [i, value] of given.entries()) expect(value).toBeCloseTo(expected[i]!, 6);
    expect(given.reduce((sum, value) => sum + value, 0)).toBeCloseTo(1, 6);
    // the order of the blocks matters
    const reversed = await rolled([...blocks].reverse());
    expect(Math.max(...reversed.map((value, i) => Math.abs(value - given[i]!)))).toBeGreaterThan(1e-4);
  });

  it("of even attention weighs all patches the same", async () => {
    const even = new Float32Array(TOKENS ** 2).fill(1 / TOKENS);
    const [own, ...patches] = await rolled([even, even]);
    for (const value of patches) expect(value).toBeCloseTo(patches[0]!, 6);
    expect(own).toBeLessThan(patches[0]!);
  });
});

const recording = smallRecording({ size: 12, behavior: true, coordinates: true });

/** A model of the recording; its paths are nowhere as they start. */
function modelOf(core: "transformer" | "convolutional", coordinates = true): ResponseModel {
  const model = new ResponseModel(
    {
      input: { channels: 1, height: 12, width: 12 },
      core:
        core === "transformer"
          ? { kind: core, patch: 4, stride: 4, width: 8, depth: 2, heads: 2, mlp: 12 }
          : { kind: core, layers: 2, channels: 8, inputKernel: 5, hiddenKernel: 3 },
      behavior: true,
      subjects: [{ name: "mouse", dataset: "laboratory", neurons: 4, coordinates, shifter: true }],
    },
    1,
    [
      { kind: "subject", members: ["mouse"], width: 3 },
      { kind: "stimulus", members: [], width: 4 },
      { kind: "adapter", members: [], width: 4 },
    ],
  );
  setScales(model, recording, trialsOf(recording, "train"));
  for (const [i, { data }] of model.paths.flatMap(({ parameters }) => parameters).entries())
    data.set(draw(data.length, 70 + i, -0.5, 0.5));
  return model;
}

describe("what is read from a model", () => {
  it("is one rollout a trial, of a grid of patches; none without attention", async () => {
    const model = modelOf("transformer");
    const trials = prepareTrials(model, recording);
    const rollouts = await attentionRollouts(model, trials, Int32Array.of(2, 7));
    expect(rollouts.map(({ height, width, values }) => [height, width, values.length])).toEqual([
      [3, 3, 9],
      [3, 3, 9],
    ]);
    for (const { values } of rollouts) {
      const sum = values.reduce((total, value) => total + value, 0);
      expect(sum).toBeGreaterThan(0.5);
      expect(sum).toBeLessThan(1);
    }
    expect(rollouts[0]!.values).not.toEqual(rollouts[1]!.values);
    const other = modelOf("convolutional");
    expect(await attentionRollouts(other, prepareTrials(other, recording), Int32Array.of(2))).toEqual([]);
  });

  it("is where each neuron reads", async () => {
    const free = modelOf("transformer", false);
    const mu = free.subject("mouse").readout.parameters.find(({ name }) => name.endsWith("/mu"))!;
    mu.take(Float32Array.of(-0.5, 0.25, 0, 0, 0.75, -1, 2, -3));
    const centers = await readoutCenters(free, "mouse");
    expect(centers).toEqual({ x: Float32Array.of(-0.5, 0, 0.75, 1), y: Float32Array.of(0.25, 0, -1, -1) });
    const { x, y } = (await readoutCenters(modelOf("transformer"), "mouse"))!;
    for (const value of [...x, ...y]) expect(Math.abs(value)).toBeLessThan(1);
    expect(new Set(x).size).toBe(4);
  });

  it.each(["transformer", "convolutional"] as const)("is γ and β of a %s core by stage", async (core) => {
    const model = modelOf(core);
    const trials = prepareTrials(model, recording);
    const read = await readModulations(model, trials, Int32Array.of(0, 1, 2));
    expect(read.map(({ kind, gamma, beta }) => [kind, gamma.length, beta[1]!.length])).toEqual([
      ["subject", 2, 8],
      ["stimulus", 2, 8],
    ]);
    const [embedding, map] = model.paths[0]!.parameters;
    const row = (at: number) =>
      [0, 1, 2].reduce((sum, k) => sum + map!.data[3 * at + k]! * embedding!.data[k]!, 0);
    for (let channel = 0; channel < 8; channel++) {
      expect(read[0]!.gamma[0]![channel]).toBeCloseTo(row(channel), 5);
      expect(read[0]!.beta[0]![channel]).toBeCloseTo(row(8 + channel), 5);
    }
    // the subject's does not follow the stimuli, the stimulus path's is their mean
    const alone = await Promise.all(
      [0, 1, 2].map((trial) => readModulations(model, trials, Int32Array.of(trial))),
    );
    for (const one of alone) expect(one[0]).toEqual(read[0]);
    const mean = alone.reduce((sum, one) => sum + one[1]!.gamma[1]![3]! / 3, 0);
    expect(read[1]!.gamma[1]![3]).toBeCloseTo(mean, 5);
    expect(alone[0]![1]).not.toEqual(alone[1]![1]);
  });
});
