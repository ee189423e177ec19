import { afterAll, beforeAll, describe, expect, it } from "vitest";
import {
  buildNetwork,
  crossEntropy,
  denseContext,
  type Parameter,
  TrainingStep,
} from "../../src/nn/index.ts";
import { blockSize } from "../../src/runtime/node.ts";
import { sgd } from "../../src/runtime/optimizer.ts";
import { add, constant, input, mul, square, sum } from "../../src/tensor/index.ts";
import { mismatch, readFixture, type StoredArray, valuesOf } from "../tensor/fixture.ts";

interface Training {
  readonly options: { readonly lr: number; readonly momentum: number; readonly weight_decay: number };
  readonly parameters: Readonly<Record<string, StoredArray>>;
  readonly batches: readonly { readonly images: StoredArray; readonly labels: number[] }[];
  readonly losses: readonly number[];
  readonly final: Readonly<Record<string, StoredArray>>;
  readonly runningMean: Readonly<Record<string, number[]>>;
  readonly runningVariance: Readonly<Record<string, number[]>>;
}

const { residual: reference } = readFixture<{ residual: Training }>("layers");

/** Layers of the reference and ours. */
const LAYERS: Readonly<Record<string, string>> = {
  "stem.conv": "conv1",
  "stem.norm": "norm1",
  "block1.conv1": "residual1/conv1",
  "block1.norm1": "residual1/norm1",
  "block1.conv2": "residual1/conv2",
  "block1.norm2": "residual1/norm2",
  "block2.conv1": "residual2/conv1",
  "block2.norm1": "residual2/norm1",
  "block2.conv2": "residual2/conv2",
  "block2.norm2": "residual2/norm2",
  "block2.shortcut": "residual2/shortcut/conv1",
  "block2.shortcutNorm": "residual2/shortcut/norm1",
  head: "linear1",
};

/** "stem.norm.gamma" → "norm1/gamma". */
function ourName(name: string): string {
  if (LAYERS[name] !== undefined) return `${LAYERS[name]}/weight`;
  const dot = name.lastIndexOf(".");
  return `${LAYERS[name.slice(0, dot)]}/${name.slice(dot + 1)}`;
}

function build() {
  const network = buildNetwork(
    {
      input: { channels: 1, height: 8, width: 8 },
      layers: [
        { type: "conv", channels: 16, kernel: 3 },
        { type: "norm" },
        { type: "activation" },
        {
          type: "residual",
          branch: [
            { type: "conv", channels: 16, kernel: 3 },
            { type: "norm" },
            { type: "activation" },
            { type: "conv", channels: 16, kernel: 3 },
            { type: "norm" },
          ],
        },
        { type: "activation" },
        {
          type: "residual",
          branch: [
            { type: "conv", channels: 32, kernel: 3, stride: 2 },
            { type: "norm" },
            { type: "activation" },
            { type: "conv", channels: 32, kernel: 3 },
            { type: "norm" },
          ],
          shortcut: [{ type: "conv", channels: 32, kernel: 1, stride: 2 }, { type: "norm" }],
        },
        { type: "activation" },
        { type: "globalAveragePool" },
        { type: "linear", features: 4 },
      ],
    },
    1,
  );
  const parameters = new Map(network.parameters.map((parameter) => [parameter.name, parameter]));
  for (const [name, stored] of Object.entries(reference.parameters)) {
    const parameter = parameters.get(ourName(name))!;
    expect(parameter.shape).toEqual(stored.shape);
    parameter.data.set(valuesOf(stored));
  }
  return { network, parameters };
}

describe.each(["portable", "blocked"] as const)(
  "five steps of a residual network, %s lowering",
  (lowering) => {
    let parameters: Map<string, Parameter>;
    let training: TrainingStep;
    const losses: number[] = [];

    beforeAll(async () => {
      if (lowering === "blocked" && (await blockSize()) === 0) return;
      const { lr, momentum, weight_decay: decay } = reference.options;
      const built = build();
      parameters = built.parameters;
      const context = denseContext(true);
      const images = input("images", reference.batches[0]!.images.shape);
      const labels = input("labels", [reference.batches[0]!.labels.length], "int32");
      const entropy = crossEntropy(built.network.call(images, context)[0]!, labels);
      const trained = built.network.parameters.filter(({ role }) => role === "weight" || role === "bias");
      // the reference decays every parameter, TrainingStep only weights: λw of the others comes from ½λw² in the loss
      const decayed = trained.filter(({ role }) => role === "bias").map(({ tensor }) => sum(square(tensor)));
      const loss = add(entropy, mul(decayed.reduce(add), constant(decay / 2)));
      training = await TrainingStep.create(
        { loss, metrics: { entropy }, updates: context.updates, parameters: trained },
        { rule: sgd({ learningRate: lr, momentum, weightDecay: decay }), lowering },
      );
      for (const batch of reference.batches) {
        const report = await training.run(
          { images: valuesOf(batch.images), labels: Int32Array.from(batch.labels) },
          lr,
        );
        losses.push(report.entropy!);
      }
    });

    afterAll(() => training?.release());

    it("has the losses of PyTorch", ({ skip }) => {
      if (training === undefined) skip("this machine has no blocked convolution");
      expect(losses).toHaveLength(5);
      for (const [step, loss] of losses.entries())
        expect(Math.abs(loss / reference.losses[step]! - 1)).toBeLessThan(1e-5);
    });

    it("ends with the parameters of PyTorch", ({ skip }) => {
      if (training === undefined) skip("this machine has no blocked convolution");
      for (const [name, expected] of Object.entries(reference.final)) {
        const { data } = parameters.get(ourName(name))!;
        expect(mismatch(data, expected), name).toBeLessThan(5e-5);
        expect(mismatch(valuesOf(reference.parameters[name]!), expected), `${name} moved`).toBeGreaterThan(
          1e-3,
        );
      }
    });

    it("ends with the running statistics of PyTorch", ({ skip }) => {
      if (training === undefined) skip("this machine has no blocked convolution");
      for (const [kind, statistics] of [
        ["mean", reference.runningMean],
        ["variance", reference.runningVariance],
      ] as const) {
        for (const [layer, values] of Object.entries(statistics)) {
          const { data } = parameters.get(`${LAYERS[layer]}/${kind}`)!;
          expect(mismatch(data, { shape: [values.length], data: values }), `${layer} ${kind}`).toBeLessThan(
            2e-5,
          );
        }
      }
    });
  },
);
