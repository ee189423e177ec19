import { describe, expect, it } from "vitest";
import { ResponseBatches, type TrainingTrials } from "../../src/cortex/batches.ts";
import { Predictor } from "../../src/cortex/predict.ts";
import { ResponseModel } from "../../src/cortex/response-model.ts";
import type { ResponseModelInput } from "../../src/cortex/specification.ts";
import { compileResponseStep, type ResponseObjective } from "../../src/cortex/training.ts";
import { prepareTrials, type SubjectTrials, setScales, trialsOf } from "../../src/cortex/trials.ts";
import type { Recording } from "../../src/formats/recording.ts";
import { StepRandom } from "../../src/nn/fit.ts";
import "../../src/runtime/node.ts";
import { Random } from "../../src/runtime/random.ts";
import { messageOf } from "../formats/errors.ts";
import { draw } from "../tensor/fixture.ts";
import { smallRecording } from "./small-recording.ts";

const objective: ResponseObjective = {
  batchSize: 4,
  learningRate: 0.01,
  weightDecay: 0,
  coreL1: 0,
  readoutPenalty: 0,
  betas: [0.9, 0.999],
};

/** A recording of images of one pixel in which each trial's pixel and responses tell its number. */
function numberedRecording(subject: string, trials: number): Recording {
  const recording = smallRecording({ subject, trials, neurons: 2, size: 1 });
  const data = Float32Array.from({ length: trials }, (_, trial) => 1000 + trial);
  const responses = Float32Array.from({ length: trials * 2 }, (_, i) => Math.floor(i / 2) + (i % 2) / 2);
  return { ...recording, stimuli: { ...recording.stimuli, data }, responses };
}

/** Trials of recordings as a linear-nonlinear model takes them, nothing standardised. */
function numberedTrials(counts: Readonly<Record<string, number>>): SubjectTrials[] {
  const model = new ResponseModel(
    {
      input: { channels: 1, height: 1, width: 1 },
      core: { kind: "pixels" },
      subjects: Object.keys(counts).map((name) => ({ name, dataset: "laboratory", neurons: 2 })),
    },
    1,
  );
  return Object.entries(counts).map(([name, count]) => {
    const { scales } = model.subject(name);
    scales.image.take(Float32Array.of(1000, 1));
    scales.response.take(Float32Array.of(1, 1));
    return prepareTrials(model, numberedRecording(name, count));
  });
}

const all = (trials: SubjectTrials): TrainingTrials => ({
  trials,
  chosen: trialsOf(trials.recording, undefined),
});

/** The trials that a subject is shown in an epoch, in order. */
function shown(batches: ResponseBatches, subject: string, epoch: number): number[] {
  return Array.from({ length: batches.stepsPerEpoch }, (_, step) => {
    const feeds = batches.get(epoch, step);
    const images = feeds[`images:${subject}`]!;
    expect(feeds[`responses:${subject}`]).toEqual(
      Float32Array.from({ length: 2 * images.length }, (_, i) => images[i >> 1]! + (i % 2) / 2),
    );
    return [...images];
  }).flat();
}

const sorted = (numbers: readonly number[]): number[] => [...numbers].sort((a, b) => a - b);
const upTo = (count: number): number[] => Array.from({ length: count }, (_, i) => i);

