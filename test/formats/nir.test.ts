import { existsSync, readdirSync, readFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { StriateError } from "../../src/error.ts";
import { readNirFile, writeNirFile } from "../../src/formats/index.node.ts";
import {
  describeBytes,
  inferShapes,
  type NirConv2d,
  type NirGraph,
  type NirLIF,
  type NirMetadata,
  type NirNode,
  type NirShapes,
  type NumericArray,
  readNir,
  writeHdf5,
  writeNir,
} from "../../src/formats/index.ts";
import { messageOf, rejectionOf } from "./errors.ts";
import { temporaryFolder } from "./temporary-folder.ts";

const folder = new URL("../fixtures/nir/", import.meta.url);
const fixture = (file: string) => new Uint8Array(readFileSync(new URL(file, folder)));

/** A node as the Python package reads it. */
interface Expected {
  type: string;
  metadata: Record<string, unknown>;
  input: number[];
  output: number[];
  fields?: Record<string, unknown>;
  nodes?: Record<string, Expected>;
  edges?: [string, string][];
}
const expected: Record<string, Expected> = JSON.parse(new TextDecoder().decode(fixture("expected.json")));

const camel = (field: string) => field.replace(/_(.)/g, (_, letter) => letter.toUpperCase());
const ordered = (edges: readonly (readonly string[])[]) => edges.map((edge) => edge.join(" → ")).sort();

/** Compares a value with what Python has: numbers are also scalars, lists of whole numbers also arrays. */
function expectSame(given: unknown, python: unknown, where: string): void {
  const numbers = (value: unknown) =>
    Array.from((value as NumericArray).data as ArrayLike<number | bigint | string>, (one) =>
      typeof one === "bigint" ? Number(one) : one,
    );
  if (isArray(python) && python.shape.length === 0) {
    expectSame(given, python.data[0], where);
  } else if (isArray(python)) {
    const { shape, dtype } = given as NumericArray;
    expect([shape, dtype, numbers(given)], where).toEqual([python.shape, python.dtype, python.data]);
  } else if (Array.isArray(python) && isArray(given)) {
    expect(numbers(given), where).toEqual(python);
  } else if (typeof python === "object" && !Array.isArray(python)) {
    expect(Object.keys(given as object).sort(), where).toEqual(Object.keys(python!).sort());
    for (const [key, value] of Object.entries(python!)) {
      expectSame((given as NirMetadata)[key], value, `${where}/${key}`);
    }
  } else {
    expect(Array.isArray(given) && !Array.isArray(python) ? given[0] : given, where).toEqual(python);
  }
}

const isArray = (value: unknown): value is { shape: number[]; dtype: string; data: number[] } =>
  typeof value === "object" && value !== null && "shape" in value && "data" in value;

function expectNode(given: NirNode, python: Expected, shapes: NirShapes | undefined, where: string): void {
  expect(given.type, where).toBe(python.type);
  expectSame(given.metadata, python.metadata, `${where} metadata`);
  if (shapes !== undefined)
    expect([shapes.input, shapes.output], where).toEqual([python.input, python.output]);
  if (given.type === "NIRGraph") expectGraph(given, python, shapes?.nodes ?? {}, where);
  for (const [field, value] of Object.entries(python.fields ?? {})) {
    expectSame((given as unknown as Record<string, unknown>)[camel(field)], value, `${where} ${field}`);
  }
}

function expectGraph(
  given: NirGraph,
  python: Expected,
  shapes: Record<string, NirShapes>,
  where: string,
): void {
  expect(new Set(Object.keys(given.nodes)), where).toEqual(new Set(Object.keys(python.nodes!)));
  expect(ordered(given.edges), where).toEqual(ordered(python.edges!));
  for (const [key, node] of Object.entries(given.nodes)) {
    expectNode(node, python.nodes![key], shapes[key], `${where}/${key}`);
  }
}

describe("files of the Python package and of earlier writers", () => {
  test.each(["every", "nested", "old"])("%s: the package's numbers, defaults and shapes", async (name) => {
    const graph = await readNir(fixture(`${name}.nir`), name);
    expect(graph.version).toBe(name === "old" ? undefined : "1.0.8");
    expectSame(graph.metadata, expected[name].metadata, "metadata");
    expectGraph(graph, expected[name], inferShapes(graph), name);
  });

  test("every primitive is there once at least", async () => {
    const types = new Set<string>(["Identity", "NIRGraph"]);
    for (const node of Object.values((await readNir(fixture("every.nir"), "every")).nodes))
      types.add(node.type);
    expect(types.size).toBe(20);
  });

  test("Identity and names with a slash, which the package writes only", async () => {
    const identity = await readNir(fixture("identity.nir"), "identity");
    expect(identity.nodes.same).toEqual({ type: "Identity", shape: [2, 3], metadata: {} });
    expect(inferShapes(identity).output.input).toEqual([2, 3]);
    const slash = await readNir(fixture("slash.nir"), "slash");
    expect(Object.keys(slash.nodes).sort()).toEqual(["block/0/fc", "input", "output"]);
    expect(inferShapes(slash)["block/0/fc"]).toEqual({ input: [2], output: [2] });
    expect(await rejectionOf(writeNir(slash))).toContain('"block/0/fc"');
  });
});

describe("what is written", () => {
  test.each(["every", "nested", "old", "identity"])("%s is read back as it was", async (name) => {
    const graph = await readNir(fixture(`${name}.nir`), name);
    const again = await readNir(await writeNir(graph), name);
    expect(again).toEqual({ ...graph, version: "1.0.8" });
    expect(await writeNir(graph)).toEqual(await writeNir(again));
  });

  test("the Python package read all of it: reference/nir_check.py", () => {
    const lines = new TextDecoder().decode(fixture("python_check.txt")).trim().split("\n");
    const compared = lines.filter((line) => line.includes("fields equal")).map((line) => line.split(":")[0]);
    expect(compared).toEqual(expect.arrayContaining(["every.nir", "nested.nir", "old.nir"]));
  });

  test("to a path and from there", async () => {
    const path = `${await temporaryFolder()}/graph.nir`;
    await writeNirFile(path, small());
    expect(await readNirFile(path)).toEqual({ ...small(), version: "1.0.8" });
  });

  test("a convolution without its input shape gets the one that follows, nested or in groups", async () => {
    const inner = withConvolution({ inputShape: undefined });
    const outer = small({ middle: inner }, [4, 6, 6]);
    const { nodes } = (await readNir(await writeNir(outer), "x")).nodes.middle as NirGraph;
    expect((nodes.middle as NirConv2d).inputShape).toEqual([6, 6]);
    expect(inner.nodes.middle).not.toHaveProperty("inputShape", [6, 6]);
  });

  test("names and metadata of any kind", async () => {
    const graph = small();
    graph.metadata = {
      whole: -3,
      real: 0.1,
      text: "größe",
      list: { shape: [2], dtype: "text", data: ["a", ""] },
      bits: { shape: [1, 2], dtype: "uint8", data: new Uint8Array([1, 2]) },
      large: { shape: [], dtype: "int64", data: new BigInt64Array([2n ** 60n]) },
      deep: { er: { x: 1 } },
      ["__proto__"]: "fine",
    };
    const odd = Object.fromEntries(
      ["a b", "..", "雲", "__proto__", "constructor", "3"].map((key) => [key, input([2])]),
    );
    graph.nodes = { ...graph.nodes, ...odd };
    const again = await readNir(await writeNir(graph), "x");
    expect(again).toEqual({ ...graph, version: "1.0.8" });
    expect(Object.keys(again.nodes).length).toBe(9);
  });
});

describe("real files", () => {
  const path = new URL("../../../shared/data/nir/", import.meta.url);
  const files = existsSync(path) ? readdirSync(path).filter((file) => file.endsWith(".nir")) : [];
  if (files.length === 0) test("real files", (context) => context.skip("no ../shared/data/nir"));
  const populations: Record<string, [version: string, neurons: number, nodes: number]> = {
    "braille_noDelay_bias_zero.nir": ["0.2.0", 45, 7],
    "cnn_sinabs.nir": ["0.2.0", 8970, 15],
    "lif_norse.nir": ["0.1.1", 1, 4],
    "lif_rockpool.nir": ["0.2.0", 1, 4],
    "two_lif_neurons.nir": ["0.2.0", 2, 6],
  };
  test.each(files)("%s: read, shapes inferred, written, described", async (file) => {
    const bytes = new Uint8Array(readFileSync(new URL(file, path)));
    const graph = await readNir(bytes, file);
    expect(Object.keys(inferShapes(graph))).toEqual(Object.keys(graph.nodes));
    expect(await readNir(await writeNir(graph), file)).toEqual({ ...graph, version: "1.0.8" });
    const { json } = await describeBytes(bytes, file);
    const { version, neurons, nodes, shapes } = json as Record<string, unknown>;
    expect([version, neurons, (nodes as unknown[]).length]).toEqual(populations[file]);
    expect(shapes).toBe("consistent");
  });
});

describe("graphs that make no sense", () => {
  const lif = (changes: Partial<NirLIF>) => small({ middle: { ...neuron([2]), ...changes } });
  const refused: [string, NirGraph, RegExp][] = [
    ["unknown type", small({ middle: { type: "Sigma" } as never }), /node 'middle'.*Sigma.*known.*CubaLIF/],
    [
      "edge from nowhere",
      edge(["ghost", "output"]),
      /edge 'ghost' → 'output' names 'ghost'.*input, middle, output/,
    ],
    ["edge to nowhere", edge(["input", "ghost"]), /names 'ghost'/],
    ["edge to a property of objects", edge(["input", "toString"]), /names 'toString'/],
    ["edge twice", edge(["input", "middle"]), /edge 'input' → 'middle' is there twice/],
    ["no Input", without("input"), /no Input node/],
    ["no Output", without("output"), /no Output node/],
    ["τ of zero", lif({ tau: array([2], 0) }), /'middle' \(LIF\): tau is 0; expected above 0 s/],
    ["NaN", lif({ vLeak: array([2], Number.NaN) }), /'middle' \(LIF\): vLeak holds NaN/],
    ["infinite", lif({ vThreshold: array([2], Number.POSITIVE_INFINITY) }), /vThreshold holds Infinity/],
    ["uneven neurons", lif({ r: array([3]) }), /r is 3, but tau is 2/],
    ["data that is too short", lif({ r: { ...array([2]), shape: [5] } }), /r: shape 5 needs 5 elements/],
    [
      "whole numbers as parameters",
      lif({ r: { shape: [2], dtype: "int8", data: new Int8Array(2) } }),
      /int8/,
    ],
    [
      "weight of rank one",
      linear({ weight: array([2]), bias: array([2]) }),
      /weight is 2; expected \(outputs, inputs\)/,
    ],
    ["bias too long", linear({ bias: array([3]) }), /bias is 3; the weight has 2 outputs/],
    [
      "convolution of rank three",
      withConvolution({ weight: array([4, 1, 3]) }),
      /weight is 4 × 1 × 3; expected/,
    ],
    ["groups", withConvolution({ groups: 3 }), /4 output channels in 3 groups/],
    ["stride of zero", withConvolution({ stride: [0, 1] }), /stride is 0, 1; expected 1 or more/],
    ["half a stride", withConvolution({ stride: [0.5, 1] }), /stride is \[0.5,1\]; expected whole numbers/],
    [
      "same with a stride",
      withConvolution({ padding: "same", stride: [2, 2] }),
      /padding is "same" with stride/,
    ],
    ["negative shape", small({ input: input([-2]) }), /shape is -2; expected 1 or more/],
  ];
  test.each(refused)("%s", async (_, graph, message) => {
    expect(await rejectionOf(writeNir(graph))).toMatch(message);
  });

  const mismatched: [string, NirGraph, RegExp][] = [
    [
      "an edge",
      small({ middle: neuron([3]) }),
      /'input' \(Input\) gives \[2\], but 'middle' \(LIF\) takes \[3\]/,
    ],
    [
      "an output",
      small({ output: { type: "Output", shape: [2, 2], metadata: {} } }),
      /gives \[2\], but 'output'/,
    ],
    [
      "channels",
      small({ middle: convolution({ inputShape: undefined }) }, [3, 6, 6]),
      /is given \[3, 6, 6\]/,
    ],
    ["a kernel that is too large", withConvolution({ dilation: [5, 5] }), /spans 11 does not fit into 8/],
    ["pooling of a vector", small({ middle: pool() }), /'middle' \(SumPool2d\) is given \[2\]/],
    [
      "Flatten",
      small({ middle: { type: "Flatten", startDim: 1, endDim: -1, metadata: {} } }),
      /axes 1 to -1 of \[2\]/,
    ],
    [
      "a node that nothing reaches",
      { ...small({ middle: pool() }), edges: [] },
      /'middle' .*no edge brings one/,
    ],
    ["two ways into a nested graph", small({ middle: small({ second: input([2]) }) }), /2 Input nodes/],
    [
      "an edge in a nested graph",
      small({ middle: small({ middle: neuron([3]) }) }),
      /'middle\/input' .*'middle\/middle'/,
    ],
  ];
  test.each(mismatched)("shapes that do not fit: %s", (_, graph, message) => {
    expect(messageOf(() => inferShapes(graph))).toMatch(message);
  });

  test("shapes of oblong kernels, groups, dilation and words for padding", () => {
    const shapes = (changes: Partial<NirConv2d>) =>
      inferShapes(
        small({ middle: convolution(changes), output: output([1]) }, [4, 6, 6], [["input", "middle"]]),
      ).middle;
    expect(shapes({}).output).toEqual([4, 6, 6]);
    expect(shapes({ weight: array([4, 1, 3, 5]), stride: [2, 1] }).output).toEqual([4, 3, 4]);
    expect(shapes({ padding: "valid", dilation: [2, 1] }).output).toEqual([4, 2, 4]);
    expect(
      shapes({ padding: "same", weight: array([8, 4, 5, 5]), bias: array([8]), groups: 1 }).output,
    ).toEqual([8, 6, 6]);
  });
});

describe("files that are no sound NIR", () => {
  const text = (value: string) => ({ kind: "dataset" as const, shape: [], data: [value] });
  const number = (value: number) => ({ kind: "dataset" as const, shape: [], data: Float64Array.of(value) });
  const group = (children: object) => ({ kind: "group" as const, children: children as never });
  const port = (type: string) =>
    group({ type: text(type), shape: { kind: "dataset", shape: [1], data: Int32Array.of(2) } });
  const file = (nodes: object, more: object = {}) =>
    writeHdf5(
      group({
        node: group({
          type: text("NIRGraph"),
          nodes: group({ in: port("Input"), out: port("Output"), ...nodes }),
          edges: { kind: "dataset", shape: [1, 2], data: ["in", "out"] },
        }),
        ...more,
      }),
    );
  const cases: [string, Promise<Uint8Array>, RegExp][] = [
    ["no graph", writeHdf5(group({ x: number(1) })), /^x.nir: an HDF5 file without a group 'node'/],
    ["a later version", file({}, { version: text("2.1") }), /^x.nir: written by NIR version "2.1"/],
    [
      "an unknown type",
      file({ n: group({ type: text("Foo") }) }),
      /node 'n' is of the type "Foo"; known are Input/,
    ],
    ["no type", file({ n: group({ r: number(1) }) }), /node 'n' has no field 'type'/],
    [
      "a missing field",
      file({ n: group({ type: text("LI"), r: number(1) }) }),
      /'n' \(LI\) has no field 'tau'/,
    ],
    [
      "a field of the future",
      file({ n: group({ type: text("I"), r: number(1), mood: number(1) }) }),
      /'n' \(I\) has a field 'mood', which NIR 1.0 does not know; expected r/,
    ],
    [
      "text for numbers",
      file({ n: group({ type: text("I"), r: text("one") }) }),
      /'r' holds text; expected numbers/,
    ],
    [
      "a word for a stride",
      file({ n: group({ type: text("SumPool2d"), kernel_size: text("two") }) }),
      /'kernel_size' is the text "two"; expected whole numbers/,
    ],
    [
      "three strides",
      file({
        n: group({
          type: text("SumPool2d"),
          kernel_size: { kind: "dataset", shape: [3], data: new Int8Array(3) },
        }),
      }),
      /'kernel_size' is 3; expected two/,
    ],
  ];
  test.each(cases)("%s", async (_, bytes, message) => {
    expect(await rejectionOf(readNir(await bytes, "x.nir"))).toMatch(message);
  });

  test("mutants are read or refused, each within two seconds", async () => {
    const sound = fixture("nested.nir");
    let refused = 0;
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.tuple(fc.nat(sound.length - 1), fc.nat(255)), { minLength: 1, maxLength: 40 }),
        fc.option(fc.nat(sound.length), { freq: 5 }),
        async (changes, cut) => {
          const bytes = sound.slice(0, cut ?? undefined);
          for (const [index, value] of changes) if (index < bytes.length) bytes[index] = value;
          const start = performance.now();
          const outcome = await readNir(bytes, "mutant.nir").catch((error) => error);
          expect(performance.now() - start).toBeLessThan(2000);
          if (!(outcome instanceof Error)) return;
          expect(outcome).toBeInstanceOf(StriateError);
          expect(outcome.message).toContain("mutant.nir");
          refused++;
        },
      ),
      { numRuns: 300, seed: 9 },
    );
    expect(refused).toBeGreaterThan(100);
  }, 120_000);
});

