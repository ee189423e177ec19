import { StriateError } from "../../error.ts";
import type { OnnxFile } from "../../formats/onnx-graph.ts";
import { cast, type Tensor } from "../../tensor/index.ts";
import { eachStep } from "../layer.ts";
import { evaluateInto } from "./evaluate.ts";
import { fromFile, type HostArray } from "./host-array.ts";
import { requireOperators } from "./operators/index.ts";
import { type GraphValue, isSignal } from "./value.ts";

/** Bytes as int32, in which the operators of a graph compute with them. */
const widened = (x: Tensor): Tensor => (x.dtype === "uint8" ? cast(x, "int32") : x);

/** Version of the standard's own operator set that a file uses. */
export function opsetOf({ opsets }: OnnxFile): number {
  const opset = opsets[""] ?? opsets["ai.onnx"];
  if (opset === undefined) throw new StriateError("the file does not say which operator set it uses");
  return opset;
}

/** The arrays of a file's graph by name. */
export const initializersOf = ({ graph }: OnnxFile): Map<string, HostArray> =>
  new Map(Object.entries(graph.initializers).map(([name, array]) => [name, fromFile(array)]));

/**
 * Evaluates any graph of the ONNX standard: traces its operators for inputs of any rank and number. Values that follow
 * from constants and shapes alone are computed at once; all others are symbolic.
 */
export class OnnxEvaluator {
  readonly file: OnnxFile;
  private readonly opset: number;
  private readonly initializers: ReadonlyMap<string, HostArray>;

  /** Throws when the graph has operators that are not supported, naming each of them. */
  constructor(file: OnnxFile) {
    this.file = file;
    this.opset = opsetOf(file);
    this.initializers = initializersOf(file);
    requireOperators(file.graph.nodes, this.opset);
  }

  /** The graph's outputs by name, for its inputs by name. Throws when an input is missing or does not fit. */
  evaluate(inputs: Readonly<Record<string, GraphValue>>): Record<string, GraphValue> {
    const { graph } = this.file;
    const values = new Map<string, GraphValue>(this.initializers);
    for (const { name } of graph.inputs) {
      const value = inputs[name];
      if (value === undefined) throw new StriateError(`the input "${name}" of the graph was not given`);
      values.set(name, isSignal(value) ? eachStep(value, widened) : value);
    }
    for (const node of graph.nodes) evaluateInto(values, node, this.opset);
    return Object.fromEntries(
      graph.outputs.map(({ name }) => {
        const value = values.get(name);
        if (value === undefined)
          throw new StriateError(`the output "${name}" of the graph is not supported`, "Export without it");
        return [name, value];
      }),
    );
  }
}
