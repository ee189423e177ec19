import type { NirType } from "../nir-graph.ts";

/**
 * How a field is stored. `parameter`: an array of numbers; `population`: one with the shape of the neurons, `positive`:
 * one above zero; `sizes`, `integer`, `pair`: whole numbers; `padding`: whole numbers or a word.
 */
export type FieldKind =
  | "parameter"
  | "population"
  | "positive"
  | "sizes"
  | "integer"
  | "pair"
  | "padding"
  | "paddingPair";

export interface Field {
  kind: FieldKind;
  /** Name in the file. */
  stored: string;
  optional?: boolean;
  /** Another name that it has had. */
  former?: string;
}

const field = (kind: FieldKind, stored: string, optional = false): Field => ({ kind, stored, optional });

const bias = field("parameter", "bias");
const weight = field("parameter", "weight");
const shape = field("sizes", "shape");
const r = field("population", "r");
const vLeak = field("population", "v_leak");
const fires = {
  vThreshold: field("population", "v_threshold"),
  /** Zeros where a file has none, as old files do. */
  vReset: field("population", "v_reset"),
};
const pool = {
  kernelSize: field("pair", "kernel_size"),
  stride: field("pair", "stride"),
  padding: field("pair", "padding"),
};
const leaky = { tau: field("positive", "tau"), r, vLeak };
const current = {
  tauSyn: field("positive", "tau_syn"),
  tauMem: field("positive", "tau_mem"),
  r,
  vLeak,
  /** One where a file has none; a scalar is for every neuron. */
  wIn: field("population", "w_in"),
};

/** The fields of every node but NIRGraph, by their names here. To add a primitive, add it here and in `../nir-shapes.ts`. */
export const nirFields: Readonly<Record<Exclude<NirType, "NIRGraph">, Readonly<Record<string, Field>>>> = {
  Input: { shape },
  Output: { shape },
  Identity: { shape: { ...shape, former: "input_type" } },
  Affine: { weight, bias },
  Linear: { weight },
  Scale: { scale: field("parameter", "scale") },
  Conv1d: {
    inputShape: field("integer", "input_shape", true),
    weight,
    stride: field("integer", "stride"),
    padding: field("padding", "padding"),
    dilation: field("integer", "dilation"),
    groups: field("integer", "groups"),
    bias,
  },
  Conv2d: {
    inputShape: field("pair", "input_shape", true),
    weight,
    stride: field("pair", "stride"),
    padding: field("paddingPair", "padding"),
    dilation: field("pair", "dilation"),
    groups: field("integer", "groups"),
    bias,
  },
  SumPool2d: pool,
  AvgPool2d: pool,
  Flatten: {
    inputType: field("sizes", "input_type", true),
    startDim: field("integer", "start_dim"),
    endDim: field("integer", "end_dim"),
  },
  Delay: { delay: field("parameter", "delay") },
  Threshold: { threshold: field("parameter", "threshold") },
  I: { r },
  IF: { r, ...fires },
  LI: leaky,
  LIF: { ...leaky, ...fires },
  CubaLI: current,
  CubaLIF: { ...current, ...fires },
};

export const nirTypes = [...Object.keys(nirFields), "NIRGraph"] as NirType[];

export const isNirType = (type: string): type is NirType => (nirTypes as string[]).includes(type);

export const isParameter = (kind: FieldKind): boolean =>
  kind === "parameter" || kind === "population" || kind === "positive";