test("described: the header, a table of nodes, and what feeds what, nested graphs opened up", async () => {
  const { rows, table, graph } = await describeBytes(fixture("nested.nir"), "nested.nir");
  expect(Object.fromEntries(rows.map(({ name, value }) => [name, value]))).toMatchObject({
    format: "NIR (HDF5)",
    version: "1.0.8",
    "input input": "3",
    neurons: "4",
    parameters: "68 in 11 arrays",
    nodes: "8",
  });
  expect(table!.rows.map(([name, type]) => `${name} ${type}`)).toEqual([
    "input Input",
    "fc1 Affine",
    "rnn/input Input",
    "rnn/lif CubaLIF",
    "rnn/w_rec Linear",
    "rnn/output Output",
    "fc2 Linear",
    "output Output",
  ]);
  expect(table!.rows[3][4]).toContain("wIn 1.5");
  const feeds = Object.fromEntries(graph!.map(({ name, inputs }) => [name, inputs.sort()]));
  expect(feeds["rnn/input"]).toEqual(["fc1"]);
  expect(feeds["rnn/lif"]).toEqual(["rnn/input", "rnn/w_rec"]);
  expect(feeds.fc2).toEqual(["rnn/output"]);
});

test("described: any other HDF5 file by its objects", async () => {
  const bytes = new Uint8Array(readFileSync(new URL("../fixtures/hdf5/kinds.h5", import.meta.url)));
  const { rows } = await describeBytes(bytes, "kinds.h5");
  const values = Object.fromEntries(rows.map(({ name, value }) => [name, value]));
  expect(values).toMatchObject({
    format: "HDF5",
    "/numbers": "group",
    "/numbers/packed": "60 × 100 float32",
    "/other/soft": "link to /numbers/f4",
    "/other/compound": "1 compound",
  });
});

