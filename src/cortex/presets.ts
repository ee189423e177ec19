import * as z from "zod";
import { coreSpecification, readoutSpecification } from "./specification.ts";

/** How a response model is trained. */
export const responseTraining = z.strictObject({
  epochs: z.number().int().positive(),
  /** Trials of each subject in one step. */
  batchSize: z.number().int().positive().default(16),
  learningRate: z.number().positive(),
  weightDecay: z.number().min(0).default(0.01),
  betas: z.tuple([z.number(), z.number()]).default([0.9, 0.999]),
  /** Times Σ|weights| of the core. */
  coreL1: z.number().min(0).default(0),
  /** Times each readout's penalty. */
  readoutPenalty: z.number().min(0).default(0),
  /** Half a cosine after a linear rise over the first `warmup` share of the steps. */
  schedule: z.enum(["constant", "cosine"]).default("cosine"),
  warmup: z.number().min(0).max(1).default(0.05),
  /** What remains is the parameters' average over about this share of all steps; those of the last step when absent. */
  average: z.number().positive().max(1).optional(),
  /** Times what readouts depart from what is known of their parameters: see FeaturePrior. */
  priorWeight: z.number().min(0).optional(),
  /** Lowers the rate × `factor` after `patience` epochs without better validation correlation. */
  plateau: z.strictObject({ factor: z.number(), patience: z.number().int() }).optional(),
  /** The learning rate of the core's parameters relative to that of the others. */
  coreRate: z.number().positive().optional(),
  /** The same of the paths' parameters. */
  pathRate: z.number().positive().optional(),
  /** Ends after more than this many epochs without better validation correlation; the best parameters are kept anyway. */
  patience: z.number().int().positive().optional(),
});

export const responsePreset = z.strictObject({
  core: coreSpecification,
  readout: readoutSpecification,
  /** Images are resized to about this many pixels, keeping their aspect. */
  pixels: z.number().int().positive(),
  training: responseTraining,
});

export type ResponseTraining = z.infer<typeof responseTraining>;
export type ResponsePreset = z.infer<typeof responsePreset>;

const define = (preset: z.input<typeof responsePreset>): ResponsePreset => responsePreset.parse(preset);

/** Models by name. `v1t` is the paper's (Li et al., 2023), `v1t-small` one for a laptop. */
export const responsePresets = {
  ln: define({
    core: { kind: "pixels" },
    readout: { kind: "linear" },
    pixels: 1024,
    training: { epochs: 60, learningRate: 1e-3, readoutPenalty: 20, weightDecay: 0.05 },
  }),
  conv: define({
    core: { kind: "convolutional" },
    readout: { kind: "gaussian" },
    pixels: 2304,
    training: { epochs: 12, learningRate: 5e-3, readoutPenalty: 0.02, weightDecay: 0.02 },
  }),
  v1t: define({
    core: { kind: "transformer", patchDropout: 0.0229, dropout: 0.2544 },
    readout: { kind: "gaussian", coordinates: true },
    pixels: 2304,
    training: {
      epochs: 200,
      learningRate: 1.647e-3,
      betas: [0.9, 0.9999],
      coreL1: 0.5379,
      readoutPenalty: 0.0076,
      schedule: "constant",
      plateau: { factor: 0.3, patience: 10 },
      patience: 32,
    },
  }),
  "v1t-small": define({
    core: {
      kind: "transformer",
      stride: 4,
      width: 64,
      depth: 3,
      mlp: 256,
      // positions as large as in V1T drown what a small patch embedding says
      tokenDeviation: 0.1,
      dropout: 0.1,
    },
    readout: { kind: "gaussian" },
    pixels: 2304,
    training: { epochs: 12, learningRate: 4e-3, readoutPenalty: 0.02, weightDecay: 0.02, average: 0.2 },
  }),
} as const satisfies Record<string, ResponsePreset>;

export type ResponsePresetName = keyof typeof responsePresets;

/** The size that images of `height` × `width` are given for a preset. */
export function inputSize({ pixels }: ResponsePreset, height: number, width: number): [number, number] {
  const rows = Math.max(1, Math.round(Math.sqrt((pixels * height) / width)));
  return [rows, Math.max(1, Math.round(pixels / rows))];
}

/** How arms are trained when a model is adapted: as many steps whatever the number of images. */
export interface AdaptationTraining {
  readonly steps: number;
  readonly batchSize: number;
  readonly learningRate: number;
  /** Of the core's own parameters when they are fine-tuned, times the learning rate. */
  readonly coreRate: number;
  /** Of the paths' parameters, times the learning rate. */
  readonly pathRate: number;
  readonly weightDecay: number;
  readonly readoutPenalty: number;
  /** Times what new neurons' features depart from those of known neurons. */
  readonly priorWeight: number;
}

export const adaptationTraining: AdaptationTraining = {
  steps: 300,
  batchSize: 16,
  learningRate: 3e-3,
  coreRate: 0.1,
  pathRate: 0.1,
  weightDecay: 0.02,
  readoutPenalty: 0,
  priorWeight: 3,
};

/**
 * How a response model is trained for an adaptation to `trials` trials, of the recording that has most: about as many
 * steps whatever their number, with smaller batches where there are fewer trials than in one.
 */
export function trainingFor(
  { steps, batchSize, ...rest }: AdaptationTraining,
  trials: number,
): ResponseTraining {
  const batch = Math.min(batchSize, trials);
  const epochs = Math.max(1, Math.round(steps / Math.max(1, Math.floor(trials / batch))));
  return responseTraining.parse({ ...rest, epochs, batchSize: batch });
}
