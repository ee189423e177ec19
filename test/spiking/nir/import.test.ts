import { describe, expect, it } from "vitest";
import type { NumericArray } from "../../../src/formats/array.ts";
import type { NirConv2d, NirGraph, NirNode } from "../../../src/formats/nir-graph.ts";
import type { SpikingGraph } from "../../../src/spiking/graph/index.ts";
import { spikingGraphFromNir } from "../../../src/spiking/index.ts";
import { messageOf } from "../../formats/errors.ts";
import { draw, sizeOf } from "../../tensor/fixture.ts";
import { record } from "./run.ts";

const array = (shape: number[], data: Float32Array | Float64Array): NumericArray => ({
  shape,
  dtype: data instanceof Float32Array ? "float32" : "float64",
  data,
});
const drawn = (shape: number[], seed: number) => array(shape, draw(sizeOf(shape), seed));
const all = (size: number, value: number) => array([size], new Float64Array(size).fill(value));

const input = (...shape: number[]): NirNode => ({ type: "Input", shape, metadata: {} });
const output = (...shape: number[]): NirNode => ({ type: "Output", shape, metadata: {} });
const identity = (...shape: number[]): NirNode => ({ type: "Identity", shape, metadata: {} });
const lif = (size: number): NirNode => ({
  type: "LIF",
  tau: all(size, 0.02),
  r: all(size, 1),
  vLeak: all(size, 0),
  vThreshold: all(size, 1),
  vReset: all(size, 0),
  metadata: {},
});

function graphOf(nodes: Record<string, NirNode>, edges: string): NirGraph {
  const pairs = edges.split(" ").map((edge) => edge.split(">") as [string, string]);
  return { type: "NIRGraph", nodes, edges: pairs, metadata: {} };
}

/** Nodes in a row from an input to an output. */
const chain = (from: number[], to: number[], ...nodes: NirNode[]): NirGraph =>
  graphOf(
    {
      in: input(...from),
      ...Object.fromEntries(nodes.map((node, i) => [`${i + 1}`, node])),
      out: output(...to),
    },
    ["in", ...nodes.keys(), "out"]
      .slice(1)
      .map((_, i) => `${i === 0 ? "in" : i}>${i === nodes.length ? "out" : i + 1}`)
      .join(" "),
  );

const dt = { timeStep: 1e-3 };
const nodeOf = (graph: SpikingGraph, name: string) => graph.nodes.find((node) => node.name === name)!;
const inputsOf = (graph: SpikingGraph, name: string) => nodeOf(graph, name).inputs;

async function outputOf(graph: NirGraph, values: Float32Array): Promise<number[]> {
  const { outputs } = await record(spikingGraphFromNir(graph, dt), values, 1);
  return [...outputs.out!];
}

const convolution = (options: Partial<NirConv2d>): NirConv2d => ({
  type: "Conv2d",
  weight: drawn([2, 1, 2, 4], 1),
  stride: [1, 1],
  padding: [0, 0],
  dilation: [1, 1],
  groups: 1,
  bias: drawn([2], 2),
  metadata: {},
  ...options,
});

