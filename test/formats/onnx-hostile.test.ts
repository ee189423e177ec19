import { readFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { StriateError } from "../../src/error.ts";
import { describeBytes, readOnnx, readOnnxTensor } from "../../src/formats/index.ts";
import { onnxSchema } from "../../src/tensor/onnx-schema.ts";
import { messageOf } from "./errors.ts";

const fixture = (file: string) =>
  new Uint8Array(readFileSync(new URL(`../fixtures/onnx/${file}`, import.meta.url)));
const encode = (type: string, content: object) => {
  const message = onnxSchema.lookupType(type);
  return new Uint8Array(message.encode(message.fromObject(content)).finish());
};
const value = (name: string) => ({ name, type: { tensorType: { elemType: 1 } } });
const relu = (input: string, output: string, more: object = {}) => ({
  opType: "Relu",
  input: [input],
  output: [output],
  ...more,
});

/** y = relu(x), with some fields changed. */
const model = (graph: object, file: object = {}) => ({
  irVersion: 8,
  opsetImport: [{ domain: "", version: 17 }],
  graph: { name: "g", node: [relu("x", "y")], input: [value("x")], output: [value("y")], ...graph },
  ...file,
});
const withTensor = (tensor: object) =>
  model({ initializer: [{ name: "w", dataType: 1, dims: [2], ...tensor }] });
/** Data in a file of 24 bytes. */
const withFile = (entries: object) => {
  const externalData = Object.entries({ location: "w.bin", ...entries }).map(([key, text]) => ({
    key,
    value: text,
  }));
  return withTensor({ dataLocation: 1, externalData });
};
const withAttribute = (attribute: object) =>
  model({ node: [relu("x", "y", { attribute: [{ name: "a", ...attribute }] })] });

test("the model that the cases below change is read", () => {
  expect(readOnnx(encode("Model", model({})), "m").graph.nodes).toHaveLength(1);
});

const text = (content: string) => new TextEncoder().encode(content);

const dataFile = () => new Uint8Array(24);

describe("refused, with the file's name and a reason", () => {
  test.each<[string, object, RegExp]>([
    ["no IR version", model({}, { irVersion: 0 }), /IR version is 0/],
    ["no graph", model({}, { graph: undefined }), /there is no graph/],
    ["an empty graph", model({ node: [] }), /the graph has no nodes/],
    ["no outputs", model({ output: [] }), /the graph has no outputs/],
    ["no operator sets", model({}, { opsetImport: [] }), /opset_import/],
    ["an operator set without a version", model({}, { opsetImport: [{ domain: "" }] }), /has the version 0/],
    ["another operator set", model({ node: [relu("x", "y", { domain: "com.x" })] }), /'Relu_0'.*'com\.x'/],
    [
      "an operator set twice",
      model({}, { opsetImport: [{ version: 1 }, { domain: "ai.onnx", version: 2 }] }),
      /twice/,
    ],
    ["metadata twice", model({}, { metadataProps: [{ key: "k" }, { key: "k" }] }), /metadata 'k'.*twice/],
    ["a node without operator", model({ node: [relu("x", "y", { opType: "" })] }), /has no operator/],
    ["a value that nobody gives", model({ node: [relu("ghost", "y")] }), /node 'Relu_0' takes 'ghost'/],
    ["an output that nobody gives", model({ output: [value("ghost")] }), /output of the graph takes 'ghost'/],
    ["a value from two nodes", model({ node: [relu("x", "y"), relu("x", "y")] }), /two values.*'y'/],
    ["a node that gives an input", model({ node: [relu("x", "x")] }), /two values.*'x'/],
    ["two inputs of one name", model({ input: [value("x"), value("x")] }), /two values.*'x'/],
    ["an input without a name", model({ input: [value("x"), value("")] }), /an input has no name/],
    ["a node that takes its own output", model({ node: [relu("y", "y", { name: "ring" })] }), /'ring' waits/],
    [
      "a cycle behind a node that is not part of it",
      model({
        node: [
          relu("a", "y", { name: "after" }),
          relu("b", "a", { name: "one" }),
          relu("a", "b", { name: "two" }),
        ],
      }),
      /node '(one|two)' waits for its own output/,
    ],
    ["sparse weights", model({ sparseInitializer: [text("x")] }), /sparse_initializer/],
    ["a tensor without a name", withTensor({ name: "" }), /initializer 0 has no name/],
    [
      "two initializers of one name",
      model({ initializer: [1, 2].map(() => ({ name: "w", dataType: 1, dims: [0] })) }),
      /two values.*'w'/,
    ],
    ["no element type", withTensor({ dataType: 0 }), /'w'.*element type undefined/],
    [
      "text",
      withTensor({ dataType: 8, stringData: [text("a"), text("b")] }),
      /'w'.*element type str; expected/,
    ],
    ["complex numbers", withTensor({ dataType: 14, floatData: [1, 2, 3, 4] }), /element type complex64/],
    ["4-bit numbers", withTensor({ dataType: 22, rawData: new Uint8Array(1) }), /element type int4/],
    ["a type to come", withTensor({ dataType: 99, rawData: new Uint8Array(8) }), /element type 99/],
    ["a negative type", withTensor({ dataType: -1, rawData: new Uint8Array(8) }), /element type -1/],
    ["too few bytes", withTensor({ rawData: new Uint8Array(7) }), /'w' is 2 float32, 8 bytes, but has 7/],
    ["too many bytes", withTensor({ rawData: new Uint8Array(9) }), /8 bytes, but has 9/],
    ["too few numbers", withTensor({ floatData: [1] }), /2 float32, 2 elements, but has 1/],
    ["no numbers", withTensor({}), /2 elements, but has 0/],
    ["numbers of another type", withTensor({ int32Data: [1, 2] }), /'w' is float32.*int32Data/],
    [
      "bytes and numbers",
      withTensor({ rawData: new Uint8Array(8), floatData: [1, 2] }),
      /raw data and floatData/,
    ],
    [
      "a number too large for its type",
      withTensor({ dataType: 2, int32Data: [1, 256] }),
      /uint8.*element 1 is 256/,
    ],
    ["a truth value of 2", withTensor({ dataType: 9, int32Data: [1, 2] }), /bool.*element 1 is 2/],
    ["a negative size", withTensor({ dims: [-2], floatData: [1, 2] }), /size -2 in dimension 0/],
    ["two negative sizes", withTensor({ dims: [-1, -2], floatData: [1, 2] }), /size -1 in dimension 0/],
    [
      "sizes beyond memory",
      withTensor({ dims: [2 ** 40], floatData: [1] }),
      /1099511627776 elements, but has 1/,
    ],
    [
      "sizes beyond 2^53",
      withTensor({ dims: [2 ** 40, 2 ** 40], rawData: new Uint8Array(8) }),
      /but has 8 bytes/,
    ],
    ["a size beyond 2^53", withTensor({ dims: ["9223372036854775807"] }), /size 9223372036854775807/],
    ["a segment", withTensor({ segment: new Uint8Array(1), floatData: [1, 2] }), /segment/],
    ["no file for external data", withTensor({ dataLocation: 1 }), /'w'.*the file ''; expected a path/],
    ["an offset that is no number", withFile({ offset: "-1" }), /'w' has external data with the offset '-1'/],
    ["an offset beyond 2^53", withFile({ offset: "9".repeat(16) }), /the offset '9999999999999999'/],
    [
      "a length that is no number",
      withFile({ length: "1e1" }),
      /'w' has external data with the length '1e1'/,
    ],
    ["an offset beyond the data file", withFile({ offset: "25" }), /at bytes 25 to .* but that file has 24/],
    ["a length beyond the data file", withFile({ offset: "20", length: "8" }), /at bytes 20 to 28.*has 24/],
    ["external data of another size", withFile({ length: "9" }), /8 bytes, but has 9 bytes of data/],
    ["an attribute without a name", withAttribute({ name: "", f: 1 }), /attribute ''.*without a name/],
    [
      "an attribute twice",
      model({ node: [relu("x", "y", { attribute: [1, 2].map((f) => ({ name: "a", f })) })] }),
      /'a' is there twice/,
    ],
    ["an attribute without a value", withAttribute({}), /'a' has no value/],
    ["an attribute of an unknown type", withAttribute({ type: 77, f: 1 }), /unknown type 77/],
    ["a type without its value", withAttribute({ type: 4 }), /'a' is TENSOR; expected/],
    ["a value of another type", withAttribute({ type: 2, f: 1 }), /'a' is INT but has a value of FLOAT/],
    ["two values", withAttribute({ i: 1, f: 1 }), /'a' is FLOAT but has a value of FLOAT and INT/],
    ["a list of tensors", withAttribute({ tensors: [new Uint8Array(1)] }), /'a' is TENSORS; expected/],
    ["a sparse tensor", withAttribute({ sparseTensor: new Uint8Array(1) }), /'a' is SPARSE_TENSOR; expected/],
    ["text that is not UTF-8", withAttribute({ s: new Uint8Array([0xff]) }), /'a' is not UTF-8/],
    ["a function's attribute", withAttribute({ refAttrName: "b" }), /'a' takes its value from a function/],
    ["a broken tensor in an attribute", withAttribute({ t: { dims: [3], dataType: 1 } }), /'a' is 3 float32/],
    [
      "a free value of an inner graph",
      withAttribute({ g: { node: [relu("ghost", "z")], output: [value("z")] } }),
      /node 'Relu_0' takes 'ghost'/,
    ],
  ])("%s", (_, content, reason) => {
    const message = messageOf(() => readOnnx(encode("Model", content), "mutant.onnx", dataFile));
    expect(message).toMatch(/^mutant\.onnx: /);
    expect(message).toMatch(reason);
  });

  const bytes = encode("Model", model({}));
  test.each<[string, number[], RegExp]>([
    ["nothing", [], /file is empty/],
    ["a length beyond the file", [0x3a, 0x7f], /graph says that it has 127 bytes, more than are left/],
    ["a length beyond 2^31", [0x3a, 0xff, 0xff, 0xff, 0xff, 0x0f], /graph/],
    ["a number that does not end", [0x08, ...new Array(11).fill(0xff)], /irVersion cannot be decoded/],
    ["a graph that is a number", [0x38, 1], /graph has wire type 0; expected 2/],
    ["an IR version that is text", [0x0a, 1, 65], /irVersion has wire type 2; expected 0/],
    ["a producer that is not UTF-8", [0x12, 1, 0xff], /producerName is not UTF-8/],
    ["a second graph", [0x3a, 0, 0x3a, 0], /graph is there twice/],
    ["field number 0", [0x00, 1], /cannot be decoded/],
    ["a group that does not end", [0x53, 0x08, 1], /cannot be decoded/],
    ["an unknown wire type", [0x57], /cannot be decoded/],
    [
      "half a float in a packed list",
      [0x3a, 6, 0x2a, 4, 0x22, 2, 0, 0],
      /graph.initializer.floatData cannot be decoded .2 bytes of packed float32/,
    ],
  ])("%s", (_, tail, reason) => {
    const message = messageOf(() => readOnnx(new Uint8Array(tail), "mutant.onnx"));
    expect(message).toMatch(/^mutant\.onnx: /);
    expect(message).toMatch(reason);
  });

  test("every beginning of a file", () => {
    for (let length = 0; length < bytes.length; length++) {
      expect(messageOf(() => readOnnx(bytes.subarray(0, length), "cut.onnx"))).toMatch(/^cut\.onnx: /);
    }
  });
});

test("odd files that the standard allows", () => {
  const unknownField = [0xa2, 0x01, 3, 1, 2, 3];
  const { graph } = readOnnx(
    new Uint8Array([
      ...encode(
        "Model",
        model({
          node: [
            relu("x", "a", { name: "same" }),
            relu("a", "b", { name: "same" }),
            relu("b", "c", {
              domain: "ai.onnx",
              attribute: [
                { name: "old", ints: [3, -1] },
                { name: "zero", type: 1 },
              ],
            }),
            relu("w", "y", { input: ["w", "", "c"] }),
          ],
          input: [
            value("x"),
            value("w"),
            { name: "batch", type: { tensorType: { shape: { dim: [{ dimValue: -1 }, {}] } } } },
          ],
          initializer: [{ name: "w", dataType: 9, dims: [3], rawData: new Uint8Array([0, 1, 7]) }],
        }),
      ),
      ...unknownField,
    ]),
    "odd",
  );
  expect(graph.nodes.map(({ name }) => name)).toEqual(["same", "same_2", "Relu_2", "Relu_3"]);
  expect(graph.nodes[2]).toMatchObject({ domain: "", attributes: { old: [3, -1], zero: 0 } });
  expect(graph.nodes[3].inputs).toEqual(["w", "", "c"]);
  expect(graph.inputs.map(({ name }) => name)).toEqual(["x", "batch"]);
  expect(graph.inputs[1]).toEqual({ name: "batch", dtype: "unknown", shape: ["", ""] });
  expect(graph.initializers.w.data).toEqual(new Uint8Array([0, 1, 1]));
});

test("raw data is a view of the file where it is aligned", () => {
  const bytes = encode("Model", withTensor({ rawData: new Uint8Array(new Float32Array([1, 2]).buffer) }));
  const views = [0, 1, 2, 3].filter((shift) => {
    const shifted = new Uint8Array(bytes.length + shift);
    shifted.set(bytes, shift);
    const { data } = readOnnx(shifted.subarray(shift), "m").graph.initializers.w;
    expect(data).toEqual(new Float32Array([1, 2]));
    return data.buffer === shifted.buffer;
  });
  expect(views).toHaveLength(1);
});

describe("no more than a file is worth", () => {
  test("graphs within graphs", () => {
    const field = (tag: number, content: readonly number[]) => [
      tag,
      (content.length & 127) | 128,
      content.length >> 7,
      ...content,
    ];
    /** A graph of one node whose attribute "a" is the graph within. */
    const around = (graph: readonly number[]) => {
      const attribute = [...field(0x0a, [97]), ...field(0x32, graph)];
      return field(0x0a, [...field(0x22, [...text("If")]), ...field(0x2a, attribute)]);
    };
    const read = (depth: number) => {
      let graph: number[] = [];
      for (let level = 0; level < depth; level++) graph = around(graph);
      const head = encode("Model", { irVersion: 8, opsetImport: [{ version: 17 }] });
      graph.push(...encode("Graph", { input: [value("x")], output: [value("x")] }));
      return readOnnx(new Uint8Array([...head, ...field(0x3a, graph)]), "deep.onnx");
    };
    expect(read(33).graph.nodes).toHaveLength(1);
    for (const depth of [34, 500]) {
      expect(messageOf(() => read(depth))).toMatch(/deep\.onnx: graph\.node\.attribute.*deeper than 100/);
    }
  });

  test("a flood of empty nodes", () => {
    const flood = new Uint8Array(4_000_000).map((_, index) => (index % 2 === 0 ? 0x0a : 0));
    const head = [0x3a, 0x80, 0x92, 0xf4, 0x01];
    const message = messageOf(() => readOnnx(new Uint8Array([...head, ...flood]), "flood.onnx"));
    expect(message).toMatch(/flood\.onnx: graph\.node.*1000000 are accepted/);
  });

  test("long names are cut short in messages", () => {
    const bytes = encode("Model", model({ node: [relu("g".repeat(1e6), "y")] }));
    expect(messageOf(() => readOnnx(bytes, "m")).length).toBeLessThan(300);
  });

  test("50,000 nodes, the last one first and all of one name, without the work of their square", () => {
    const nodes = Array.from({ length: 50_000 }, (_, i) =>
      relu(i === 0 ? "x" : `v${i}`, `v${i + 1}`, { name: "n" }),
    );
    const bytes = encode("Model", model({ node: nodes.reverse(), output: [value("v50000")] }));
    expect(readOnnx(bytes, "m").graph.nodes[0].inputs).toEqual(["x"]);
  });
});

describe("a mutated file is read, or refused with a StriateError that names it, in under a second", () => {
  type Mutation = {
    kind: "set" | "flip" | "delete" | "insert" | "cut" | "length";
    at: number;
    value: number;
  };
  const mutations = fc.array(
    fc.record<Mutation>({
      kind: fc.constantFrom("set", "flip", "delete", "insert", "cut", "length", "length"),
      at: fc.double({ min: 0, max: 1, noNaN: true }),
      value: fc.oneof(fc.integer({ min: 0, max: 255 }), fc.constantFrom(0, 1, 127, 128, 255)),
    }),
    { minLength: 1, maxLength: 4 },
  );

  function mutate(original: Uint8Array, changes: readonly Mutation[]): Uint8Array {
    const bytes = [...original];
    for (const { kind, at, value: amount } of changes) {
      const index = Math.floor(at * bytes.length);
      if (kind === "set" && index < bytes.length) bytes[index] = amount;
      if (kind === "flip" && index < bytes.length) bytes[index] ^= 1 << (amount & 7);
      if (kind === "delete") bytes.splice(index, 1 + (amount & 15));
      if (kind === "insert") bytes.splice(index, 0, amount);
      if (kind === "cut") bytes.length = index;
      if (kind === "length") bytes.splice(index, 1, 0x80 | amount, 0xff, 0xff, amount & 0x0f);
    }
    return new Uint8Array(bytes);
  }

  const withData = (bytes: Uint8Array, name: string) => readOnnx(bytes, name, () => fixture("external.bin"));
  test.each<[string, string, (bytes: Uint8Array, name: string) => unknown]>([
    ["network.onnx", "read", readOnnx],
    ["types.onnx", "read", readOnnx],
    ["control.onnx", "read", readOnnx],
    ["external.onnx", "read with its data", withData],
    ["tensor.pb", "read", readOnnxTensor],
    ["network.onnx", "described", describeBytes],
  ])("%s, %s", async (file, _, read) => {
    const original = fixture(file);
    let refused = 0;
    await fc.assert(
      fc.asyncProperty(mutations, async (changes) => {
        const bytes = mutate(original, changes);
        const start = performance.now();
        try {
          await read(bytes, "mutant.file");
        } catch (error) {
          expect(error).toBeInstanceOf(StriateError);
          expect((error as Error).message).toContain("mutant.file");
          refused++;
        }
        expect(performance.now() - start).toBeLessThan(1000);
      }),
      { numRuns: 300, seed: 8 },
    );
    expect(refused).toBeGreaterThan(0);
  });
});
