import type { AdaptationReport } from "./adaptation-data.ts";
import type { AccuracySeries } from "./figures/accuracy-by-steps.ts";
import type { FiringRateSeries } from "./figures/firing-rates.ts";
import type { RasterData } from "./figures/raster.ts";
import type { SequentialErrorSeries } from "./figures/sequential-error.ts";
import type { TrainingHistory } from "./figures/training-curve.ts";
import type { ResponseReport } from "./response-data.ts";

/** One spiking network as `summary.json` records it. */
export interface SpikingSummary {
  bits: number;
  /** Time steps T. */
  steps: number;
  neurons: "unsigned" | "signed";
  fineTuned: boolean;
  /** 0 to 1. */
  accuracy: number;
  /** Mean over the test images, spikes of either sign, all layers and steps. */
  spikesPerImage: number;
  /** Effective synaptic operations, mean per image. */
  synapticOperations: number;
  /** Mean per image. */
  energyNanojoules: number;
}

/** The ends of a 95 % interval, from a bootstrap over neurons. */
export type Interval = [low: number, high: number];

/** What one way of adapting reaches on the held-out animal, mean single-trial correlation over its neurons. */
export interface AdaptedSummary {
  correlation: number;
  interval: Interval;
  trainableParameters: number;
}

/** The response model of the quickstart's second half as `summary.json` records it; all scores are of test images. */
export interface CortexSummary {
  /** The name of its preset. */
  model: string;
  /** Animals that it was fitted to, and their neurons. */
  animals: number;
  neurons: number;
  /** Single-trial correlation, mean over those neurons. */
  correlation: number;
  interval: Interval;
  /** The same of the noise-free responses. */
  ceiling: number;
  trainableParameters: number;
  /** Training images of the held-out animal. */
  images: number;
  /** Its neurons. */
  heldOutNeurons: number;
  heldOutCeiling: number;
  adapted: AdaptedSummary & {
    paths: string[];
    /** Its correlation minus that of the readout alone, mean over the same neurons. */
    overReadoutOnly: { value: number; interval: Interval };
  };
  readoutOnly: AdaptedSummary;
  fromScratch: AdaptedSummary;
}

/** The contents of `runs/quickstart/summary.json`. */
export interface QuickstartSummary {
  task: string;
  images: { train: number; test: number };
  /** Accuracy 0 to 1; multiply-accumulates for one image. */
  ann: { accuracy: number; macs: number };
  quantized: { bits: number; accuracy: number }[];
  spiking: SpikingSummary[];
  cortex?: CortexSummary;
  /** Wall-clock seconds by part of the work. */
  seconds: { total: number; [part: string]: number };
  peakMemoryMB: number;
}

/** What a person needs to get the same numbers again. */
export interface Provenance {
  seed: number;
  /** The command line, as typed. */
  command: string;
  /** Name and version of what computed the numbers, such as striate, node and onnxruntime. */
  versions: Record<string, string>;
  /** The machine in a line, such as its processor and threads. */
  machine: string;
}

export interface EnergyAccount {
  /** Energy of one image in the dense float network, nanojoules. */
  annNanojoules: number;
  /** What the estimate rests on and leaves out, a sentence each. */
  caveats: string[];
}

/** What the second half shows: the model fitted to some animals, and what it took to adapt it to another. */
export interface CortexReports {
  responses: ResponseReport;
  adaptation: AdaptationReport;
}

/** Everything the quickstart's report shows: plain data, which JSON can hold. Empty lists leave their figure out. */
export interface QuickstartReport {
  summary: QuickstartSummary;
  accuracyBySteps: AccuracySeries[];
  sequentialError: SequentialErrorSeries[];
  firingRates: FiringRateSeries[];
  raster?: RasterData;
  training?: TrainingHistory;
  energy: EnergyAccount;
  cortex?: CortexReports;
  provenance: Provenance;
}
