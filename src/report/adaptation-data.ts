import type { TrainingHistory } from "./figures/training-curve.ts";
import type { Provenance } from "./quickstart-data.ts";
import type { ReportedMetrics, ScoreEstimate, ScoreKind } from "./response-data.ts";

/** A way of adapting a model; each has its colour and symbol, the same in every figure. */
export type AdaptationMethod =
  | "readout"
  | "subject"
  | "stimulus"
  | "dataset"
  | "paths"
  | "adapters"
  | "low-rank"
  | "behaviour"
  | "full"
  | "scratch";

/** One way of adapting, measured after training on some numbers of images. */
export interface AdaptationArm {
  readonly method: AdaptationMethod;
  /** Instead of the method's own name, such as "subject and stimulus paths". */
  readonly name?: string;
  readonly trainableParameters: number;
  readonly points: readonly { readonly images: number; readonly metrics: ReportedMetrics }[];
}

/** What was adapted to what, such as one animal's core to another animal. */
export interface AdaptationSetting {
  readonly name: string;
  /** Images that there are to adapt with: the number that is called "all". */
  readonly allImages?: number;
  readonly neurons?: number;
  readonly testImages?: number;
  /** What a perfect model would reach in the report's main score. */
  readonly ceiling?: ScoreEstimate;
  readonly arms: readonly AdaptationArm[];
}

/** A path's scale and shift of every channel after every block: h ← (1 + γ) ⊙ h + β. */
export interface PathModulation {
  /** Such as "subject path, animal RA". */
  readonly name: string;
  /** In order of depth, each with one value a channel. */
  readonly gamma: readonly ArrayLike<number>[];
  readonly beta: readonly ArrayLike<number>[];
}

/** What the report on an adaptation, or on a study of several, shows: plain data. */
export interface AdaptationReport {
  readonly run: "adapt" | "study";
  /** The frozen model, such as a run's folder. */
  readonly model: string;
  /** What it was adapted to, in words. */
  readonly data: string;
  /** The score that the headline, the ceilings and the figures are about. */
  readonly score: ScoreKind;
  readonly settings: readonly AdaptationSetting[];
  /**
   * The number of images at which arms are compared in words and by their parameters. Where a setting lacks it, and
   * by default: the most images that all its arms were measured with.
   */
  readonly comparedAt?: number;
  /** What the ceilings are, such as "oracle". */
  readonly ceilingName?: string;
  /** Of the intervals, 0 to 1; 0.95 is usual. */
  readonly confidence?: number;
  /** All trained values of the frozen model. */
  readonly modelParameters?: number;
  readonly modulation?: readonly PathModulation[];
  readonly training?: TrainingHistory;
  /** How it was done, in pairs of name and value. */
  readonly configuration: readonly (readonly [name: string, value: string])[];
  /** What a reader should know, a sentence each. */
  readonly notes: readonly string[];
  readonly provenance: Provenance;
  readonly seconds?: { readonly total: number; readonly [part: string]: number };
  readonly peakMemoryMB?: number;
}
