import type { NumericArray } from "./array.ts";

/** An array of an ONNX file with its name; float16 and bfloat16 are widened to float32 when read. */
export interface OnnxArray extends NumericArray {
  readonly name: string;
}

/** The value of a node's attribute: a number, text, a list, an array, or the graph of a control-flow operator. */
export type OnnxAttribute = number | string | number[] | string[] | NumericArray | OnnxGraph;

/** One operation of an ONNX graph. */
export interface OnnxGraphNode {
  /** As the file has it; where it has none, the operator and a number, such as "Conv_3". Unique in the graph. */
  readonly name: string;
  /** Operator, such as "Conv". */
  readonly type: string;
  /** "" for the standard's own operators. */
  readonly domain: string;
  /** Names of values; "" for an optional input that is left out. */
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly attributes: Readonly<Record<string, OnnxAttribute>>;
}

/** What the graph takes in or gives out. */
export interface OnnxPort {
  readonly name: string;
  /** Element type in NumPy's words; "unknown" where the file does not say. */
  readonly dtype: string;
  /** A name is an extent that is chosen at run time, such as "N"; "" has no name. undefined: not even the rank is known. */
  readonly shape: readonly (number | string)[] | undefined;
}

/** A graph of the ONNX standard as plain data, nodes in an order in which they can be evaluated. */
export interface OnnxGraph {
  readonly name: string;
  readonly nodes: readonly OnnxGraphNode[];
  readonly initializers: Readonly<Record<string, NumericArray>>;
  /** Inputs that are not initializers. */
  readonly inputs: readonly OnnxPort[];
  readonly outputs: readonly OnnxPort[];
}

/** An ONNX file. */
export interface OnnxFile {
  readonly irVersion: number;
  /** Name and version of the program that wrote it. */
  readonly producer: string;
  /** Version of each operator set by domain; "" is the standard's own. */
  readonly opsets: Readonly<Record<string, number>>;
  readonly metadata: Readonly<Record<string, string>>;
  readonly graph: OnnxGraph;
}
