import { beforeAll, describe, expect, it } from "vitest";
import { StriateError } from "../../src/error.ts";
import { type Augmentation, measurePixels, TrainingBatches } from "../../src/nn/batches.ts";
import { type FitOptions, type FitPosition, fit, StepRandom } from "../../src/nn/fit.ts";
import {
  buildNetwork,
  cosine,
  crossEntropy,
  denseContext,
  type Network,
  type NetworkState,
  TrainingStep,
} from "../../src/nn/index.ts";
import "../../src/runtime/node.ts";
import { adam } from "../../src/runtime/optimizer.ts";
import { Random } from "../../src/runtime/random.ts";
import { argmax, cast, equal, input, mask, mean } from "../../src/tensor/index.ts";
import { rejectionOf } from "../formats/errors.ts";
import { smallDataset } from "./small-dataset.ts";

const dataset = smallDataset(45);
const BATCH = 8;
const STEPS = 5;
const RATE = 0.02;

interface Session {
  readonly network: Network;
  readonly training: TrainingStep;
  readonly batches: TrainingBatches;
  readonly random: StepRandom;
}

/** A network with normalisation and dropout, so that statistics and random numbers have to be right too. */
async function begin(seed: number, augmentation: Augmentation = { shift: 1, flip: true }): Promise<Session> {
  const network = buildNetwork(
    {
      input: { channels: 1, height: 4, width: 4 },
      layers: [
        { type: "conv", channels: 4, kernel: 3 },
        { type: "norm" },
        { type: "activation" },
        { type: "dropout", rate: 0.2 },
        { type: "flatten" },
        { type: "linear", features: 3 },
      ],
    },
    seed,
  );
  const context = denseContext(true);
  const labels = input("labels", [BATCH], "int32");
  const logits = network.call(input("images", [BATCH, 1, 4, 4]), context)[0]!;
  const right = mean(mask(equal(cast(argmax(logits, 1), "int32"), labels)));
  const random = new StepRandom(new Random(9).split("training"));
  const training = await TrainingStep.create(
    {
      loss: crossEntropy(logits, labels),
      metrics: { right },
      updates: context.updates,
      parameters: network.parameters.filter(({ role }) => role === "weight" || role === "bias"),
    },
    { rule: adam({ learningRate: RATE }), random },
  );
  const batches = new TrainingBatches(dataset, measurePixels(dataset), BATCH, 3, augmentation);
  expect(batches.stepsPerEpoch).toBe(STEPS);
  return { network, training, batches, random };
}

interface Checkpoint {
  readonly position: FitPosition;
  readonly parameters: NetworkState;
  readonly optimizer: Record<string, Float32Array>;
}

/** Runs a fit whose validation scores are `scores`; every place where it could have been stopped, and how it ended. */
async function run(seed: number, scores: readonly number[], options: Partial<FitOptions>, from?: Checkpoint) {
  const { network, training, batches, random } = await begin(seed);
  if (from !== undefined) {
    network.load(from.parameters);
    training.optimizer.load(from.optimizer);
  }
  let validated = from?.position.epoch ?? 0;
  const checkpoints: Checkpoint[] = [];
  const states: NetworkState[] = [];
  const progress: string[] = [];
  const history = await fit(training, batches, {
    epochs: scores.length,
    learningRate: RATE,
    random,
    validate: async () => {
      states.push(network.state());
      return scores[validated++]!;
    },
    onProgress: ({ epoch, step, steps, images }) => progress.push(`${epoch} ${step}/${steps} ${images}`),
    onStep: async (position) => {
      const parameters = network.state();
      checkpoints.push(
        structuredClone({ position: position(), parameters, optimizer: training.optimizer.state() }),
      );
    },
    ...options,
    ...(from === undefined ? {} : { resume: structuredClone(from.position) }),
  });
  await training.release();
  return {
    history,
    checkpoints,
    states,
    progress,
    final: network.state(),
    optimizer: training.optimizer.state(),
  };
}

describe.each<[string, number[], Partial<FitOptions>]>([
  ["with a schedule", [0.1, 0.2, 0.3], { schedule: cosine({ warmup: 0.2 }) }],
  [
    "that stops early, with a plateau",
    [0.3, 0.6, 0.5, 0.4, 0.4, 0.9],
    { patience: 1, plateau: { factor: 0.5, patience: 0 } },
  ],
  ["that ends with an average", [0.1, 0.2, 0.3], { average: 0.3 }],
  ["that ends with the best average", [0.1, 0.4, 0.3], { average: 0.3, patience: 5 }],
])("a fit %s", (_name, scores, options) => {
  let whole: Awaited<ReturnType<typeof run>>;
  beforeAll(async () => {
    whole = await run(1, scores, options);
  });

  it("could be stopped after every step", () => {
    const places = whole.checkpoints.map(({ position: { epoch, step } }) => epoch * STEPS + step);
    expect(places).toEqual(Array.from({ length: whole.history.length * STEPS }, (_, i) => i + 1));
  });

  it("ends with the same bits when it goes on from any of these places", async () => {
    for (const checkpoint of whole.checkpoints) {
      const { epoch, step } = checkpoint.position;
      const place = `epoch ${epoch}, step ${step}`;
      const resumed = await run(1000 + step, scores, options, checkpoint);
      expect(resumed.history, place).toEqual(whole.history);
      expect(resumed.final, place).toEqual(whole.final);
      expect(resumed.optimizer, place).toEqual(whole.optimizer);
    }
  });

  it("says how far it is", () => {
    const steps = scores.length * STEPS;
    const expected = whole.checkpoints.map(
      (_, i) => `${Math.floor(i / STEPS) + 1} ${i + 1}/${steps} ${(i + 1) * BATCH}`,
    );
    expect(whole.progress).toEqual(expected);
  });
});

