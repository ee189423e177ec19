import * as z from "zod";
import { graphSpecification } from "./onnx/graph-specification.ts";

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

const common = {
  input: z.strictObject({ channels: positive, height: positive, width: positive }),
  /** α at the start of training: 8 suits plain networks, 6 residual ones. */
  threshold: z.number().positive().default(8),
};

/** A network for images: the layers in order, from images to logits. */
export const layeredArchitecture = z.strictObject({
  ...common,
  layers: z.array(layerSpecification).min(1),
});

/** A network for images that came from an ONNX file: its operators and layers in order of evaluation. */
export const graphArchitecture = z.strictObject({ ...common, graph: graphSpecification });

/** Either form; one that has a graph is checked as a graph, so that an error says where in it. */
export const architectureSpecification = z.unknown().transform((value, context): Architecture => {
  const isGraph = typeof value === "object" && value !== null && "graph" in value;
  const parsed = (isGraph ? graphArchitecture : layeredArchitecture).safeParse(value);
  if (parsed.success) return parsed.data;
  for (const { path, message } of parsed.error.issues) {
    context.addIssue({ code: "custom", path: [...path], message });
  }
  return z.NEVER;
});

export type LayerSpecification = z.infer<typeof layerSpecification>;
export type LayeredArchitecture = z.infer<typeof layeredArchitecture>;
export type GraphArchitecture = z.infer<typeof graphArchitecture>;
export type Architecture = LayeredArchitecture | GraphArchitecture;
/** An architecture as a person writes it, with defaults left out. */
export type ArchitectureInput = z.input<typeof layeredArchitecture> | z.input<typeof graphArchitecture>;

type LayerInput = z.input<typeof layerSpecification>;

/** Convolution, normalisation, activation: the unit that most networks for images are made of. */
export const convolutionUnit = (options: {
  readonly channels: number;
  readonly kernel: number;
  readonly stride?: number;
}): LayerInput[] => [{ type: "conv", ...options }, { type: "norm" }, { type: "activation" }];
