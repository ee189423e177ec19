import { StriateError } from "../error.ts";
import { convolutionUnit } from "../nn/architecture.ts";
import type { TrainingConfigurationInput } from "./configuration.ts";

type LayerInput = TrainingConfigurationInput["architecture"]["layers"][number];

const unit = (channels: number, kernel: number, stride = 1): LayerInput[] =>
  convolutionUnit({ channels, kernel, stride });

const gray = { channels: 1, height: 28, width: 28 };

const small: LayerInput[] = [
  ...unit(16, 5, 2),
  ...unit(32, 3),
  ...unit(32, 3, 2),
  ...unit(64, 3),
  { type: "globalAveragePool" },
  { type: "linear", features: 10 },
];

/** 4.7 million multiply-accumulates for one image. */
const medium: LayerInput[] = [
  ...unit(32, 5, 2),
  ...unit(32, 3),
  ...unit(64, 3, 2),
  ...unit(64, 3),
  { type: "globalAveragePool" },
  { type: "linear", features: 10 },
];

/** 9 million multiply-accumulates for one image. */
const large: LayerInput[] = [
  ...unit(32, 5, 2),
  ...unit(64, 3),
  ...unit(64, 3, 2),
  ...unit(128, 3),
  { type: "globalAveragePool" },
  { type: "linear", features: 10 },
];

const residualBlock = (channels: number, stride: number, projected: boolean): LayerInput[] => [
  {
    type: "residual",
    branch: [
      { type: "conv", channels, kernel: 3, stride },
      { type: "norm" },
      { type: "activation" },
      { type: "conv", channels, kernel: 3 },
      { type: "norm" },
    ],
    ...(projected
      ? {
          shortcut: [
            { type: "conv" as const, channels, kernel: 1, stride, padding: 0 },
            { type: "norm" as const },
          ],
        }
      : {}),
  },
  { type: "activation" },
];

const digits: TrainingConfigurationInput = {
  name: "digits",
  data: "mnist",
  architecture: { input: gray, layers: small },
  batchSize: 64,
  float: { epochs: 4, learningRate: 0.1, warmup: 0.05 },
  quantized: {
    phases: [
      { bits: 4, epochs: 1, learningRate: 0.03 },
      { bits: 3, epochs: 2, learningRate: 0.03 },
      { bits: 2, epochs: 2, learningRate: 0.03 },
    ],
  },
};

/** The recipes that `striate train` knows, by name and preset. */
export const recipes: Readonly<Record<string, Readonly<Record<string, TrainingConfigurationInput>>>> = {
  digits: {
    quick: digits,
    best: {
      ...digits,
      name: "digits-best",
      architecture: { input: gray, layers: medium },
      augmentation: { shift: 2 },
      float: { epochs: 10, learningRate: 0.1, warmup: 0.05 },
      quantized: {
        phases: [
          { bits: 4, epochs: 2, learningRate: 0.02 },
          { bits: 3, epochs: 4, learningRate: 0.02 },
        ],
      },
    },
  },
  "digits-lif": {
    quick: {
      name: "digits-lif",
      data: "mnist",
      architecture: {
        input: gray,
        // every position is read out: the mean of a few spikes a channel would be too coarse
        layers: [...small.slice(0, -2), { type: "flatten" }, { type: "linear", features: 10 }],
      },
      batchSize: 64,
      spiking: {
        steps: 4,
        neuron: { kind: "lif", tau: 2, decayInput: false, reset: "subtract" },
        phase: { epochs: 4, learningRate: 0.1, warmup: 0.05 },
      },
    },
  },
  fashion: {
    best: {
      ...digits,
      name: "fashion",
      data: "fashion-mnist:/usr/share/datasets/fashion-mnist",
      architecture: { input: gray, layers: large },
      augmentation: { flip: true },
      float: { epochs: 10, learningRate: 0.1, warmup: 0.05 },
      quantized: {
        phases: [
          { bits: 4, epochs: 1, learningRate: 0.02 },
          { bits: 3, epochs: 3, learningRate: 0.02 },
        ],
      },
    },
  },
  cifar10: {
    quick: {
      ...digits,
      name: "cifar10",
      data: "cifar10:data/cifar-10-batches-bin",
      architecture: {
        input: { channels: 3, height: 32, width: 32 },
        threshold: 6,
        layers: [
          ...unit(32, 3),
          ...residualBlock(32, 1, false),
          ...residualBlock(64, 2, true),
          ...residualBlock(128, 2, true),
          { type: "globalAveragePool" },
          { type: "linear", features: 10 },
        ],
      },
      augmentation: { shift: 4, flip: true },
      float: { epochs: 15, learningRate: 0.1, warmup: 0.05 },
      quantized: {
        phases: [
          { bits: 4, epochs: 3, learningRate: 0.02 },
          { bits: 3, epochs: 4, learningRate: 0.02 },
        ],
      },
    },
  },
};

/** A recipe's configuration; the first preset when none is named. */
export function findRecipe(name: string, preset?: string): TrainingConfigurationInput | undefined {
  const presets = recipes[name];
  if (presets === undefined) return undefined;
  const chosen = preset ?? Object.keys(presets)[0]!;
  const found = presets[chosen];
  if (found === undefined) {
    throw new StriateError(
      `the recipe "${name}" has no preset "${chosen}"`,
      `It has ${Object.keys(presets).join(", ")}`,
    );
  }
  return found;
}