describe("spikingGraphFromNir", () => {
  it("passes identities and the ports of nested graphs by", () => {
    const inner = graphOf(
      { in: input(2), skip: identity(2), lif: lif(2), out: output(2) },
      "in>skip skip>lif in>out lif>out",
    );
    const graph = spikingGraphFromNir(
      graphOf(
        { in: input(2), i: identity(2), layer: inner, out: output(2) },
        "in>i i>layer layer>out in>out",
      ),
      dt,
    );
    expect(graph.nodes.map(({ name }) => name)).toEqual(["in", "layer/lif", "out"]);
    expect(inputsOf(graph, "layer/lif")).toEqual(["in"]);
    expect([...inputsOf(graph, "out")].sort()).toEqual(["in", "in", "layer/lif"]);
  });

  it("makes one number of parameters that are all the same, and gives every node its shape", () => {
    const tau = array([2], Float64Array.of(0.01, 0.02));
    const graph = spikingGraphFromNir(chain([2], [2], { ...lif(2), tau } as NirNode), dt);
    const { operation, shape } = nodeOf(graph, "1");
    expect(shape).toEqual([2]);
    expect(operation).toEqual({
      type: "neuron",
      membrane: {
        kind: "leaky",
        tau: { shape: [2], data: Float32Array.of(0.01, 0.02) },
        r: { shape: [], data: Float32Array.of(1) },
        vLeak: { shape: [], data: Float32Array.of(0) },
      },
      firing: {
        threshold: { shape: [], data: Float32Array.of(1) },
        strict: true,
        reset: { shape: [], data: Float32Array.of(0) },
      },
      start: { shape: [], data: Float32Array.of(0) },
    });
  });

  it.each(["same", "valid"] as const)("pads convolutions by the word %s", async (padding) => {
    const values = draw(30, 3);
    const shape = padding === "same" ? [2, 5, 6] : [2, 3, 3];
    const options = { padding, dilation: [2, 1] } satisfies Partial<NirConv2d>;
    const given = await outputOf(chain([1, 5, 6], shape, convolution(options)), values);
    const { data: weight } = convolution({}).weight as { data: Float32Array };
    const { data: bias } = convolution({}).bias as { data: Float32Array };
    // With dilation 2 × 1 the kernel spans 3 × 4: one row above and below, one column before and two after.
    const [above, before] = padding === "same" ? [1, 1] : [0, 0];
    const pixel = (row: number, column: number) =>
      row < 0 || row > 4 || column < 0 || column > 5 ? 0 : values[row * 6 + column]!;
    const expected = Array.from({ length: sizeOf(shape) }, (_, i) => {
      const [rows, columns] = [shape[1]!, shape[2]!];
      const channel = Math.floor(i / (rows * columns));
      const [row, column] = [Math.floor(i / columns) % rows, i % columns];
      let sum = bias[channel]!;
      for (let tap = 0; tap < 8; tap++) {
        const [down, right] = [2 * Math.floor(tap / 4), tap % 4];
        sum += weight[channel * 8 + tap]! * pixel(row + down - above, column + right - before);
      }
      return sum;
    });
    expect(given).toHaveLength(expected.length);
    for (const [i, value] of expected.entries()) expect(given[i]).toBeCloseTo(value, 5);
  });

  it("convolves rows of numbers", async () => {
    const node: NirNode = {
      type: "Conv1d",
      weight: array([2, 1, 2], Float32Array.of(1, 10, 100, 1000)),
      stride: 2,
      padding: 1,
      dilation: 2,
      groups: 2,
      bias: array([2], Float32Array.of(0.5, 0)),
      metadata: {},
    };
    const values = Float32Array.of(1, 2, 3, 4, 5, 6, 7, 8, 9, 1);
    // Padded: 0 1 2 3 4 5 0 and 0 6 7 8 9 1 0; taps two apart, from every second place.
    expect(await outputOf(chain([2, 5], [2, 3], node), values)).toEqual([20.5, 42.5, 4.5, 7000, 9700, 900]);
  });

  it("joins the axes that Flatten names", () => {
    const flatten = (startDim: number, endDim: number): NirNode => ({
      type: "Flatten",
      startDim,
      endDim,
      metadata: {},
    });
    for (const [node, shape] of [
      [flatten(0, -1), [24]],
      [flatten(1, 2), [2, 12]],
      [flatten(-3, 1), [6, 4]],
    ] as const) {
      const graph = spikingGraphFromNir(chain([2, 3, 4], [...shape], node), dt);
      expect(nodeOf(graph, "1")).toMatchObject({ operation: { type: "reshape", shape }, shape });
    }
  });

  it("takes the time step that the graph notes, and the one given before it", () => {
    const graph = { ...chain([1], [1], lif(1)), metadata: { dt: 0.5 } };
    expect(spikingGraphFromNir(graph).timeStep).toBe(0.5);
    expect(spikingGraphFromNir(graph, { timeStep: 0.25 }).timeStep).toBe(0.25);
  });

  it.each<[string, RegExp, NirGraph, number | undefined]>([
    ["no time step", /does not note a time step.*Give the time step/, chain([1], [1], lif(1)), undefined],
    ["a time step of 0", /time step is 0/, chain([1], [1], lif(1)), 0],
    [
      "a node without input",
      /'b' \(LIF\) has no input/,
      graphOf({ in: input(1), a: lif(1), b: lif(1), out: output(1) }, "in>a a>out b>out"),
      1,
    ],
    [
      "an input that takes something",
      /'in' \(Input\) takes 'a'/,
      graphOf({ in: input(1), a: lif(1), out: output(1) }, "in>a a>out a>in"),
      1,
    ],
    [
      "a circle of identities",
      /'b' feeds itself|'a' feeds itself/,
      graphOf({ in: input(1), a: identity(1), b: identity(1), out: output(1) }, "in>a a>b b>a b>out"),
      1,
    ],
    [
      "shapes that do not fit",
      /gives \[2\].*takes \[3\]/,
      graphOf({ in: input(2), a: lif(3), out: output(3) }, "in>a a>out"),
      1,
    ],
    [
      "stacked matrices",
      /'1' \(Linear\) has a weight of shape \[2, 3, 4\]/,
      chain([2, 4], [2, 3], { type: "Linear", weight: drawn([2, 3, 4], 1), metadata: {} }),
      1,
    ],
    [
      "a start potential that is no number",
      /'1' notes a start potential/,
      chain([2], [2], { ...lif(2), metadata: { start: "low" } } as NirNode),
      1,
    ],
    [
      "metadata that are not JSON",
      /not a JSON object/,
      { ...chain([1], [1], lif(1)), metadata: { striate: "[1" } },
      1,
    ],
  ])("refuses %s", (_, message, graph, timeStep) => {
    expect(messageOf(() => spikingGraphFromNir(graph, { timeStep }))).toMatch(message);
  });

  it("refuses delays of too many steps when it comes to running", async () => {
    const delay: NirNode = { type: "Delay", delay: array([1], Float32Array.of(1e6)), metadata: {} };
    const graph = spikingGraphFromNir(chain([1], [1], delay), dt);
    await expect(record(graph, new Float32Array(1), 1)).rejects.toThrow(/delay of "1" is 1000000000 steps/);
  });
});