describe("batches of several subjects", () => {
  const subjects = numberedTrials({ ada: 12, bob: 5 }).map(all);

  it("show each trial of the larger subject once, while the smaller one begins anew", () => {
    const batches = new ResponseBatches(subjects, 4, 1);
    expect(batches.stepsPerEpoch).toBe(3);
    expect(batches.size).toBe(8);
    for (const epoch of [0, 1]) {
      expect(sorted(shown(batches, "ada", epoch))).toEqual(upTo(12));
      const small = shown(batches, "bob", epoch);
      expect(sorted(small.slice(0, 5))).toEqual(upTo(5));
      expect(sorted(small.slice(5, 10))).toEqual(upTo(5));
      expect(small.slice(0, 5)).not.toEqual(small.slice(5, 10));
      expect(new Set(small.slice(10)).size).toBe(2);
    }
    expect(shown(batches, "ada", 0)).not.toEqual(shown(batches, "ada", 1));
  });

  it("are a function of the seed, the epoch and the step alone", () => {
    const inOrder = new ResponseBatches(subjects, 4, 1);
    const taken = new Map<string, Record<string, Float32Array>>();
    for (const epoch of [0, 1, 2])
      for (const step of [0, 1, 2]) taken.set(`${epoch} ${step}`, structuredClone(inOrder.get(epoch, step)));
    const again = new ResponseBatches(subjects, 4, 1);
    for (const [epoch, step] of [
      [2, 1],
      [0, 2],
      [1, 0],
      [0, 0],
    ] as const)
      expect(again.get(epoch, step)).toEqual(taken.get(`${epoch} ${step}`));
    const other = new ResponseBatches(subjects, 4, 2);
    expect(shown(other, "ada", 0)).not.toEqual(shown(inOrder, "ada", 0));
  });

  it("hold only chosen trials, and leave out the rest of a division until the next epoch", () => {
    const [trials] = numberedTrials({ ada: 30 });
    const chosen = Int32Array.from({ length: 14 }, (_, i) => 2 * i + 1);
    const batches = new ResponseBatches([{ trials: trials!, chosen }], 4, 1);
    expect(batches.stepsPerEpoch).toBe(3);
    const first = shown(batches, "ada", 0);
    expect(new Set(first).size).toBe(12);
    expect(first.every((trial) => chosen.includes(trial))).toBe(true);
    expect(sorted(shown(batches, "ada", 1))).not.toEqual(sorted(first));
  });

  it("repeat trials where there are fewer than a batch, and need at least one", () => {
    const [trials] = numberedTrials({ ada: 3 });
    const batches = new ResponseBatches([all(trials!)], 8, 1);
    expect(batches.stepsPerEpoch).toBe(1);
    const numbers = shown(batches, "ada", 0);
    for (const start of [0, 3]) expect(sorted(numbers.slice(start, start + 3))).toEqual(upTo(3));
    expect(messageOf(() => new ResponseBatches([{ trials: trials!, chosen: new Int32Array(0) }], 8, 1))).toBe(
      "ada: no training trials. Use another split of its trials",
    );
  });
});

/** A linear-nonlinear model of two subjects, one of which misses responses, with what it was given. */
function linearNonlinear() {
  const recordings = [
    smallRecording({ subject: "ada", trials: 8, neurons: 3, size: 2 }),
    smallRecording({ subject: "bob", trials: 6, neurons: 2, size: 2 }),
  ];
  // bob's trial 2 misses one response, and his neuron 1 is never recorded but in trials 0 and 1
  for (let trial = 2; trial < 6; trial++) recordings[1]!.responses[2 * trial + 1] = Number.NaN;
  recordings[1]!.responses[4] = Number.NaN;
  const model = new ResponseModel(
    {
      input: { channels: 1, height: 2, width: 2 },
      core: { kind: "pixels" },
      readout: { kind: "linear" },
      subjects: recordings.map(({ subject, neurons }) => ({ name: subject, dataset: "laboratory", neurons })),
    },
    1,
  );
  const subjects = recordings.map((recording, i) => {
    const chosen = trialsOf(recording, "train");
    setScales(model, recording, chosen);
    const { parameters } = model.subject(recording.subject).readout;
    parameters[0]!.take(draw(parameters[0]!.data.length, 50 + i));
    return { trials: prepareTrials(model, recording), chosen, count: chosen.length };
  });
  return { model, subjects };
}

