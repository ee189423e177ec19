import fc from "fast-check";
import { describe, expect, it } from "vitest";
import "../../../src/formats/nir.node.ts";
import { readNir, writeNir } from "../../../src/formats/nir.ts";
import type { Numbers, Operation, SpikingGraph, SpikingNode } from "../../../src/spiking/graph/index.ts";
import { scalar } from "../../../src/spiking/graph/index.ts";
import { nirFromSpikingGraph, spikingGraphFromNir } from "../../../src/spiking/index.ts";
import { messageOf } from "../../formats/errors.ts";
import { draw, sizeOf } from "../../tensor/fixture.ts";
import { record } from "./run.ts";

const STEPS = 6;
let seed = 1000;
const drawn = (shape: number[], low = -0.5, high = 1): Numbers => ({
  shape,
  data: draw(sizeOf(shape), seed++, low, high),
});

const spiking = (options: Partial<Extract<Operation, { type: "neuron" }>> = {}): Operation => ({
  type: "neuron",
  membrane: { kind: "integrator", r: scalar(1) },
  firing: { threshold: scalar(1), strict: false, reset: "subtract" },
  start: scalar(0.5),
  ...options,
});

/** A graph from an input through some nodes; each takes the one before, or what it names. */
function graphOf(shape: number[], ...nodes: (Operation | [Operation, ...string[]])[]): SpikingGraph {
  const all: SpikingNode[] = [{ name: "input", inputs: [], operation: { type: "input", shape } }];
  for (const [i, node] of nodes.entries()) {
    const [operation, ...inputs] = Array.isArray(node) ? node : [node, all.at(-1)!.name];
    all.push({ name: `n${i + 1}`, inputs, operation });
  }
  all.push({ name: "output", inputs: [all.at(-1)!.name], operation: { type: "output" } });
  return { nodes: all, timeStep: 1, metadata: {} };
}

/** The largest difference of the outputs of a graph and of what becomes of it as NIR. */
async function difference(graph: SpikingGraph, isFile = false): Promise<number> {
  const { nir } = nirFromSpikingGraph(graph);
  const read = spikingGraphFromNir(isFile ? await readNir(await writeNir(nir), "a.nir") : nir);
  expect(read.timeStep).toBe(graph.timeStep);
  const { shape } = graph.nodes[0]!.operation as { readonly shape: readonly number[] };
  const values = draw(sizeOf(shape) * STEPS, 7, 0, 1);
  const [before, after] = [await record(graph, values, STEPS), await record(read, values, STEPS)];
  const [a, b] = [before.outputs.output!, after.outputs.output!];
  expect(b.length).toBe(a.length);
  expect(a.some((value) => value !== 0)).toBe(true);
  return a.reduce((most, value, i) => Math.max(most, Math.abs(value - b[i]!)), 0);
}

const plain = { stride: [1, 1], padding: [0, 0, 0, 0], dilation: [1, 1], groups: 1 } as const;