it("learns: the loss falls and most images are right", async () => {
  // mirrored, the classes would look alike
  const { training, batches, random } = await begin(1, {});
  const history = await fit(training, batches, { epochs: 10, learningRate: RATE, random });
  const [first, last] = [history[0]!.metrics, history.at(-1)!.metrics];
  expect(last.loss!).toBeLessThan(0.6 * first.loss!);
  expect(last.right!).toBeGreaterThan(0.75);
});

describe("early stopping", () => {
  it("ends after more than `patience` epochs without a better score, with the best parameters", async () => {
    const { history, states, final } = await run(2, [0.2, 0.9, 0.3, 0.9, 0.1, 0.95], { patience: 2 });
    expect(history.map(({ validation }) => validation)).toEqual([0.2, 0.9, 0.3, 0.9, 0.1]);
    expect(final).toEqual(states[1]);
    expect(final).not.toEqual(states[4]);
    // running statistics go with the weights
    expect(final["norm1/mean"]).not.toEqual(states[4]!["norm1/mean"]);
  });

  it("restores the best parameters of a fit that ran to its end", async () => {
    const { history, states, final } = await run(2, [0.2, 0.4, 0.3], { patience: 10 });
    expect(history).toHaveLength(3);
    expect(final).toEqual(states[1]);
  });

  it("is off without patience: the last parameters stay", async () => {
    const { history, states, final } = await run(2, [0.9, 0.4, 0.3], {});
    expect(history).toHaveLength(3);
    expect(final).toEqual(states[2]);
  });
});

describe("averaging", () => {
  const STEADY: Partial<FitOptions> = { schedule: cosine() };

  it("validates and keeps the mean over the share of steps, and trains as without", async () => {
    const plain = await run(5, [0, 0], STEADY);
    const averaged = await run(5, [0, 0], { ...STEADY, average: 1 });
    const after = plain.checkpoints.map(({ parameters }) => parameters);
    expect(averaged.checkpoints.map(({ parameters }) => parameters)).toEqual(after);
    for (const [epoch, validated] of [...averaged.states, averaged.final].entries()) {
      const steps = after.slice(0, Math.min(epoch + 1, 2) * STEPS);
      for (const [name, { data }] of Object.entries(validated))
        for (const [i, value] of data.entries()) {
          const mean = steps.reduce((total, step) => total + step[name]!.data[i]!, 0) / steps.length;
          expect(value, `${name} after epoch ${epoch + 1}`).toBeCloseTo(mean, 5);
        }
    }
  });

  it("forgets what is longer ago", async () => {
    const { checkpoints, final } = await run(5, [0, 0], { ...STEADY, average: 0.2 });
    const share = 1 / (0.2 * 2 * STEPS);
    for (const [name, { data }] of Object.entries(final))
      for (const [i, value] of data.entries()) {
        let average = 0;
        for (const [step, { parameters }] of checkpoints.entries())
          average += Math.max(share, 1 / (step + 1)) * (parameters[name]!.data[i]! - average);
        expect(value, name).toBeCloseTo(average, 5);
      }
  });

  it("restores the best average", async () => {
    const { states, final } = await run(5, [0.2, 0.4, 0.3], { average: 0.2, patience: 9 });
    expect(final).toEqual(states[1]);
  });
});

it("lowers the rate on a plateau, from the next step on", async () => {
  const rates: number[] = [];
  await run(3, [0.5, 0.5, 0.6, 0.6], {
    plateau: { factor: 0.1, patience: 0 },
    onStepDone: ({ learningRate }) => rates.push(learningRate / RATE),
  });
  const expected = [1, 1, 0.1, 0.1].flatMap((factor) => new Array<number>(STEPS).fill(factor));
  expect(rates).toHaveLength(expected.length);
  for (const [i, rate] of rates.entries()) expect(rate).toBeCloseTo(expected[i]!, 12);
});

it("gives the loss and the metrics of each step, and their means over an epoch", async () => {
  const lines: { epoch: number; step: number; loss: number; right: number }[] = [];
  const { history } = await run(4, [0, 0], {
    onStepDone: (line) => lines.push(line as unknown as (typeof lines)[number]),
  });
  expect(lines.map(({ epoch, step }) => [epoch, step])).toEqual(
    [1, 2].flatMap((e) => [1, 2, 3, 4, 5].map((s) => [e, (e - 1) * 5 + s])),
  );
  for (const metric of ["loss", "right"] as const) {
    for (const { epoch, metrics } of history) {
      const own = lines.filter((line) => line.epoch === epoch).map((line) => line[metric]);
      expect(metrics[metric]).toBeCloseTo(own.reduce((a, b) => a + b) / STEPS, 12);
    }
  }
});

it("passes on what stops it between two steps", async () => {
  const { training, batches } = await begin(1);
  let steps = 0;
  const stopped = fit(training, batches, {
    epochs: 2,
    learningRate: RATE,
    random: new StepRandom(new Random(1)),
    onStep: async () => {
      if (++steps === 7) throw new StriateError("stopped by the test");
    },
  });
  expect(await rejectionOf(stopped)).toBe("stopped by the test");
  expect(steps).toBe(7);
});