describe("the loss of a step", () => {
  /** ELU(weight · pixels + bias) + 1 for one image. */
  const answer = (pixels: Float32Array, weight: Float32Array, bias: number) => {
    const drive = weight.reduce((total, value, i) => total + value * pixels[i]!, bias);
    return (drive > 0 ? drive : Math.expm1(drive)) + 1;
  };

  it("is √(trials / batch) Σ(p − r log p) over the responses that were recorded, and the penalties", async () => {
    const { model, subjects } = linearNonlinear();
    expect(subjects.map(({ trials }) => trials.hasMissing)).toEqual([false, true]);
    const feeds = new ResponseBatches(subjects, 4, 1).get(0, 0);
    let loss = 0;
    let perResponse = 0;
    let missing = 0;
    for (const { trials, count } of subjects) {
      const { readout } = model.subject(trials.subject);
      const [{ data: weights }, { data: biases }] = readout.parameters as unknown as [
        { data: Float32Array },
        { data: Float32Array },
      ];
      let sum = 0;
      for (let image = 0; image < 4; image++) {
        const pixels = feeds[`images:${trials.subject}`]!.subarray(4 * image, 4 * image + 4);
        const trial = upTo(trials.recording.trials).find((stimulus) =>
          pixels.every((value, i) => value === trials.images[4 * stimulus + i]),
        )!;
        for (let neuron = 0; neuron < trials.neurons; neuron++) {
          const recorded = trials.responses[trial * trials.neurons + neuron]!;
          if (Number.isNaN(recorded)) missing++;
          else {
            const rate = answer(pixels, weights.subarray(4 * neuron, 4 * neuron + 4), biases[neuron]!);
            sum += rate - recorded * Math.log(rate + 1e-8);
          }
        }
        for (let neuron = 0; neuron < trials.neurons; neuron++) {
          const [top, bottom] = [4 * neuron, 4 * neuron + 2];
          const differences = [
            weights[top + 1]! - weights[top]!,
            weights[bottom + 1]! - weights[bottom]!,
            weights[bottom]! - weights[top]!,
            weights[bottom + 1]! - weights[top + 1]!,
          ];
          if (image === 0) loss += 0.3 * differences.reduce((total, value) => total + value ** 2, 0);
        }
      }
      loss += Math.sqrt(count / 4) * sum;
      perResponse += sum / (4 * trials.neurons * 2);
    }
    expect(missing).toBeGreaterThan(1);
    const step = await compileResponseStep(
      model,
      subjects,
      model.parameters,
      { ...objective, readoutPenalty: 0.3 },
      new StepRandom(new Random(1)),
    );
    const report = await step.run(feeds, 0);
    expect(report.loss! / loss).toBeCloseTo(1, 5);
    expect(report.poisson! / perResponse).toBeCloseTo(1, 5);
    await step.release();
  });

  it("has no gradient where nothing was recorded", async () => {
    const { model, subjects } = linearNonlinear();
    const { trials } = subjects[1]!;
    const { weight, bias } = model.subject("bob").readout as unknown as Record<
      string,
      { data: Float32Array }
    >;
    const [oldWeights, oldBiases] = [weight!.data.slice(), bias!.data.slice()];
    // trials 3 to 5: neuron 0 was recorded, neuron 1 was not
    const bob = { trials, chosen: Int32Array.of(3, 4, 5), count: 3 };
    const random = new StepRandom(new Random(1));
    const step = await compileResponseStep(model, [bob], model.parameters, objective, random);
    const batches = new ResponseBatches([bob], 4, 1);
    for (const epoch of [0, 1, 2]) await step.run(batches.get(epoch, 0), 0.01);
    await step.release();
    expect(weight!.data.slice(4)).toEqual(oldWeights.slice(4));
    expect(bias!.data[1]).toBe(oldBiases[1]);
    expect(weight!.data.slice(0, 4).every((value, i) => value !== oldWeights[i])).toBe(true);
    expect(bias!.data[0]).not.toBe(oldBiases[0]);
  });

  it("counts Σ|weights| of a core that trains, and of no other", async () => {
    const recording = smallRecording({ trials: 4 });
    const lossWith = async (coreL1: number, frozen: boolean) => {
      const { model, subjects } = build(CORES.transformer, recording);
      const { readout } = model.subject("mouse");
      const parameters = frozen ? readout.parameters : model.parameters;
      const random = new StepRandom(new Random(1));
      const step = await compileResponseStep(model, subjects, parameters, { ...objective, coreL1 }, random);
      random.begin(0);
      const { loss } = await step.run(new ResponseBatches(subjects, 4, 1).get(0, 0), 0);
      await step.release();
      const weights = model.core.parameters.filter(({ role }) => role === "weight");
      const total = weights.reduce((sum, { data }) => data.reduce((s, value) => s + Math.abs(value), sum), 0);
      return { loss: loss!, total };
    };
    const without = await lossWith(0, false);
    expect(without.total).toBeGreaterThan(10);
    expect((await lossWith(0.5, false)).loss - without.loss).toBeCloseTo(0.5 * without.total, 3);
    expect((await lossWith(0.5, true)).loss).toBe((await lossWith(0, true)).loss);
  });
});