const EXPANDED: Readonly<Record<string, SpikingGraph>> = {
  "padding of its own on each side": graphOf([2, 5, 6], {
    type: "conv2d",
    weight: drawn([3, 2, 3, 2]),
    bias: drawn([3]),
    ...plain,
    stride: [2, 2],
    padding: [0, 1, 2, 0],
  }),
  "uneven padding of a dilated kernel": graphOf([2, 6, 6], {
    type: "conv2d",
    weight: drawn([3, 2, 2, 3]),
    ...plain,
    padding: [1, 0, 0, 2],
    dilation: [2, 1],
  }),
  "a convolution in groups": graphOf([4, 4, 4], {
    type: "conv2d",
    weight: drawn([6, 2, 3, 3]),
    ...plain,
    groups: 2,
  }),
  "a scale for each pixel and a bias for each channel": graphOf([2, 3, 3], {
    type: "scale",
    scale: drawn([2, 3, 3]),
    bias: drawn([2, 1, 1]),
  }),
  "a scale and a bias for each channel": graphOf([3, 2, 2], {
    type: "scale",
    scale: drawn([3, 1, 1]),
    bias: drawn([3, 1, 1]),
  }),
  "one scale for all": graphOf([3, 2, 2], { type: "scale", scale: scalar(0.25) }),
  "a scale and a bias of a vector": graphOf([5], { type: "scale", scale: scalar(2), bias: drawn([5]) }),
  "every other pixel, padded channels": graphOf(
    [2, 5, 6],
    { type: "slice", axes: [1, 2], starts: [0, 0], counts: [3, 3], steps: [2, 2] },
    {
      type: "pad",
      widths: [
        [1, 2],
        [0, 0],
        [0, 0],
      ],
    },
  ),
  "a crop, channels in reverse": graphOf(
    [4, 5, 6],
    { type: "slice", axes: [0, 1, 2], starts: [3, 1, 2], counts: [2, 3, 2], steps: [-2, 1, 1] },
    {
      type: "pad",
      widths: [
        [0, 0],
        [2, 0],
        [0, 1],
      ],
    },
  ),
  "channels one after the other": graphOf([2, 3, 3], { type: "scale", scale: scalar(3) }, [
    { type: "concat", axis: 0 },
    "input",
    "n1",
    "input",
  ]),
  "rows one below the other": graphOf(
    [2, 3, 3],
    { type: "averagePool2d", kernel: [2, 1], stride: [1, 1], padding: [1, 0] },
    [{ type: "concat", axis: 1 }, "n1", "input"],
  ),
  "parts of vectors": graphOf(
    [7],
    { type: "slice", axes: [0], starts: [6], counts: [3], steps: [-3] },
    { type: "pad", widths: [[2, 1]] },
    [{ type: "concat", axis: 0 }, "input", "n2"],
  ),
  "axes exchanged before they are flattened": graphOf(
    [2, 3, 4],
    { type: "transpose", permutation: [2, 0, 1] },
    { type: "reshape", shape: [24] },
    { type: "linear", weight: drawn([5, 24]), bias: drawn([5]) },
  ),
  "some axes joined": graphOf(
    [2, 3, 4],
    { type: "reshape", shape: [2, 12] },
    { type: "reshape", shape: [24] },
    { type: "reshape", shape: [24] },
  ),
  "an input that comes twice": graphOf(
    [3, 2, 2],
    [{ type: "sum" }, "input", "input"],
    [{ type: "sumPool2d", kernel: [2, 2], stride: [2, 2], padding: [1, 1] }, "n1", "input"],
  ),
  "soft resets, start potentials, spikes at the threshold": graphOf(
    [4],
    spiking({ start: drawn([4], 0, 0.9) }),
    { type: "linear", weight: drawn([4, 4]) },
    spiking({ membrane: { kind: "leaky", tau: scalar(5), r: drawn([4], 1, 4), vLeak: scalar(0.1) } }),
  ),
  delays: graphOf([3], { type: "delay", delay: { shape: [3], data: Float32Array.of(0, 1, 3) } }),
};

describe("what NIR has no primitive for", () => {
  it.each(Object.keys(EXPANDED))("%s", async (name) => {
    expect(await difference(EXPANDED[name]!)).toBeLessThan(1e-5);
  });

  it("convolutions of any geometry", async () => {
    const side = fc.integer({ min: 0, max: 2 });
    const step = fc.integer({ min: 1, max: 3 });
    const geometry = fc.record({
      padding: fc.tuple(side, side, side, side),
      stride: fc.tuple(step, step),
      dilation: fc.tuple(fc.integer({ min: 1, max: 2 }), fc.integer({ min: 1, max: 2 })),
      groups: fc.constantFrom(1, 2),
    });
    await fc.assert(
      fc.asyncProperty(geometry, async (each) => {
        const weight = drawn([2, 2 / each.groups, 2, 3]);
        const graph = graphOf([2, 6, 7], { type: "conv2d", weight, bias: drawn([2], 0.1, 1), ...each });
        expect(await difference(graph)).toBeLessThan(1e-5);
      }),
      { numRuns: 15, seed: 5 },
    );
  });

  it("slices of images of any geometry", async () => {
    const axis = (extent: number) =>
      fc
        .tuple(fc.nat(extent - 1), fc.integer({ min: 1, max: 3 }))
        .chain(([start, step]) =>
          fc
            .integer({ min: 1, max: Math.floor((extent - 1 - start) / step) + 1 })
            .map((count) => ({ start, step, count })),
        );
    await fc.assert(
      fc.asyncProperty(axis(5), axis(6), async (rows, columns) => {
        const both = [rows, columns];
        const graph = graphOf([2, 5, 6], {
          type: "slice",
          axes: [1, 2],
          starts: both.map(({ start }) => start),
          counts: both.map(({ count }) => count),
          steps: both.map(({ step }) => step),
        });
        expect(await difference(graph)).toBe(0);
      }),
      { numRuns: 15, seed: 6 },
    );
  });

  it("a one-dimensional convolution stays one", async () => {
    const nodes = [
      { type: "reshape", shape: [2, 1, 9] },
      {
        type: "conv2d",
        weight: drawn([4, 1, 1, 3]),
        ...plain,
        stride: [1, 2],
        padding: [0, 2, 0, 1],
        groups: 2,
      },
      { type: "reshape", shape: [4, 5] },
    ] as const;
    const graph = graphOf([2, 9], ...nodes);
    expect(Object.values(nirFromSpikingGraph(graph).nir.nodes).map(({ type }) => type)).toEqual([
      "Input",
      "Conv1d",
      "Output",
    ]);
    expect(await difference(graph)).toBeLessThan(1e-5);
  });
});

