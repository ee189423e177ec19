import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { readOnnxFile } from "../../src/formats/index.node.ts";
import { describeBytes, type NumericArray, readOnnx, readOnnxTensor } from "../../src/formats/index.ts";

const folder = fileURLToPath(new URL("../fixtures/onnx/", import.meta.url));
const fixture = (file: string) => new Uint8Array(readFileSync(join(folder, file)));
const resnet20 = fileURLToPath(new URL("../../../shared/data/models/resnet20-cifar10.onnx", import.meta.url));

describe("files of Python's onnx package", () => {
  test("a network", () => {
    const { graph, ...file } = readOnnx(fixture("network.onnx"), "network");
    expect(file).toEqual({
      irVersion: 8,
      producer: "striate-fixtures 1",
      opsets: { "": 17 },
      metadata: { größe: "ü", seed: "5" },
    });
    expect(graph.name).toBe("residual block");
    expect(graph.inputs).toEqual([{ name: "image", dtype: "float32", shape: ["N", 2, 5, 5] }]);
    expect(graph.outputs).toEqual([{ name: "logits", dtype: "float32", shape: ["N", 3] }]);
    expect(graph.nodes.map(({ name }) => name)).toEqual([
      "conv1",
      "Relu_1",
      "conv2",
      "join",
      "LeakyRelu_4",
      "pool",
      "Constant_6",
      "flatten",
      "readout",
    ]);
    expect(graph.nodes[2]).toEqual({
      name: "conv2",
      type: "Conv",
      domain: "",
      inputs: ["r1", "w2"],
      outputs: ["c2"],
      attributes: { kernel_shape: [3, 3], pads: [1, 1, 1, 1], auto_pad: "NOTSET" },
    });
    expect(graph.nodes[4].attributes).toEqual({ alpha: 0.125 });
    expect(graph.nodes[6].attributes).toEqual({
      value: { shape: [2], dtype: "int64", data: new BigInt64Array([0n, -1n]) },
    });
    expect(Object.keys(graph.initializers)).toEqual(["w1", "b1", "w2", "w3"]);
    expect(graph.initializers.w2.shape).toEqual([4, 4, 3, 3]);
  });

  test("every element type, as raw bytes and as numbers", () => {
    const expected: Record<string, { shape: number[]; dtype: string; data: string[] }> = JSON.parse(
      readFileSync(join(folder, "types.json"), "utf8"),
    );
    const { initializers } = readOnnx(fixture("types.onnx"), "types").graph;
    expect(Object.keys(initializers)).toEqual(Object.keys(expected));
    for (const [name, { shape, dtype, data }] of Object.entries(expected)) {
      const read = initializers[name];
      expect([name, read.shape, read.dtype]).toEqual([name, shape, dtype]);
      expect([name, ...texts(read)]).toEqual([name, ...data.map((text) => number(text, dtype))]);
    }
  });

  /** Values as exact text; -0 apart from 0. */
  const texts = ({ data, dtype }: NumericArray) =>
    Array.from<number | bigint>(data).map((value) =>
      number(Object.is(value, -0) ? "-0.0" : String(value), dtype),
    );
  const number = (text: string, dtype: string) => {
    const value = dtype.includes("int")
      ? text
      : Number(text.replace("inf", "Infinity").replace("nan", "NaN"));
    return Object.is(value, -0) ? "minus zero" : String(value);
  };

  test("a lone tensor", () => {
    const read = readOnnxTensor(fixture("tensor.pb"), "tensor");
    expect(read).toEqual({
      name: "float32 raw",
      shape: [2, 3],
      dtype: "float32",
      data: new Float32Array([-50, -49, -48, 50, -47, -43]),
    });
  });

  test("graphs inside of attributes take values from around them", () => {
    const { nodes } = readOnnx(fixture("control.onnx"), "control").graph;
    const branch = nodes[1].attributes.then_branch;
    expect(branch).toMatchObject({ name: "then", inputs: [], nodes: [{ name: "plus", type: "Add" }] });
    expect(nodes.map(({ name }) => name)).toEqual(["double", "choose", "rectify"]);
  });

  test("nodes that are not in order are put in order", () => {
    const [ordered, reversed] = ["control.onnx", "control_reversed.onnx"].map(
      (file) => readOnnx(fixture(file), file).graph,
    );
    expect(reversed).toEqual(ordered);
  });

  test("resnet20 of PyTorch", async (context) => {
    if (!existsSync(resnet20)) return context.skip("no resnet20-cifar10.onnx in ../shared/data/models");
    const { graph, producer, opsets } = await readOnnxFile(resnet20);
    expect({ producer, opsets }).toEqual({ producer: "pytorch 1.13.0", opsets: { "": 13 } });
    expect(graph.nodes).toHaveLength(102);
    expect(Object.keys(graph.initializers)).toHaveLength(40);
    expect(graph.nodes[0]).toMatchObject({ name: "/conv1/Conv", type: "Conv" });
  });
});

test("a description as rows, a table, a graph and JSON", async () => {
  const { rows, table, graph, json } = await describeBytes(fixture("network.onnx"), "network.onnx");
  expect(Object.fromEntries(rows.map(({ name, value }) => [name.trim(), value]))).toMatchObject({
    format: "ONNX",
    "input image": "N × 2 × 5 × 5 float32",
    "output logits": "N × 3 float32",
    parameters: "232 in 4 arrays",
    nodes: "9",
    Conv: "2",
  });
  expect(table?.rows).toHaveLength(9);
  expect(table?.rows[0]).toEqual([
    "conv1",
    "Conv",
    "4 × 2 × 3 × 3; 4",
    "kernel_shape 3 3, pads 1 1 1 1",
    "N × 4 × 5 × 5",
  ]);
  expect(table?.rows[6]).toEqual(["Constant_6", "Constant", "", "value 0 -1 (int64)", "?"]);
  expect(graph?.map(({ type }) => type)).not.toContain("Constant");
  expect(graph?.find(({ type }) => type === "Add")?.inputs).toEqual(["node conv2", "node Relu_1"]);
  expect(graph?.at(-1)).toMatchObject({ type: "logits", role: "port", inputs: ["node readout"] });
  expect(JSON.parse(JSON.stringify(json))).toEqual(json);
});
