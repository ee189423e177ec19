import type { NumericArray } from "./array.ts";
import type { TextArray } from "./npy.ts";

/** What is noted about a graph or a node; it has no part in what they compute. */
export interface NirMetadata {
  [name: string]: number | string | NumericArray | TextArray | NirMetadata;
}

interface Named<Type extends string> {
  type: Type;
  metadata: NirMetadata;
}

/** float32 or float64. */
type Parameter = NumericArray;
type Pair = [number, number];

/** Where data comes in; `shape` is without batch and time. */
export interface NirInput extends Named<"Input"> {
  shape: number[];
}

/** Where data goes out. */
export interface NirOutput extends Named<"Output"> {
  shape: number[];
}

/** y = x. The Python package 1.0.8 has this node, but cannot read files with it. */
export interface NirIdentity extends Named<"Identity"> {
  shape: number[];
}

/** y = W x + b. `weight` (outputs, inputs), `bias` (outputs). */
export interface NirAffine extends Named<"Affine"> {
  weight: Parameter;
  bias: Parameter;
}

/** y = W x. `weight` (outputs, inputs). */
export interface NirLinear extends Named<"Linear"> {
  weight: Parameter;
}

/** y = s ⊙ x. `scale` has the shape of x. */
export interface NirScale extends Named<"Scale"> {
  scale: Parameter;
}

export type NirPadding<Extent> = Extent | "same" | "valid";

/** Cross-correlation. `weight` (C_out, C_in / groups, N), `bias` (C_out); `inputShape` is N of the input, where known. */
export interface NirConv1d extends Named<"Conv1d"> {
  inputShape?: number;
  weight: Parameter;
  stride: number;
  padding: NirPadding<number>;
  dilation: number;
  groups: number;
  bias: Parameter;
}

/** Cross-correlation. `weight` (C_out, C_in / groups, kH, kW), `bias` (C_out); `inputShape` is (H, W), where known. */
export interface NirConv2d extends Named<"Conv2d"> {
  inputShape?: Pair;
  weight: Parameter;
  stride: Pair;
  padding: NirPadding<Pair>;
  dilation: Pair;
  groups: number;
  bias: Parameter;
}

interface Pool<Type extends string> extends Named<Type> {
  kernelSize: Pair;
  stride: Pair;
  padding: Pair;
}

/** The sum of each window; (height, width). */
export interface NirSumPool2d extends Pool<"SumPool2d"> {}

/** The mean of each window, padding included; (height, width). */
export interface NirAvgPool2d extends Pool<"AvgPool2d"> {}

/** Makes one axis of the axes `startDim` to `endDim`, both included; axes are counted without batch. */
export interface NirFlatten extends Named<"Flatten"> {
  inputType?: number[];
  startDim: number;
  endDim: number;
}

/** y(t) = x(t − τ), in seconds. */
export interface NirDelay extends Named<"Delay"> {
  delay: Parameter;
}

/** z = 1 where x > θ, else 0. */
export interface NirThreshold extends Named<"Threshold"> {
  threshold: Parameter;
}

/** Integrator: v̇ = R I. */
export interface NirI extends Named<"I"> {
  r: Parameter;
}

/** Integrate and fire: v̇ = R I; z = 1 where v > θ, and then v ← v_reset. */
export interface NirIF extends Named<"IF"> {
  r: Parameter;
  vThreshold: Parameter;
  vReset: Parameter;
}

/** Leaky integrator: τ v̇ = (v_leak − v) + R I, τ in seconds. */
export interface NirLI extends Named<"LI"> {
  tau: Parameter;
  r: Parameter;
  vLeak: Parameter;
}

/** Leaky integrate and fire: as LI; z = 1 where v > θ, and then v ← v_reset. */
export interface NirLIF extends Named<"LIF"> {
  tau: Parameter;
  r: Parameter;
  vLeak: Parameter;
  vThreshold: Parameter;
  vReset: Parameter;
}

/** Leaky integrator of a current: τ_syn İ = −I + w_in S; τ_mem v̇ = (v_leak − v) + R I, τ in seconds. */
export interface NirCubaLI extends Named<"CubaLI"> {
  tauSyn: Parameter;
  tauMem: Parameter;
  r: Parameter;
  vLeak: Parameter;
  wIn: Parameter;
}

/** Leaky integrate and fire on a current: as CubaLI; z = 1 where v > θ, and then v ← v_reset. */
export interface NirCubaLIF extends Named<"CubaLIF"> {
  tauSyn: Parameter;
  tauMem: Parameter;
  r: Parameter;
  vLeak: Parameter;
  wIn: Parameter;
  vThreshold: Parameter;
  vReset: Parameter;
}

/** Nodes and what feeds what. Several edges into one node are summed; edges may go in circles. */
export interface NirGraph extends Named<"NIRGraph"> {
  /** By name. */
  nodes: Record<string, NirNode>;
  edges: [source: string, target: string][];
}

/**
 * A node of the Neuromorphic Intermediate Representation: Pedersen et al., Nature Communications 15 (2024) 8122. Fields
 * are those of the standard's files, in camel case. All parameters of a neuron have the shape of the population.
 */
export type NirNode =
  | NirInput
  | NirOutput
  | NirIdentity
  | NirAffine
  | NirLinear
  | NirScale
  | NirConv1d
  | NirConv2d
  | NirSumPool2d
  | NirAvgPool2d
  | NirFlatten
  | NirDelay
  | NirThreshold
  | NirI
  | NirIF
  | NirLI
  | NirLIF
  | NirCubaLI
  | NirCubaLIF
  | NirGraph;

export type NirType = NirNode["type"];
