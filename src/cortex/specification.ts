import * as z from "zod";

const count = z.number().int().positive();
const rate = z.number().min(0).lt(1).default(0);

/** The pixels themselves, for linear-nonlinear models. */
const pixels = z.strictObject({ kind: z.literal("pixels") });

/** Stacked convolutions (Willeke et al., 2022, the Sensorium baseline): one full, the others depth-separable. */
const convolutional = z.strictObject({
  kind: z.literal("convolutional"),
  layers: count.default(4),
  channels: count.default(64),
  inputKernel: count.default(9),
  hiddenKernel: count.default(7),
  /** False leaves out the border that a kernel does not cover in the first layer; the others keep the size. */
  padInput: z.boolean().default(false),
});

/** The vision transformer of V1T (Li et al., 2023). */
const transformer = z.strictObject({
  kind: z.literal("transformer"),
  patch: count.default(8),
  stride: count.default(1),
  width: count.default(155),
  depth: count.default(4),
  heads: count.default(4),
  /** Features of one head; the full width when absent, as in V1T. */
  headWidth: count.optional(),
  mlp: count.default(488),
  /** Deviation of the positions and of the class token before training; 1 in V1T. */
  tokenDeviation: z.number().positive().default(1),
  patchDropout: rate,
  dropout: rate,
});

export const coreSpecification = z.discriminatedUnion("kind", [pixels, convolutional, transformer]);

export const readoutSpecification = z.discriminatedUnion("kind", [
  /** One position in the features for each neuron (Lurz et al., 2021). */
  z.strictObject({
    kind: z.literal("gaussian"),
    /** Width of the hidden layer that positions follow from cortical coordinates by. */
    hidden: count.default(30),
    /** Positions follow from cortical coordinates where a recording has them; else each neuron has one of its own. */
    coordinates: z.boolean().default(false),
  }),
  /** One weight for each feature at each position. */
  z.strictObject({ kind: z.literal("linear") }),
]);

export const subjectSpecification = z.strictObject({
  name: z.string().min(1),
  dataset: z.string().min(1),
  neurons: count,
  /** Readout positions follow from cortical coordinates. */
  coordinates: z.boolean().default(false),
  /** Readout positions move with the pupil. */
  shifter: z.boolean().default(false),
});

export const responseModelSpecification = z.strictObject({
  input: z.strictObject({ channels: count, height: count, width: count }),
  core: coreSpecification,
  readout: readoutSpecification.prefault({ kind: "gaussian" }),
  /** The core is told of behaviour. */
  behavior: z.boolean().default(false),
  subjects: z.array(subjectSpecification).min(1),
});

export type CoreSpecification = z.infer<typeof coreSpecification>;
export type ConvolutionalSpecification = z.infer<typeof convolutional>;
export type TransformerSpecification = z.infer<typeof transformer>;
export type SubjectSpecification = z.infer<typeof subjectSpecification>;
export type ResponseModelSpecification = z.infer<typeof responseModelSpecification>;
export type ResponseModelInput = z.input<typeof responseModelSpecification>;
