import * as z from "zod";
import { StriateError } from "../error.ts";
import { layeredArchitecture } from "../nn/architecture.ts";

const epochs = z.number().int().min(1).max(10_000);
const rate = z.number().positive();

/** One stretch of training with its own length and learning rate, which falls along half a cosine. */
const phase = z.strictObject({
  epochs,
  learningRate: rate,
  /** Share of the steps over which the rate first rises. */
  warmup: z.number().min(0).max(0.5).default(0),
});

const neuron = z.strictObject({
  kind: z.enum(["if", "lif"]),
  threshold: z.number().positive().default(1),
  reset: z.union([z.enum(["subtract", "none"]), z.number()]).default(0),
  detachReset: z.boolean().default(true),
  /** For "lif": the membrane's time constant in steps, and whether the input is divided by it. */
  tau: z.number().min(1).optional(),
  decayInput: z.boolean().optional(),
});

/** A training run as a configuration file describes it. */
export const trainingConfiguration = z.strictObject({
  name: z.string().min(1),
  data: z.string().min(1),
  seed: z.number().int().nonnegative().default(1),
  architecture: layeredArchitecture,
  batchSize: z.number().int().min(1).max(4096).default(64),
  augmentation: z
    .strictObject({ shift: z.number().int().nonnegative().optional(), flip: z.boolean().optional() })
    .default({}),
  weightDecay: z.number().nonnegative().default(5e-4),
  labelSmoothing: z.number().min(0).lt(1).default(0),
  optimizer: z.enum(["sgd", "adamw"]).default("sgd"),
  /** Training images set aside to measure progress; training stops early when patience is given. */
  validationImages: z.number().int().nonnegative().default(0),
  patience: z.number().int().nonnegative().optional(),
  /** Train as an ordinary network first. */
  float: phase.optional(),
  /** Then as quantised networks, each starting from the one before. */
  quantized: z
    .strictObject({
      phases: z.array(phase.extend({ bits: z.number().int().min(1).max(8) })).min(1),
      weightBits: z.number().int().min(2).max(8).optional(),
    })
    .optional(),
  /** Or train a spiking network directly, by back-propagation through time. */
  spiking: z.strictObject({ steps: z.number().int().min(1).max(1000), neuron, phase }).optional(),
  fineTuning: z
    .strictObject({
      images: z.number().int().positive().default(3200),
      calibrationImages: z.number().int().positive().default(5000),
      learningRate: rate.default(1e-3),
    })
    .default({ images: 3200, calibrationImages: 5000, learningRate: 1e-3 }),
});

export type TrainingConfiguration = z.infer<typeof trainingConfiguration>;
export type TrainingConfigurationInput = z.input<typeof trainingConfiguration>;

/** What training does with a network and a data set that are given. */
export const trainingSettings = trainingConfiguration.omit({
  name: true,
  data: true,
  architecture: true,
  fineTuning: true,
});

export type TrainingSettings = z.infer<typeof trainingSettings>;
export type TrainingSettingsInput = z.input<typeof trainingSettings>;

/** One stretch of a run, and the kind of network that it trains. */
export interface TrainingPhase {
  /** "float", "quantized-3" or "spiking": also the name of the model file that it ends with. */
  readonly name: string;
  readonly kind: "float" | "quantized" | "spiking";
  readonly bits?: number;
  readonly epochs: number;
  readonly learningRate: number;
  readonly warmup: number;
}

/** Checks a configuration; `source` is what error messages call it. */
export function parseConfiguration(json: unknown, source: string): TrainingConfiguration {
  const configuration = parse(trainingConfiguration, json, source);
  const { float, quantized, spiking } = configuration;
  if (spiking === undefined && float === undefined) {
    throw new StriateError(
      `${source}: there is nothing to train`,
      'Give "float", with "quantized" after it if wanted, or "spiking"',
    );
  }
  if (spiking !== undefined && (float !== undefined || quantized !== undefined)) {
    throw new StriateError(
      `${source}: "spiking" goes alone`,
      'Remove "float" and "quantized", or remove "spiking"',
    );
  }
  if (configuration.patience !== undefined && configuration.validationImages === 0) {
    throw new StriateError(
      `${source}: "patience" needs images to measure progress on`,
      'Give "validationImages", or leave "patience" out',
    );
  }
  return configuration;
}

/** Checks the settings of a training that starts from a given network. */
export const parseSettings = (json: unknown, source: string): TrainingSettings =>
  parse(trainingSettings, json, source);

function parse<T extends z.ZodType>(schema: T, json: unknown, source: string): z.infer<T> {
  const parsed = schema.safeParse(json);
  if (parsed.success) return parsed.data;
  const lines = parsed.error.issues
    .slice(0, 5)
    .map(({ path, message }) => `${path.join(".") || "(top)"}: ${message}`);
  throw new StriateError(`${source}: the configuration is not valid: ${lines.join("; ")}`);
}

/** The phases of a run in order. */
export function phasesOf({ float, quantized, spiking }: TrainingSettings): TrainingPhase[] {
  if (spiking !== undefined) return [{ name: "spiking", kind: "spiking", ...spiking.phase }];
  const phases: TrainingPhase[] = float === undefined ? [] : [{ name: "float", kind: "float", ...float }];
  for (const stretch of quantized?.phases ?? [])
    phases.push({ name: `quantized-${stretch.bits}`, kind: "quantized", ...stretch });
  return phases;
}
