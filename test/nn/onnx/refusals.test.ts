import { readdirSync, readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { StriateError } from "../../../src/error.ts";
import type { NumericArray } from "../../../src/formats/array.ts";
import { readOnnx } from "../../../src/formats/onnx.ts";
import type { OnnxFile, OnnxGraphNode, OnnxPort } from "../../../src/formats/onnx-graph.ts";
import { networkFromOnnx, OnnxEvaluator } from "../../../src/nn/index.ts";
import { input } from "../../../src/tensor/index.ts";
import { messageOf } from "../../formats/errors.ts";
import { draw } from "../../tensor/fixture.ts";

const node = (
  type: string,
  inputs: string[],
  outputs: string[],
  more: Partial<OnnxGraphNode> = {},
): OnnxGraphNode => ({
  name: `/${outputs[0]}/${type}`,
  type,
  domain: "",
  inputs,
  outputs,
  attributes: {},
  ...more,
});
const images: OnnxPort = { name: "x", dtype: "float32", shape: ["N", 2, 4, 4] };
const logits: OnnxPort = { name: "y", dtype: "float32", shape: ["N", 32] };
const integers = (...values: number[]): NumericArray => ({
  shape: [values.length],
  dtype: "int64",
  data: BigInt64Array.from(values.map(BigInt)),
});
const floats = (shape: number[]): NumericArray => ({
  shape,
  dtype: "float32",
  data: new Float32Array(shape.reduce((a, b) => a * b, 1)).fill(0.5),
});

const fileOf = (graph: Partial<OnnxFile["graph"]>, opset = 13): OnnxFile => ({
  irVersion: 8,
  producer: "",
  opsets: { "": opset },
  metadata: {},
  graph: {
    name: "graph",
    nodes: [node("Flatten", ["x"], ["y"])],
    initializers: {},
    inputs: [images],
    outputs: [logits],
    ...graph,
  },
});
const refusal = (graph: Partial<OnnxFile["graph"]>, opset?: number) =>
  messageOf(() => networkFromOnnx(fileOf(graph, opset), "net.onnx"));

describe("what cannot be imported is refused by name", () => {
  it("names every operator that is not supported, how often it is there, its first node and the opset", () => {
    const message = refusal({
      nodes: [
        node("LSTM", ["x"], ["a"]),
        node("Flatten", ["a"], ["b"]),
        node("LSTM", ["b"], ["c"]),
        node("If", ["c"], ["d"]),
        node("Gelu", ["d"], ["e"], { domain: "com.microsoft" }),
        node("LayerNormalization", ["e"], ["y"]),
      ],
    });
    expect(message).toContain("opset 13");
    expect(message).toContain('LSTM × 2 (first node "/a/LSTM")');
    expect(message).toContain('If (node "/d/If")');
    expect(message).toContain('com.microsoft.Gelu (node "/e/Gelu")');
    expect(message).toContain('LayerNormalization (node "/y/LayerNormalization")');
    expect(message).not.toContain("Flatten (node");
    expect(message).toMatch(/Supported are .*Conv, .*Gelu, .*Where$/);
  });

  it.each<[string, Partial<OnnxFile["graph"]>, number | undefined, string[]]>([
    ["an old operator set", {}, 8, ["net.onnx: operator set 8", "from 9 to 22"]],
    ["a new operator set", {}, 23, ["operator set 23"]],
    [
      "two inputs",
      { inputs: [images, { ...images, name: "mask" }] },
      13,
      ['2 inputs: "x" (N, 2, 4, 4), "mask"'],
    ],
    ["rows", { inputs: [{ ...images, shape: ["N", 32] }] }, 13, ['"x" (N, 32) is not images']],
    ["a free image size", { inputs: [{ ...images, shape: ["N", 2, "H", "W"] }] }, 13, ["fixed image size"]],
    ["integers", { inputs: [{ ...images, dtype: "uint8" }] }, 13, ["is uint8"]],
    ["two outputs", { outputs: [logits, { ...logits, name: "z" }] }, 13, ['2 outputs: "y", "z"']],
    [
      "an output that is no list of logits",
      { nodes: [node("Relu", ["x"], ["y"])] },
      13,
      ['"y" has shape (2, 2, 4, 4)'],
    ],
    [
      "an output that is not computed",
      { nodes: [node("MaxPool", ["x"], ["m", "y"], { attributes: { kernel_shape: [4, 4] } })] },
      13,
      ['"y"'],
    ],
    [
      "a normalisation in training",
      {
        nodes: [
          node("BatchNormalization", ["x", "c", "c", "c", "c"], ["b"], { attributes: { training_mode: 1 } }),
          node("Flatten", ["b"], ["y"]),
        ],
        initializers: { c: floats([2]) },
      },
      15,
      ['BatchNormalization in layer "b/BatchNormalization"', "training form"],
    ],
    [
      "a shape that depends on the image",
      { nodes: [node("Cast", ["x"], ["s"], { attributes: { to: 7 } }), node("Reshape", ["x", "s"], ["y"])] },
      13,
      ['Reshape in layer "y/Reshape"', 'input 1 ("s") depends on the values'],
    ],
    [
      "a constant that is larger than it could be used",
      {
        nodes: [
          node("Range", ["zero", "many", "one"], ["c"]),
          node("Gather", ["x", "c"], ["a"]),
          node("Flatten", ["a"], ["y"]),
        ],
        initializers: { zero: integers(0), many: integers(1e9), one: integers(1) },
      },
      13,
      ["Range", "(1000000000) is too large"],
    ],
    [
      "weights that do not fit",
      {
        nodes: [node("Conv", ["x", "w"], ["c"]), node("Flatten", ["c"], ["y"])],
        initializers: { w: floats([3, 5, 3, 3]) },
      },
      13,
      ['Conv in layer "c/Conv"', "(3, 5, 3, 3)"],
    ],
    [
      "a batch that is part of the graph",
      {
        inputs: [{ ...images, shape: [2, 2, 4, 4] }],
        nodes: [
          node("Concat", ["x", "c"], ["a"], { attributes: { axis: 1 } }),
          node("Flatten", ["a"], ["y"]),
        ],
        initializers: { c: floats([2, 1, 4, 4]) },
      },
      13,
      ["only works for batches of 2", "Concat"],
    ],
  ])("%s", (_what, graph, opset, parts) => {
    const message = refusal(graph, opset);
    for (const part of parts) expect(message).toContain(part);
  });

  it("an input of the evaluator that is not given", () => {
    expect(messageOf(() => new OnnxEvaluator(fileOf({})).evaluate({}))).toContain(
      '"x" of the graph was not given',
    );
  });
});

describe("a damaged graph", () => {
  const folder = new URL("../../fixtures/onnx-networks/", import.meta.url);
  const odd = [
    0,
    -1,
    1,
    3,
    7,
    1e9,
    -1e9,
    2 ** 53,
    65536,
    0.5,
    Number.NaN,
    "x",
    [],
    [1],
    [1e9, 1e9],
    [-1, -1, -1, -1],
  ];

  it.each(readdirSync(folder))(
    "%s is imported or refused, and never takes long",
    (name) => {
      const bytes = readFileSync(new URL(name, folder));
      const outcomes = { imported: 0, refused: 0 };
      for (let seed = 0; seed < 60; seed++) {
        const random = draw(8, seed, 0, 1);
        const pick = <T>(list: readonly T[], i: number): T => list[Math.floor(random[i] * list.length)];
        const { graph, ...file } = readOnnx(bytes, name);
        const damaged = pick(
          graph.nodes.filter(({ inputs }) => inputs.length > 0),
          0,
        );
        const nodes = graph.nodes.map((node) => {
          if (node !== damaged) return node;
          const change = pick(["attribute", "input", "missing", "shape"], 1);
          const inputs = [...node.inputs];
          const attributes = { ...node.attributes };
          if (change === "attribute")
            attributes[pick([...Object.keys(attributes), "axis"], 2)] = pick(odd, 3) as number;
          if (change === "input") inputs[0] = pick([...Object.keys(graph.initializers), ...inputs], 2);
          if (change === "missing") inputs.pop();
          if (change === "shape") inputs.splice(1, 1, "odd shape");
          return { ...node, inputs, attributes };
        });
        const initializers = {
          ...graph.initializers,
          "odd shape": integers(...[4, 5, 6].map((i) => pick([-1, 0, 1, 2 ** 30], i))),
        };
        try {
          networkFromOnnx({ ...file, graph: { ...graph, nodes, initializers } }, name);
          outcomes.imported++;
        } catch (error) {
          expect(error).toBeInstanceOf(StriateError);
          outcomes.refused++;
        }
      }
      expect(outcomes.refused).toBeGreaterThan(10);
    },
    10_000,
  );
});

describe("a graph that was exported for one batch", () => {
  it.each([
    ["with −1", [2, -1]],
    ["with every extent", [2, 32]],
  ])("takes any, though its Reshape names the batch, %s", (_what, shape) => {
    const network = networkFromOnnx(
      fileOf({
        inputs: [{ ...images, shape: [2, 2, 4, 4] }],
        nodes: [node("Reshape", ["x", "s"], ["y"])],
        initializers: { s: integers(...shape) },
      }),
      "net.onnx",
    );
    for (const batch of [1, 2, 7]) {
      expect(network.call(input("images", [batch, 2, 4, 4]))[0].shape).toEqual([batch, 32]);
    }
  });

  it("keeps a Reshape whose front axis is not the batch", () => {
    const network = networkFromOnnx(
      fileOf({
        inputs: [{ ...images, shape: [1, 2, 4, 4] }],
        nodes: [
          node("Transpose", ["x"], ["t"], { attributes: { perm: [1, 0, 2, 3] } }),
          node("Reshape", ["t", "s"], ["r"]),
          node("Transpose", ["r"], ["u"], { attributes: { perm: [1, 0, 2] } }),
          node("Flatten", ["u"], ["y"]),
        ],
        initializers: { s: integers(2, -1, 16) },
      }),
      "net.onnx",
    );
    expect(network.call(input("images", [3, 2, 4, 4]))[0].shape).toEqual([3, 32]);
  });
});