const CORES = {
  "linear-nonlinear": { kind: "pixels" },
  convolutional: { kind: "convolutional", layers: 2, channels: 8, inputKernel: 3, hiddenKernel: 3 },
  transformer: { kind: "transformer", patch: 4, stride: 2, width: 16, depth: 2, heads: 2, mlp: 24 },
} as const satisfies Record<string, ResponseModelInput["core"]>;

function build(core: ResponseModelInput["core"], recording: Recording) {
  const { subject, dataset, neurons, stimuli } = recording;
  const model = new ResponseModel(
    {
      input: { channels: stimuli.channels, height: stimuli.height, width: stimuli.width },
      core,
      readout: { kind: core.kind === "pixels" ? "linear" : "gaussian" },
      behavior: recording.behavior !== undefined,
      subjects: [
        {
          name: subject,
          dataset,
          neurons,
          coordinates: recording.coordinates !== undefined,
          shifter: recording.pupilCenter !== undefined,
        },
      ],
    },
    1,
  );
  const chosen = trialsOf(recording, "train");
  setScales(model, recording, chosen);
  const trials = prepareTrials(model, recording);
  return { model, trials, chosen, subjects: [{ trials, chosen, count: chosen.length }] };
}

async function train(core: ResponseModelInput["core"], recording: Recording, steps: number) {
  const { model, subjects, trials, chosen } = build(core, recording);
  const random = new StepRandom(new Random(1));
  const options = { ...objective, batchSize: 5 };
  const step = await compileResponseStep(model, subjects, model.parameters, options, random);
  const batches = new ResponseBatches(subjects, 5, 1);
  const losses: number[] = [];
  for (let done = 0; done < steps; done++) {
    random.begin(done);
    const { poisson } = await step.run(batches.get(Math.floor(done / 2), done % 2), 0.01);
    losses.push(poisson!);
  }
  await step.release();
  return { model, trials, chosen, losses };
}

function correlation(a: ArrayLike<number>, b: ArrayLike<number>): number {
  const centred = (values: ArrayLike<number>) => {
    const mean = Array.from(values).reduce((total, value) => total + value, 0) / values.length;
    return Array.from(values, (value) => value - mean);
  };
  const [x, y] = [centred(a), centred(b)];
  const product = (u: number[], v: number[]) => u.reduce((total, value, i) => total + value * v[i]!, 0);
  return product(x, y) / Math.sqrt(product(x, x) * product(y, y));
}

describe.each(Object.entries(CORES))("a %s model", (name, core) => {
  // a transformer is told of behaviour and moves with the pupil, its positions follow from coordinates
  const full = name === "transformer";
  const recording = smallRecording({ behavior: full, coordinates: full });

  it("fits ten trials", async () => {
    const { model, trials, chosen, losses } = await train(core, recording, 200);
    // the least that the loss can be: rates equal to the responses
    const least =
      trials.responses.reduce((total, r) => total + r - (r > 0 ? r * Math.log(r) : 0), 0) /
      trials.responses.length;
    const mean = (values: number[]) => values.reduce((total, value) => total + value, 0) / values.length;
    const [before, after] = [mean(losses.slice(0, 2)) - least, mean(losses.slice(-10)) - least];
    expect(after).toBeLessThan(before / 10);
    const predictor = await Predictor.create(model, trials);
    const predicted = await predictor.predict(chosen);
    await predictor.release();
    expect(correlation(predicted, trials.responses)).toBeGreaterThan(0.95);
  });

  it("trained twice with one seed is the same, bit for bit", async () => {
    const [first, second] = [await train(core, recording, 3), await train(core, recording, 3)];
    expect(second.losses).toEqual(first.losses);
    for (const [i, { name: parameter, data }] of first.model.parameters.entries())
      expect(second.model.parameters[i]!.data, parameter).toEqual(data);
  });
});

it("a core learns at its own rate", async () => {
  const changes = async (coreRate: number | undefined) => {
    const { model, subjects } = build(CORES.convolutional, smallRecording());
    const before = new Map(model.parameters.map((parameter) => [parameter.name, parameter.data.slice()]));
    const random = new StepRandom(new Random(1));
    const step = await compileResponseStep(
      model,
      subjects,
      model.parameters,
      { ...objective, coreRate },
      random,
    );
    random.begin(0);
    await step.run(new ResponseBatches(subjects, 4, 1).get(0, 0), 0.01);
    await step.release();
    const change = (name: string) => {
      const { data } = model.parameters.find((parameter) => parameter.name === name)!;
      return data.map((value, i) => value - before.get(name)![i]!);
    };
    return { core: change("core/layer1/conv/weight"), readout: change("subject:mouse/readout/features") };
  };
  const [same, slower] = [await changes(undefined), await changes(0.25)];
  expect(slower.readout).toEqual(same.readout);
  expect(Math.max(...same.core.map(Math.abs))).toBeGreaterThan(0.005);
  for (const [i, value] of same.core.entries()) expect(slower.core[i]).toBeCloseTo(value / 4, 6);
});