describe("what NIR cannot say", () => {
  it("comes back from a file", async () => {
    expect(await difference(EXPANDED["soft resets, start potentials, spikes at the threshold"]!, true)).toBe(
      0,
    );
  });

  it("is noted in the metadata, with one warning for each kind", () => {
    const graph = graphOf([2], spiking(), spiking(), spiking({ start: scalar(0) }));
    const { nir, warnings } = nirFromSpikingGraph({ ...graph, metadata: { name: "a", list: [1, 2] } });
    expect(nir.nodes.n1).toMatchObject({
      type: "IF",
      metadata: { reset: "subtract", start: 0.5, fires: "at threshold" },
    });
    expect(nir.nodes.n3.metadata).not.toHaveProperty("start");
    expect(nir.metadata.dt).toBe(1);
    expect(warnings).toHaveLength(4);
    expect(warnings.find((warning) => warning.includes("reset"))).toMatch(/^"n1", "n2", "n3" .*soft reset/);
    const back = spikingGraphFromNir(nir);
    expect(back.metadata).toEqual({ name: "a", list: [1, 2] });
    expect(back.nodes.find(({ name }) => name === "n1")!.operation).toEqual(spiking());
  });

  it("hard resets above the threshold need no warning but that of the time step", () => {
    const firing = { threshold: scalar(1), strict: true, reset: scalar(-0.5) };
    const { nir, warnings } = nirFromSpikingGraph(graphOf([2], spiking({ firing, start: scalar(0) })));
    expect(warnings).toHaveLength(1);
    expect(nir.nodes.n1.metadata).toEqual({});
    expect(nir.nodes.n1).toMatchObject({ vReset: { shape: [2], data: Float32Array.of(-0.5, -0.5) } });
  });

  it.each<[string, RegExp, SpikingGraph]>([
    [
      "signed neurons",
      /neurons "n1" are signed.*unsigned/,
      graphOf(
        [2],
        spiking({ firing: { threshold: scalar(1), strict: false, reset: "subtract", takesBackAt: -0.001 } }),
      ),
    ],
    [
      "gated max-pooling",
      /"n1" is a gated max-pooling.*average pooling/,
      graphOf([1, 4, 4], {
        type: "maxPool2d",
        kernel: [2, 2],
        stride: [2, 2],
        padding: [0, 0, 0, 0],
        dilation: [1, 1],
      }),
    ],
    [
      "vectors made images",
      /reshape "n1".*not make \[2, 3\] of \[6\]/,
      graphOf([6], { type: "reshape", shape: [2, 3] }),
    ],
    [
      "exchanged axes",
      /transpose "n1".*cannot exchange axes/,
      graphOf([2, 3, 3], { type: "transpose", permutation: [0, 2, 1] }, spiking()),
    ],
    [
      "matrices of tokens",
      /linear "n1".*vectors/,
      graphOf([3, 4], { type: "linear", weight: drawn([2, 4]) }),
    ],
    [
      "mirrored images",
      /slice "n1".*Mirror the image/,
      graphOf([1, 2, 3], { type: "slice", axes: [2], starts: [2], counts: [3], steps: [-1] }),
    ],
    [
      "a bias for each pixel",
      /scale "n1".*one number to each channel/,
      graphOf([1, 2, 3], { type: "scale", scale: scalar(1), bias: drawn([1, 2, 3]) }),
    ],
    [
      "repeated values",
      /scale "n1".*repeats/,
      graphOf([1, 1, 1], { type: "scale", scale: drawn([2, 1, 1]) }),
    ],
    [
      "too many weights",
      /"n2" would be .* weights/,
      graphOf([3, 40, 40], { type: "transpose", permutation: [1, 2, 0] }, { type: "reshape", shape: [4800] }),
    ],
  ])("%s are refused by name", (_, message, graph) => {
    expect(messageOf(() => nirFromSpikingGraph(graph))).toMatch(message);
  });

  it("gives nodes names of their own without slashes", () => {
    const graph: SpikingGraph = {
      nodes: [
        { name: "input", inputs: [], operation: { type: "input", shape: [2] } },
        { name: "a/b", inputs: ["input"], operation: spiking() },
        { name: "a.b", inputs: ["a/b"], operation: spiking() },
        { name: "output", inputs: ["a.b"], operation: { type: "output" } },
      ],
      timeStep: 1,
      metadata: {},
    };
    expect(Object.keys(nirFromSpikingGraph(graph).nir.nodes)).toEqual(["input", "a.b", "a.b_2", "output"]);
  });
});
