import * as z from "zod";
import type { Parameter } from "../../nn/parameter.ts";
import type { Tensor } from "../../tensor/index.ts";

/** How a frozen core is adapted. The first three modulate (AVM); the others are what they are measured against. */
export const pathKinds = ["subject", "stimulus", "dataset", "adapter", "low-rank", "behavior"] as const;

export type PathKind = (typeof pathKinds)[number];

export const pathSpecification = z.strictObject({
  kind: z.enum(pathKinds),
  /** Whom it knows: subjects of a subject path, data sets of a dataset path. */
  members: z.array(z.string().min(1)).default([]),
  /** Features of an embedding, of the stimulus network or of a bottleneck; the rank of a low-rank update. */
  width: z.number().int().positive(),
});

export type PathSpecification = z.infer<typeof pathSpecification>;

/** What a path may know of a batch of N images. */
export interface PathConditions {
  /** For each of the N images, whose responses are asked for. */
  readonly subjects: readonly { readonly name: string; readonly dataset: string }[];
  /** (N, summary width): what the core's first layer saw of each stimulus. */
  readonly summary: Tensor;
  /** (N, 5). */
  readonly behavior?: Tensor | undefined;
}

/** A gain and an offset for each feature, (N or 1, 1, width): features become (1 + γ) · features + β. */
export interface Modulation {
  readonly gamma: Tensor;
  readonly beta: Tensor;
}

/**
 * A small set of parameters that adapts a frozen core, trained without it and kept without it. Untrained it changes
 * nothing, bit for bit.
 */
export interface AdaptationPath {
  readonly specification: PathSpecification;
  readonly parameters: readonly Parameter[];
  /** Gains and offsets after a stage; those of several paths are added. */
  modulation?(stage: number, conditions: PathConditions): Modulation;
  /** What is added to the features (N, positions, width) after a stage. */
  addition?(stage: number, features: Tensor, conditions: PathConditions): Tensor | undefined;
  /** What is added to a weight of the core; undefined for weights that it leaves alone. */
  weightUpdate?(parameter: Parameter): Tensor | undefined;
}

/** The shape of the core that a path is made for. */
export interface CoreShape {
  readonly stages: number;
  readonly width: number;
  readonly summaryWidth: number;
  readonly parameters: readonly Parameter[];
}
