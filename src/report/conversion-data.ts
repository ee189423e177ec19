import type { Provenance } from "./quickstart-data.ts";

/** One layer of neurons of a converted network. */
export interface ConvertedLayer {
  readonly name: string;
  /** Mean of |a/λ − N/T| over neurons and calibration images. */
  readonly error: number;
  /** Mean of N/T: spikes per neuron and step. */
  readonly rate: number;
}

/** A conversion with some of its corrections left out, or with all of them. */
export interface ConversionVariant {
  /** In a few words, such as "shortcuts normalised, not compensated". */
  readonly name: string;
  readonly accuracyBySteps: readonly { readonly steps: number; readonly accuracy: number }[];
  readonly layers: readonly ConvertedLayer[];
}

/** A converted network after some number of steps. */
export interface ConvertedCost {
  readonly steps: number;
  readonly accuracy: number;
  readonly spikesPerImage: number;
  /** Effective synaptic operations, mean per image. */
  readonly synapticOperations: number;
  readonly energyNanojoules: number;
}

/** Everything the report on a conversion shows: plain data, which JSON can hold. */
export interface ConversionReport {
  /** "spiking-resnet" or "fast-snn". */
  readonly method: string;
  /** What was converted, such as a file's name. */
  readonly subject: string;
  /** The images it was measured on, in words. */
  readonly data: string;
  /** The network before conversion. */
  readonly ann: {
    readonly accuracy: number;
    /** Multiply-accumulates of one image. */
    readonly macs: number;
    readonly energyNanojoules: number;
  };
  /** The last is the network that was saved. */
  readonly variants: readonly ConversionVariant[];
  /** Of the network that was saved, at one or more numbers of steps. */
  readonly costs: readonly ConvertedCost[];
  /** What a reader should know, a sentence each: gated max-pooling, say. */
  readonly notes: readonly string[];
  readonly energyCaveats: readonly string[];
  readonly provenance: Provenance;
  readonly seconds: { readonly total: number; readonly [part: string]: number };
  readonly peakMemoryMB?: number;
}