function array(shape: number[], value = 1): NumericArray {
  const length = shape.reduce((product, size) => product * size, 1);
  return { shape, dtype: "float32", data: new Float32Array(length).fill(value) };
}

function input(shape: number[]): NirNode {
  return { type: "Input", shape, metadata: {} };
}

function output(shape: number[]): NirNode {
  return { type: "Output", shape, metadata: {} };
}

function neuron(shape: number[]): NirLIF {
  const [tau, r, vLeak, vThreshold, vReset] = Array.from({ length: 5 }, () => array(shape));
  return { type: "LIF", tau, r, vLeak, vThreshold, vReset, metadata: {} };
}

function pool(): NirNode {
  return { type: "SumPool2d", kernelSize: [2, 2], stride: [2, 2], padding: [0, 0], metadata: {} };
}

/** Four channels of 6 × 6, each with a kernel of its own. */
function convolution(changes: Partial<NirConv2d>): NirConv2d {
  return {
    type: "Conv2d",
    inputShape: [6, 6],
    weight: array([4, 1, 3, 3]),
    stride: [1, 1],
    padding: [1, 1],
    dilation: [1, 1],
    groups: 4,
    bias: array([4]),
    metadata: {},
    ...changes,
  };
}

/** An input, two neurons, an output. */
function small(
  changes: Record<string, NirNode> = {},
  shape: number[] = [2],
  edges: [string, string][] = [
    ["input", "middle"],
    ["middle", "output"],
  ],
): NirGraph {
  const nodes = { input: input(shape), middle: neuron(shape), output: output(shape), ...changes };
  return { type: "NIRGraph", nodes, edges, metadata: {} };
}

function withConvolution(changes: Partial<NirConv2d>): NirGraph {
  return small({ middle: convolution(changes) }, [4, 6, 6]);
}

function linear(changes: object): NirGraph {
  return small({
    middle: { type: "Affine", weight: array([2, 2]), bias: array([2]), metadata: {}, ...changes },
  });
}

function edge(more: [string, string]): NirGraph {
  const graph = small();
  return { ...graph, edges: [...graph.edges, more] };
}

function without(name: string): NirGraph {
  const { [name]: _, ...nodes } = small().nodes;
  return { ...small(), nodes, edges: [] };
}
