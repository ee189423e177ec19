import { expect, it } from "vitest";
import type { OnnxFile } from "../../../src/formats/onnx-graph.ts";
import { OnnxEvaluator } from "../../../src/nn/index.ts";
import { hostIntegers } from "../../../src/nn/onnx/host-array.ts";
import { compile } from "../../../src/runtime/node.ts";
import { input, type Tensor } from "../../../src/tensor/index.ts";

/** a + b, the shape of that, and its rows in the order that `places` asks for. */
const file: OnnxFile = {
  irVersion: 8,
  producer: "",
  opsets: { "": 17 },
  metadata: {},
  graph: {
    name: "graph",
    nodes: [
      { name: "sum", type: "Add", domain: "", inputs: ["a", "b"], outputs: ["s"], attributes: {} },
      { name: "shape", type: "Shape", domain: "", inputs: ["s"], outputs: ["n"], attributes: {} },
      {
        name: "rows",
        type: "Gather",
        domain: "",
        inputs: ["s", "places"],
        outputs: ["r"],
        attributes: { axis: 0 },
      },
    ],
    initializers: {},
    inputs: ["a", "b", "places"].map((name) => ({ name, dtype: "unknown", shape: undefined })),
    outputs: ["s", "n", "r"].map((name) => ({ name, dtype: "unknown", shape: undefined })),
  },
};

it("evaluates a graph with several inputs and outputs at every time step", async () => {
  const steps = [0, 1, 2].map((t) => input(`a${t}`, [2, 3]));
  const b = input("b", [3]);
  const { s, n, r } = new OnnxEvaluator(file).evaluate({
    a: steps,
    b: [b],
    places: hostIntegers([1, 0, -1]),
  });
  expect(n).toMatchObject({ dtype: "int64", shape: [2], data: Float64Array.of(2, 3) });
  const sums = s as readonly Tensor[];
  const rows = r as readonly Tensor[];
  expect([sums.length, rows.length]).toEqual([3, 3]);

  const program = await compile({ inputs: [...steps, b], outputs: { first: sums[0], last: rows[2] } });
  const values = await program.run({
    a0: Float32Array.of(1, 2, 3, 4, 5, 6),
    a1: new Float32Array(6),
    a2: Float32Array.of(0, 0, 0, 7, 8, 9),
    b: Float32Array.of(10, 20, 30),
  });
  await program.release();
  expect([...values.first.data]).toEqual([11, 22, 33, 14, 25, 36]);
  expect([...values.last.data]).toEqual([17, 28, 39, 10, 20, 30, 17, 28, 39]);
});

it("computes at once what is known", () => {
  const known = (values: number[]) => ({
    ...hostIntegers(values),
    dtype: "int32" as const,
    data: Int32Array.from(values),
  });
  const results = new OnnxEvaluator(file).evaluate({
    a: known([1, 2, 3]),
    b: known([4]),
    places: hostIntegers([2]),
  });
  expect(results.s).toMatchObject({ dtype: "int32", data: Int32Array.of(5, 6, 7) });
  expect(results.r).toMatchObject({ shape: [1], data: Int32Array.of(7) });
});
