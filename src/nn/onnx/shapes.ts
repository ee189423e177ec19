import { StriateError } from "../../error.ts";
import type { OnnxFile } from "../../formats/onnx-graph.ts";
import { type DType, input } from "../../tensor/index.ts";
import { evaluateInto } from "./evaluate.ts";
import { initializersOf, opsetOf } from "./evaluator.ts";
import { type GraphValue, isSignal } from "./value.ts";

const TYPES: readonly string[] = ["float32", "int64", "int32", "bool"] satisfies DType[];

/**
 * Shapes of the values of an ONNX graph by name, for inputs whose free extents are 1, as far as they can be told: up to
 * the first node that is not supported on each way.
 */
export function inferOnnxShapes(file: OnnxFile): Map<string, readonly number[]> {
  const opset = opsetOf(file);
  const values = new Map<string, GraphValue>(initializersOf(file));
  for (const { name, shape, dtype } of file.graph.inputs) {
    if (shape === undefined || !TYPES.includes(dtype)) continue;
    const extents = shape.map((extent) => (typeof extent === "number" ? extent : 1));
    values.set(name, [input(name, extents, dtype as DType)]);
  }
  for (const node of file.graph.nodes) {
    if (node.inputs.some((name) => name !== "" && !values.has(name))) continue;
    try {
      evaluateInto(values, node, opset);
    } catch (error) {
      if (!(error instanceof StriateError)) throw error;
    }
  }
  return new Map([...values].map(([name, value]) => [name, isSignal(value) ? value[0]!.shape : value.shape]));
}