describe("what a mouse does", () => {
  const recording = smallRecording({ behavior: true });

  it("reaches the predictions: the pupil through the shifter, behaviour through the core", async () => {
    const { model, trials, chosen } = await train(CORES.transformer, recording, 4);
    const predict = async (changes: Partial<SubjectTrials>) => {
      const predictor = await Predictor.create(model, { ...trials, ...changes });
      const predicted = await predictor.predict(chosen);
      await predictor.release();
      return predicted;
    };
    const usual = await predict({});
    const differenceOf = async (changes: Partial<SubjectTrials>) =>
      Math.max(...(await predict(changes)).map((value, i) => Math.abs(value - usual[i]!)));
    expect(await differenceOf({})).toBe(0);
    expect(await differenceOf({ pupil: trials.pupil!.map((value) => value + 1) })).toBeGreaterThan(1e-3);
    expect(await differenceOf({ behavior: trials.behavior!.map((value) => value + 1) })).toBeGreaterThan(
      1e-3,
    );
  });

  it("trains the shifter and the behaviour modules", async () => {
    const { model } = await train(CORES.transformer, recording, 2);
    const start = build(CORES.transformer, recording).model;
    const moved = model.parameters.filter(
      ({ name }) => /shifter|behavior\/linear/.test(name) && !/Threshold/.test(name),
    );
    expect(moved.length).toBe(6 + 2 * 4);
    for (const { name, data } of moved) {
      const before = start.parameters.find((parameter) => parameter.name === name)!.data;
      expect(data, name).not.toEqual(before);
    }
  });

  it("must be recorded where the model was fitted with it", async () => {
    const { model } = build(CORES.transformer, recording);
    expect(messageOf(() => prepareTrials(model, { ...recording, behavior: undefined }))).toContain(
      "no behavior",
    );
  });
});

describe("a predictor", () => {
  it("gives each trial its own prediction, however many it runs at once", async () => {
    for (const behavior of [false, true]) {
      const { model, trials } = await train(CORES.transformer, smallRecording({ behavior }), 2);
      const chosen = Int32Array.of(7, 2, 2, 9, 0);
      const predictions = await Promise.all(
        [1, 3, 32].map(async (batchSize) => {
          const predictor = await Predictor.create(model, trials, { batchSize, freeze: batchSize === 3 });
          const predicted = await predictor.predict(chosen);
          await predictor.release();
          return predicted;
        }),
      );
      const [one, few, many] = predictions as [Float32Array, Float32Array, Float32Array];
      expect(one.length).toBe(5 * 4);
      expect(one.slice(4, 8)).toEqual(one.slice(8, 12));
      expect(one.slice(0, 4)).not.toEqual(one.slice(4, 8));
      for (const [i, value] of one.entries()) {
        expect(few[i]).toBeCloseTo(value, 5);
        expect(many[i]).toBeCloseTo(value, 5);
      }
    }
  });

  it("predicts each stimulus once where only the stimulus matters", async () => {
    const { model, trials } = await train(CORES.transformer, smallRecording(), 2);
    const stimulusOf = Int32Array.from(trials.recording.stimulusOf, (stimulus) => stimulus % 3);
    const repeated = { ...trials, recording: { ...trials.recording, stimulusOf } };
    const predictor = await Predictor.create(model, repeated, { batchSize: 2 });
    const predicted = await predictor.predict(trialsOf(repeated.recording, undefined));
    await predictor.release();
    for (let trial = 3; trial < 10; trial++)
      expect(predicted.slice(4 * trial, 4 * trial + 4)).toEqual(
        predicted.slice(4 * (trial % 3), 4 * (trial % 3) + 4),
      );
    expect(predicted.slice(0, 4)).not.toEqual(predicted.slice(4, 8));
  });
});
