import * as z from "zod";

const positive = z.number().int().positive();

const convolution = z.strictObject({
  type: z.literal("conv"),
  channels: positive,
  kernel: positive,
  stride: positive.default(1),
  /** Half the kernel when absent, which keeps the size of the image at stride 1. */
  padding: z.number().int().nonnegative().optional(),
  groups: positive.default(1),
  bias: z.boolean().default(false),
});
const simple = [
  convolution,
  z.strictObject({ type: z.literal("norm") }),
  z.strictObject({ type: z.literal("activation") }),
  z.strictObject({ type: z.literal("averagePool"), kernel: positive, stride: positive.optional() }),
  z.strictObject({ type: z.literal("maxPool"), kernel: positive, stride: positive.optional() }),
  z.strictObject({ type: z.literal("globalAveragePool") }),
  z.strictObject({ type: z.literal("flatten") }),
  z.strictObject({ type: z.literal("dropout"), rate: z.number().min(0).lt(1) }),
  z.strictObject({ type: z.literal("linear"), features: positive }),
] as const;
const simpleLayer = z.discriminatedUnion("type", [...simple]);
const residual = z.strictObject({
  type: z.literal("residual"),
  branch: z.array(simpleLayer).min(1),
  /** Layers on the way around the branch; the input itself when absent. */
  shortcut: z.array(simpleLayer).optional(),
});

/** One layer of an architecture, as it is written in a configuration. */
export const layerSpecification = z.discriminatedUnion("type", [...simple, residual]);

/** A network for images: the layers in order, from images to logits. */
export const architectureSpecification = z.strictObject({
  input: z.strictObject({ channels: positive, height: positive, width: positive }),
  /** α at the start of training: 8 suits plain networks, 6 residual ones. */
  threshold: z.number().positive().default(8),
  layers: z.array(layerSpecification).min(1),
});

export type LayerSpecification = z.infer<typeof layerSpecification>;
export type Architecture = z.infer<typeof architectureSpecification>;
/** An architecture as a person writes it, with defaults left out. */
export type ArchitectureInput = z.input<typeof architectureSpecification>;

type LayerInput = ArchitectureInput["layers"][number];

/** Convolution, normalisation, activation: the unit that most networks for images are made of. */
export const convolutionUnit = (options: {
  readonly channels: number;
  readonly kernel: number;
  readonly stride?: number;
}): LayerInput[] => [{ type: "conv", ...options }, { type: "norm" }, { type: "activation" }];
