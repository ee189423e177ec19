import type { Pair, Sides } from "../../tensor/operators/conv2d-geometry.ts";

/** Fixed numbers of a node, row-major. Shape () is one number for all. */
export interface Numbers {
  readonly shape: readonly number[];
  readonly data: Float32Array;
}

export interface Conv2dNode {
  readonly type: "conv2d";
  /** (outputs, inputs / groups, kernel height, kernel width). */
  readonly weight: Numbers;
  /** (outputs). */
  readonly bias?: Numbers | undefined;
  readonly stride: Pair;
  readonly padding: Sides;
  readonly dilation: Pair;
  readonly groups: number;
}

export interface LinearNode {
  readonly type: "linear";
  /** (outputs, inputs), over the last axis. */
  readonly weight: Numbers;
  /** (outputs). */
  readonly bias?: Numbers | undefined;
}

/** x · scale + bias, element by element; both broadcast against one step without its batch axis. */
export interface ScaleNode {
  readonly type: "scale";
  readonly scale: Numbers;
  readonly bias?: Numbers | undefined;
}

export interface PoolNode {
  readonly type: "sumPool2d" | "averagePool2d";
  readonly kernel: Pair;
  readonly stride: Pair;
  readonly padding: Pair;
}

/** Gated max-pooling: a spike passes when it raises the highest running count of its window. */
export interface MaxPoolNode {
  readonly type: "maxPool2d";
  readonly kernel: Pair;
  readonly stride: Pair;
  /** Its sides may differ, as they do where a network rounds sizes up. */
  readonly padding: Sides;
  readonly dilation: Pair;
}

/** Moves of values, on shapes without the batch axis. */
export type MoveNode =
  | { readonly type: "reshape"; readonly shape: readonly number[] }
  | { readonly type: "transpose"; readonly permutation: readonly number[] }
  | {
      readonly type: "slice";
      readonly axes: readonly number[];
      readonly starts: readonly number[];
      readonly counts: readonly number[];
      readonly steps: readonly number[];
    }
  | { readonly type: "pad"; readonly widths: readonly (readonly [before: number, after: number])[] }
  | { readonly type: "concat"; readonly axis: number };

/** Every value a delay later, rounded to time steps; zeros before. Of a recurrent edge, its own step is part of the delay. */
export interface DelayNode {
  readonly type: "delay";
  /** Seconds; shape () or that of one step. */
  readonly delay: Numbers;
}

/** 1 where the input is above the threshold, 0 elsewhere, without memory. */
export interface ThresholdNode {
  readonly type: "threshold";
  readonly threshold: Numbers;
}

/** What a membrane does with its input current I between spikes. */
export type Membrane =
  /** v̇ = R·I */
  | { readonly kind: "integrator"; readonly r: Numbers }
  /** τ·v̇ = (v_leak − v) + R·I */
  | { readonly kind: "leaky"; readonly tau: Numbers; readonly r: Numbers; readonly vLeak: Numbers }
  /** τ_syn·i̇ = −i + w_in·I,  τ_mem·v̇ = (v_leak − v) + R·i */
  | {
      readonly kind: "currentBased";
      readonly tauSyn: Numbers;
      readonly tauMem: Numbers;
      readonly r: Numbers;
      readonly vLeak: Numbers;
      readonly wIn: Numbers;
    };

/** When a neuron spikes, and what happens then. */
export interface Firing {
  readonly threshold: Numbers;
  /** True to fire only above the threshold, as NIR has it; false to fire at it too. */
  readonly strict: boolean;
  /** "subtract" takes the threshold away (a soft reset); numbers are the potential to go to (a hard reset). */
  readonly reset: "subtract" | Numbers;
  /**
   * Of signed neurons (Fast-SNN), the negative potential at which they take a spike back (−1) where one is left; other
   * neurons have none.
   */
  readonly takesBackAt?: number | undefined;
}

/** Units with a membrane: they put out spikes (0 or 1), or without `firing` their potential. */
export interface NeuronNode {
  readonly type: "neuron";
  readonly membrane: Membrane;
  readonly firing?: Firing | undefined;
  /** The membrane potential before the first step. */
  readonly start: Numbers;
}

export type Operation =
  | { readonly type: "input"; readonly shape: readonly number[] }
  | { readonly type: "output" }
  | { readonly type: "sum" }
  | Conv2dNode
  | LinearNode
  | ScaleNode
  | PoolNode
  | MaxPoolNode
  | MoveNode
  | DelayNode
  | ThresholdNode
  | NeuronNode;

export const scalar = (value: number): Numbers => ({ shape: [], data: Float32Array.of(value) });
