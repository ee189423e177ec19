import type { TrainingHistory } from "./figures/training-curve.ts";
import type { Provenance } from "./quickstart-data.ts";

/** A mean, with the ends of its confidence interval where one was computed. */
export interface ScoreEstimate {
  readonly value: number;
  readonly low?: number;
  readonly high?: number;
  /** Neurons that it is the mean of, where that is not all of them: FEVE leaves out unreliable ones. */
  readonly neurons?: number;
}

/**
 * How predictions are scored. `correlation` is for responses that were given once an image, such as averages whose
 * single trials are not at hand.
 */
export type ScoreKind =
  | "correlation"
  | "singleTrialCorrelation"
  | "correlationToAverage"
  | "normalizedCorrelation"
  | "feve";

/** Means over neurons; a score that could not be computed, as FEVE without repeats, is absent. */
export type ReportedMetrics = { readonly [kind in ScoreKind]?: ScoreEstimate } & {
  /** What a perfect model would reach in the report's main score. */
  readonly ceiling?: ScoreEstimate;
};

export interface ReportedSubject {
  readonly name: string;
  readonly neurons: number;
  /** Of the test tier. */
  readonly testImages: number;
  /** Of the test tier, all repeats counted. */
  readonly testTrials: number;
  readonly metrics: ReportedMetrics;
}

/** What one neuron did and what the model said, one value an image of the test tier, in the same order. */
export interface NeuronTrace {
  readonly name: string;
  /** Why it is shown, such as "best" or "median". */
  readonly role?: string;
  /** The report's main score of this neuron. */
  readonly score: number;
  /** Means over the repeats of each image, or the single response. NaN where there is none. */
  readonly recorded: ArrayLike<number>;
  /** Standard errors of those means; absent, or NaN for an image, without repeats. */
  readonly standardError?: ArrayLike<number>;
  readonly predicted: ArrayLike<number>;
}

/** One score a neuron, NaN where it is not defined. */
export interface NeuronScores {
  /** The model that was scored. */
  readonly name: string;
  readonly scores: ArrayLike<number>;
}

export interface ScoreDistribution {
  readonly score: ScoreKind;
  /** The last is the model that the report is about. */
  readonly models: readonly NeuronScores[];
  /** The ceiling of each neuron, in the order of the models' scores. */
  readonly ceiling?: NeuronScores;
}

/** A grey image, rows from the top, as the model saw it. */
export interface GreyStimulus {
  readonly height: number;
  readonly width: number;
  /** In any unit; the lowest is drawn black and the highest white. */
  readonly values: ArrayLike<number>;
}

/**
 * Where the readouts of a subject's neurons look. x from −1, the middle of the image's left column, to 1, the middle
 * of its right one; y from −1 at the top to 1 at the bottom (as sampling with aligned corners has it).
 */
export interface ReceptiveFieldCentres {
  readonly subject: string;
  readonly image: GreyStimulus;
  readonly x: ArrayLike<number>;
  readonly y: ArrayLike<number>;
  /** The main score of each neuron. */
  readonly scores?: ArrayLike<number>;
}

/** How much each patch of a stimulus weighs in the core's output, by attention rollout (Abnar & Zuidema 2020). */
export interface AttentionRollout {
  readonly name: string;
  readonly image: GreyStimulus;
  /** One weight, 0 or more, for each patch, rows from the top. */
  readonly weights: { readonly height: number; readonly width: number; readonly values: ArrayLike<number> };
  /** Side of a patch and distance between patches, in pixels of the image. */
  readonly patch: number;
  readonly stride: number;
}

/** What the report on a fitted response model shows: plain data. What is absent or empty leaves its section out. */
export interface ResponseReport {
  readonly run: "fit" | "score";
  /** Such as "v1t-small". */
  readonly model: string;
  /** The recordings, in words. */
  readonly data: string;
  /** The score that the headline, the ceiling and the figures are about. */
  readonly score: ScoreKind;
  /** Over the neurons of all subjects. */
  readonly overall: ReportedMetrics;
  readonly subjects: readonly ReportedSubject[];
  /** What the ceiling is, such as "oracle" or "true ceiling". */
  readonly ceilingName?: string;
  /** Of the intervals, 0 to 1; 0.95 is usual. */
  readonly confidence?: number;
  readonly neuronTraces?: readonly NeuronTrace[];
  /** Of the responses in the traces, such as "spikes per image". */
  readonly responseUnit?: string;
  readonly distribution?: ScoreDistribution;
  readonly receptiveFields?: readonly ReceptiveFieldCentres[];
  readonly rollouts?: readonly AttentionRollout[];
  readonly training?: TrainingHistory;
  /** The numbers of trained values by part, such as core and readouts. */
  readonly parameters: { readonly [part: string]: number };
  /** How the model was made, in pairs of name and value. */
  readonly configuration: readonly (readonly [name: string, value: string])[];
  /** What a reader should know, a sentence each. */
  readonly notes: readonly string[];
  readonly provenance: Provenance;
  readonly seconds?: { readonly total: number; readonly [part: string]: number };
  readonly peakMemoryMB?: number;
}
