import { describe, expect, it } from "vitest";
import {
  buildNetwork,
  crossEntropy,
  denseContext,
  Parameter,
  TrainingStep,
  zeros,
} from "../../src/nn/index.ts";
import { compile } from "../../src/runtime/node.ts";
import { adam, sgd, type UpdateRule } from "../../src/runtime/optimizer.ts";
import { Random } from "../../src/runtime/random.ts";
import { add, constant, grad, input, square, sub, sum } from "../../src/tensor/index.ts";
import { rejectionOf } from "../formats/errors.ts";
import { draw } from "../tensor/fixture.ts";

const SHAPE = [4, 3, 6, 6];
const SIZE = 432;
const LABELS = Int32Array.of(0, 1, 2, 0);

async function create(rule: UpdateRule, lowering: "auto" | "portable" = "auto") {
  const network = buildNetwork(
    {
      input: { channels: 3, height: 6, width: 6 },
      layers: [
        { type: "conv", channels: 16, kernel: 3 },
        { type: "norm" },
        { type: "activation" },
        { type: "conv", channels: 8, kernel: 3, bias: true },
        { type: "activation" },
        { type: "globalAveragePool" },
        { type: "linear", features: 3 },
      ],
    },
    1,
  );
  const context = denseContext(true);
  const loss = crossEntropy(network.call(input("images", SHAPE), context)[0]!, input("labels", [4], "int32"));
  const parameters = network.parameters.filter(({ role }) => role === "weight" || role === "bias");
  const step = await TrainingStep.create({ loss, updates: context.updates, parameters }, { rule, lowering });
  return { network, step, loss };
}

describe("a batch that is not finite", () => {
  it.each([
    ["NaN", Number.NaN, "auto"],
    ["NaN", Number.NaN, "portable"],
    ["-Infinity", Number.NEGATIVE_INFINITY, "auto"],
  ] as const)(
    "with %s is refused, saying where it is, and changes nothing (%s, %s)",
    async (name, value, lowering) => {
      const { network, step } = await create(adam({ learningRate: 0.01 }), lowering);
      const images = draw(SIZE, 3);
      await step.run({ images, labels: LABELS }, 0.01);
      const before = network.state();
      const optimizer = step.optimizer.state();
      images[77] = value;
      const message = await rejectionOf(step.run({ images, labels: LABELS }, 0.01));
      expect(message).toContain(`value 77 of the batch's "images" is ${name}`);
      expect(message).toContain("Check the data");
      expect(network.state()).toEqual(before);
      expect(step.optimizer.state()).toEqual(optimizer);
      images[77] = 0;
      expect((await step.run({ images, labels: LABELS }, 0.01)).loss).toBeGreaterThan(0);
      await step.release();
    },
  );
});

it("a training that diverged is reported with its learning rate", async () => {
  const { step } = await create(sgd({ learningRate: 1 }));
  const feeds = { images: draw(SIZE, 3), labels: LABELS };
  const diverge = async () => {
    for (let i = 0; i < 50; i++) await step.run(feeds, 1e18);
  };
  const message = await rejectionOf(diverge());
  expect(message).toContain("at learning rate 1000000000000000000");
  expect(message).toContain("training diverged. Use a lower learning rate");
});

it("a batch that is missing or of another size is refused", async () => {
  const { step } = await create(sgd({ learningRate: 1 }));
  expect(await rejectionOf(step.run({ images: draw(SIZE, 1) }, 0.1))).toContain(
    'the input "labels" (4) was not given',
  );
  const short = { images: draw(SIZE - 1, 1), labels: LABELS };
  expect(await rejectionOf(step.run(short, 0.1))).toContain(
    '"images" needs 432 values for shape (4, 3, 6, 6), given 431',
  );
});

it("moves parameters by the gradient, thresholds at their own rate, and decays only weights", async () => {
  const random = new Random(1);
  const roles = ["weight", "bias", "threshold"] as const;
  const parameters = roles.map((role) => new Parameter(role, [3], role, zeros, random));
  for (const { data } of parameters) data.set([1, 2, -3]);
  const target = constant([0.5, 0.5, 0.5]);
  const loss = parameters.map(({ tensor }) => sum(square(sub(tensor, target)))).reduce(add);
  const rule = sgd({ learningRate: 0.1, weightDecay: 0.01 });
  const step = await TrainingStep.create({ loss, parameters }, { rule, thresholdRate: 0.25 });
  await step.run({}, 0.1);
  for (const { role, data } of parameters) {
    const rate = role === "threshold" ? 0.025 : 0.1;
    const decay = role === "weight" ? 0.01 : 0;
    for (const [i, old] of [1, 2, -3].entries())
      expect(data[i]).toBeCloseTo(old - rate * (2 * (old - 0.5) + decay * old), 6);
  }
});

it("reports the loss and the gradient of the parameters as they were before the update", async () => {
  const { network, step, loss } = await create(sgd({ learningRate: 0.5 }));
  const weight = network.parameters.find(({ name }) => name === "linear1/weight")!;
  const gradient = grad(loss, [weight.tensor])[0]!;
  const program = await compile({ outputs: { loss, gradient } });
  const feeds = { images: draw(SIZE, 9), labels: LABELS };
  const expected = await program.run(feeds);
  const old = weight.data.slice();
  const report = await step.run(feeds, 0.5);
  expect(report.loss).toBeCloseTo(Number(expected.loss!.data[0]), 6);
  for (const [i, value] of weight.data.entries()) {
    expect(value).toBeCloseTo(old[i]! - 0.5 * Number(expected.gradient!.data[i]), 6);
  }
  expect((await step.run(feeds, 0)).loss).toBeLessThan(report.loss!);
});
