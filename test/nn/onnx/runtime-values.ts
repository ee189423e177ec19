import * as ort from "onnxruntime-node";
import { readOnnx } from "../../../src/formats/onnx.ts";
import { type GraphValue, OnnxEvaluator } from "../../../src/nn/index.ts";
import type { HostArray } from "../../../src/nn/onnx/host-array.ts";
import { isSignal } from "../../../src/nn/onnx/value.ts";
import { type ArrayValue, compile, type TensorData } from "../../../src/runtime/node.ts";
import { input, type Tensor } from "../../../src/tensor/index.ts";
import { draw, sizeOf } from "../../tensor/fixture.ts";

/** An array with its numbers as doubles. */
export interface Values {
  readonly shape: readonly number[];
  readonly data: readonly number[];
}

const asNumbers = ({
  data,
  shape,
}: {
  data: ArrayLike<number | bigint>;
  shape: readonly number[];
}): Values => ({
  shape,
  data: Array.from(data, Number),
});

/**
 * The outputs of a model in ONNX Runtime itself. Quantised operators are left as they stand in the file: fused to integer
 * products they saturate in 16 bits on processors without VNNI.
 */
export async function runtimeOutputs(
  bytes: Uint8Array,
  feeds: Readonly<Record<string, { data: Float32Array; shape: readonly number[] }>>,
): Promise<Record<string, Values>> {
  const extra = { session: { disable_quant_qdq: "1" } };
  const session = await ort.InferenceSession.create(bytes, { logSeverityLevel: 4, extra });
  const tensors = Object.entries(feeds).map(
    ([name, { data, shape }]) => [name, new ort.Tensor("float32", data, shape)] as const,
  );
  const outputs = await session.run(Object.fromEntries(tensors));
  await session.release();
  return Object.fromEntries(
    Object.entries(outputs).map(([name, { data, dims }]) => [
      name,
      asNumbers({ data: data as Float32Array, shape: dims }),
    ]),
  );
}

/** The values behind a graph's outputs: symbolic ones are compiled and run. */
export async function valuesOf(
  outputs: Readonly<Record<string, GraphValue>>,
  inputs: readonly Tensor[],
  feeds: Readonly<Record<string, TensorData>>,
): Promise<Record<string, Values>> {
  const symbolic: Record<string, Tensor> = {};
  const results: Record<string, Values> = {};
  for (const [name, value] of Object.entries(outputs)) {
    if (isSignal(value)) symbolic[`output ${name}`] = value[0];
    else results[name] = asNumbers(value as HostArray);
  }
  if (Object.keys(symbolic).length === 0) return results;
  const program = await compile({ inputs, outputs: symbolic });
  const values: Record<string, ArrayValue> = await program.run(feeds);
  await program.release();
  for (const [name, value] of Object.entries(values))
    results[name.slice("output ".length)] = asNumbers(value);
  return results;
}

/** The largest difference, relative for values above 1; infinite where shapes differ or one value is not a number. */
export function largestDifference(actual: Values, expected: Values): number {
  if (actual.shape.join() !== expected.shape.join()) return Number.POSITIVE_INFINITY;
  let largest = 0;
  for (const [i, value] of expected.data.entries()) {
    if (Object.is(actual.data[i], value)) continue;
    const difference = Math.abs(actual.data[i] - value) / Math.max(1, Math.abs(value));
    largest = Math.max(largest, Number.isNaN(difference) ? Number.POSITIVE_INFINITY : difference);
  }
  return largest;
}

/** Runs a model of float inputs in ONNX Runtime and through the evaluator, on the same numbers. */
export async function bothWays(
  bytes: Uint8Array,
  name: string,
): Promise<{ expected: Record<string, Values>; actual: Record<string, Values> }> {
  const file = readOnnx(bytes, name);
  const feeds: Record<string, { data: Float32Array; shape: number[] }> = {};
  const values: Record<string, GraphValue> = {};
  const inputs: Tensor[] = [];
  for (const [i, port] of file.graph.inputs.entries()) {
    const shape = port.shape!.map(Number);
    feeds[port.name] = { shape, data: draw(sizeOf(shape), 100 + i, -2, 2) };
    inputs.push(input(port.name, shape));
    values[port.name] = [inputs[i]];
  }
  const expected = await runtimeOutputs(bytes, feeds);
  const data = Object.fromEntries(Object.entries(feeds).map(([key, { data }]) => [key, data]));
  const actual = await valuesOf(new OnnxEvaluator(file).evaluate(values), inputs, data);
  return { expected, actual };
}
