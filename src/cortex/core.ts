import type { Context } from "../nn/layer.ts";
import type { Parameter } from "../nn/parameter.ts";
import type { Tensor } from "../tensor/index.ts";
import type { Sampling } from "./receptive-fields.ts";

/** What a core makes of images: (N, rows · columns, width), the positions of the grid row by row. */
export interface FeatureMap {
  readonly values: Tensor;
  readonly grid: readonly [number, number];
}

/** What reaches a core beside the images. */
export interface CoreConditions {
  /** (N, 5): pupil size, its derivative, running speed, pupil centre x and y, all standardised. */
  readonly behavior?: Tensor | undefined;
  /**
   * Changes features (N, positions, width) after stage `stage`. `summary` (N, summary width) is what the core's first
   * layer saw of each stimulus, averaged over positions.
   */
  readonly afterStage?: ((stage: number, features: Tensor, summary: Tensor) => Tensor) | undefined;
  /** Is given the attention weights (N, heads, tokens, tokens) of each block, query by key. */
  readonly attention?: ((weights: Tensor) => void) | undefined;
}

/** The part of a response model that all subjects share: images (N, C, H, W) → features. */
export interface Core {
  readonly parameters: readonly Parameter[];
  /** Features at each position. */
  readonly width: number;
  readonly summaryWidth: number;
  /** After how many stages `afterStage` is called. */
  readonly stages: number;
  readonly grid: readonly [number, number];
  /** Where in the image the points of the grid lie, the same for rows and columns. */
  readonly sampling: Sampling;
  call(images: Tensor, conditions: CoreConditions, context: Context): FeatureMap;
}
