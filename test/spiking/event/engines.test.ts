import { describe, expect, it } from "vitest";
import "../../../src/node.ts";
import { Random } from "../../../src/runtime/random.ts";
import { DenseEngine } from "../../../src/spiking/dense/index.ts";
import type { SpikingEngine } from "../../../src/spiking/engine.ts";
import { EventEngine } from "../../../src/spiking/event/index.ts";
import {
  type NeuronNode,
  type Numbers,
  nodesOf,
  type Operation,
  type SpikingGraph,
  scalar,
} from "../../../src/spiking/graph/index.ts";

/**
 * Weights are multiples of 1/64 and inputs of 1/4, so that every sum is exact in whatever order it is taken: both engines
 * must then put out the same bits at every step.
 */
const random = new Random(7);

function grid(name: string, shape: number[], scale = 1): Numbers {
  const data = new Float32Array(shape.reduce((product, extent) => product * extent, 1));
  random.split(name).fillNormal(data);
  for (let i = 0; i < data.length; i++) data[i] = Math.round(data[i]! * 32 * scale) / 64;
  return { shape, data };
}

const fires = (over: Partial<NonNullable<NeuronNode["firing"]>> = {}): NeuronNode["firing"] => ({
  threshold: scalar(1),
  strict: false,
  reset: "subtract",
  ...over,
});
const neuron = (over: Partial<NeuronNode> = {}): NeuronNode => ({
  type: "neuron",
  membrane: { kind: "integrator", r: scalar(1) },
  firing: fires(),
  start: scalar(0),
  ...over,
});
const conv = (name: string, outputs: number, inputs: number, kernel: number, over = {}): Operation => ({
  type: "conv2d",
  weight: grid(name, [outputs, inputs, kernel, kernel]),
  bias: grid(`${name} bias`, [outputs], 0.3),
  stride: [1, 1],
  padding: [1, 1, 1, 1],
  dilation: [1, 1],
  groups: 1,
  ...over,
});
const linear = (name: string, outputs: number, inputs: number): Operation => ({
  type: "linear",
  weight: grid(name, [outputs, inputs]),
  bias: grid(`${name} bias`, [outputs], 0.3),
});

/** A chain of operations from an input to an output; a name in brackets takes its inputs from elsewhere. */
function chain(
  shape: number[],
  operations: readonly (readonly [string, Operation, string[]?])[],
): SpikingGraph {
  let last = "input";
  const nodes: SpikingGraph["nodes"][number][] = [
    { name: "input", inputs: [], operation: { type: "input", shape } },
  ];
  for (const [name, operation, inputs] of operations) {
    nodes.push({ name, inputs: inputs ?? [last], operation });
    last = name;
  }
  nodes.push({ name: "output", inputs: [last], operation: { type: "output" } });
  return { nodes, timeStep: 1, metadata: {} };
}

const graphs: Record<string, SpikingGraph> = {
  "a linear layer": chain(
    [13],
    [
      ["l", linear("a", 7, 13)],
      ["n", neuron()],
    ],
  ),
  "two linear layers": chain(
    [37],
    [
      ["l", linear("b", 50, 37)],
      ["n", neuron()],
      ["m", linear("c", 10, 50)],
    ],
  ),
  "linear layers with weights too large for the near caches": chain(
    [4, 9, 10],
    [
      ["c", conv("large conv", 4, 4, 3)],
      ["n0", neuron()],
      ["flat", { type: "reshape", shape: [360] }],
      ["l", linear("large a", 402, 360)],
      ["n1", neuron()],
      ["m", linear("large b", 450, 402)],
      ["n2", neuron({ firing: fires({ takesBackAt: -0.25 }) })],
      ["o", linear("large c", 301, 450)],
      ["n3", neuron()],
      ["p", linear("large d", 9, 301)],
      ["n4", neuron()],
    ],
  ),
  "a large layer with two inputs": {
    nodes: [
      { name: "input", inputs: [], operation: { type: "input", shape: [380] } },
      { name: "l", inputs: ["input"], operation: linear("two a", 390, 380) },
      { name: "n0", inputs: ["l"], operation: neuron() },
      { name: "m", inputs: ["n0"], operation: linear("two b", 420, 390) },
      { name: "k", inputs: ["input"], operation: linear("two c", 420, 380) },
      { name: "n1", inputs: ["m", "k"], operation: neuron() },
      { name: "output", inputs: ["n1"], operation: { type: "output" } },
    ],
    timeStep: 1,
    metadata: {},
  },
  "convolutions of any stride, padding and dilation": chain(
    [3, 11, 9],
    [
      ["c1", conv("d", 18, 3, 3, { stride: [2, 2] })],
      ["n1", neuron()],
      ["c2", conv("e", 33, 18, 3, { padding: [2, 0, 1, 1], dilation: [1, 2] })],
      ["n2", neuron()],
      ["c3", conv("f", 5, 33, 1, { padding: [0, 0, 0, 0] })],
      ["n3", neuron()],
    ],
  ),
  "signed neurons": chain(
    [2, 8, 8],
    [
      ["c1", conv("g", 6, 2, 3)],
      ["n1", neuron({ firing: fires({ takesBackAt: -0.25 }) })],
      ["c2", conv("h", 4, 6, 3, { stride: [2, 2] })],
      ["n2", neuron({ firing: fires({ takesBackAt: -0.25 }) })],
      ["flat", { type: "reshape", shape: [64] }],
      ["l", linear("i", 10, 64)],
    ],
  ),
  "a residual block with a shortcut that is cut and padded": chain(
    [4, 8, 8],
    [
      ["n0", neuron()],
      ["c1", conv("j", 8, 4, 3, { stride: [2, 2] })],
      ["n1", neuron()],
      ["c2", conv("k", 8, 8, 3)],
      ["cut", { type: "slice", axes: [1, 2], starts: [0, 0], counts: [4, 4], steps: [2, 2] }, ["n0"]],
      [
        "padded",
        {
          type: "pad",
          widths: [
            [2, 2],
            [0, 0],
            [0, 0],
          ],
        },
      ],
      ["scaled", { type: "scale", scale: scalar(0.75) }],
      ["n2", neuron(), ["c2", "scaled"]],
      ["mean", { type: "averagePool2d", kernel: [4, 4], stride: [4, 4], padding: [0, 0] }],
      ["flat", { type: "reshape", shape: [8] }],
      ["l", linear("l", 3, 8)],
    ],
  ),
  "pools before convolutions, neurons and after overlapping windows": chain(
    [4, 9, 10],
    [
      ["n0", neuron()],
      ["p1", { type: "sumPool2d", kernel: [2, 2], stride: [2, 2], padding: [0, 0] }],
      ["c1", conv("m", 5, 4, 3)],
      ["n1", neuron()],
      ["p2", { type: "averagePool2d", kernel: [2, 2], stride: [1, 1], padding: [1, 1] }],
      ["c2", conv("n", 4, 5, 3)],
      ["n2", neuron()],
      ["p3", { type: "averagePool2d", kernel: [2, 2], stride: [2, 2], padding: [0, 0] }],
      ["n3", neuron()],
    ],
  ),
  "gated maximum pooling": chain(
    [3, 7, 7],
    [
      ["n0", neuron()],
      ["max", { type: "maxPool2d", kernel: [3, 3], stride: [2, 2], padding: [1, 1, 1, 1], dilation: [1, 1] }],
      ["c", conv("o", 4, 3, 3)],
      ["n1", neuron()],
    ],
  ),
  "groups, transposition and concatenation": chain(
    [4, 6, 5],
    [
      ["n0", neuron()],
      ["depthwise", conv("p", 4, 1, 3, { groups: 4 })],
      ["n1", neuron()],
      ["turned", { type: "transpose", permutation: [0, 2, 1] }],
      ["back", { type: "transpose", permutation: [0, 2, 1] }],
      ["both", { type: "concat", axis: 0 }, ["back", "n0"]],
      ["c", conv("q", 6, 8, 3)],
      ["n2", neuron()],
    ],
  ),
  "hard resets, thresholds of each unit, firing above only": chain(
    [2, 5, 5],
    [
      ["c", conv("r", 3, 2, 3)],
      [
        "n",
        neuron({
          firing: fires({
            strict: true,
            reset: scalar(0.25),
            threshold: {
              ...grid("theta", [3, 5, 5]),
              data: grid("theta", [3, 5, 5]).data.map((x) => Math.abs(x) + 0.5),
            },
          }),
        }),
      ],
    ],
  ),
  "delays and memoryless thresholds": chain(
    [6],
    [
      ["n0", neuron()],
      ["late", { type: "delay", delay: { shape: [6], data: Float32Array.of(0, 1, 2, 3, 7, 20) } }],
      ["l", linear("s", 9, 6)],
      ["t", { type: "threshold", threshold: scalar(0.25) }],
      ["m", linear("t", 5, 9)],
      ["n1", neuron()],
    ],
  ),
  "neurons that feed back on themselves": {
    nodes: [
      { name: "input", inputs: [], operation: { type: "input", shape: [9] } },
      { name: "l", inputs: ["input"], operation: linear("w", 12, 9) },
      { name: "n", inputs: ["l", "back"], operation: neuron(), shape: [12] },
      { name: "back", inputs: ["n"], operation: linear("x", 12, 12), shape: [12] },
      { name: "m", inputs: ["n"], operation: linear("y", 5, 12) },
      { name: "n2", inputs: ["m"], operation: neuron() },
      { name: "output", inputs: ["n2"], operation: { type: "output" } },
    ],
    timeStep: 1,
    metadata: {},
  },
  "potentials of neurons that do not fire": chain(
    [6],
    [
      ["l", linear("u", 5, 6)],
      ["n0", neuron({ firing: undefined })],
      ["m", linear("v", 4, 5)],
      ["n1", neuron()],
    ],
  ),
};

async function outputsOf(engine: SpikingEngine, values: Float32Array, steps: number): Promise<number[]> {
  const all: number[] = [];
  try {
    engine.reset();
    for await (const { output } of engine.run(values, steps)) all.push(...(output!.data as Float32Array));
  } finally {
    await engine.release();
  }
  return all;
}

const steps = 21;

/** Events here and there where there is one array a step, grey values otherwise. */
function draw(name: string, graph: SpikingGraph, input: "constant" | "steps", batch: number): Float32Array {
  const { shape } = nodesOf(graph, "input")[0]!.operation as { readonly shape: readonly number[] };
  const size = batch * shape.reduce((product, extent) => product * extent, 1);
  const values = new Float32Array(input === "steps" ? steps * size : size);
  random.split(`${name} ${input}`).fillNormal(values);
  for (let i = 0; i < values.length; i++) {
    values[i] = input === "steps" ? Number(values[i]! > 0.8) : Math.round(Math.abs(values[i]!) * 4) / 4;
  }
  return values;
}

/** Batch, threads, and steps of one run of the kernels. */
const arrangements = [
  { batch: 3, threads: 1 },
  { batch: 1, threads: 2 },
  { batch: 5, threads: 2 },
  { batch: 4, threads: 2, chunk: 8 },
];

describe("the event engine and the dense engine", () => {
  for (const [name, graph] of Object.entries(graphs)) {
    for (const input of ["constant", "steps"] as const) {
      for (const arrangement of arrangements) {
        it(`put out the same: ${name}, ${input} input, ${JSON.stringify(arrangement)}`, async () => {
          const { batch } = arrangement;
          const values = draw(name, graph, input, batch);
          const dense = await outputsOf(new DenseEngine(graph, { batch, input }), values, steps);
          const event = await outputsOf(new EventEngine(graph, { ...arrangement, input }), values, steps);
          expect(dense.some((value) => value !== 0)).toBe(true);
          expect(event).toEqual(dense);
        });
      }
    }
  }
});

/** Every channel's first and last weight is 127/64, the largest, so that 8 bits hold all of them exactly. */
function fullRange(operation: Operation): Operation {
  if (operation.type !== "linear" && operation.type !== "conv2d") return operation;
  const { shape, data } = operation.weight;
  const size = data.length / shape[0]!;
  const weight = { shape, data: data.map((value) => Math.max(-127, Math.min(127, value * 64)) / 64) };
  for (let end = size; end <= data.length; end += size) {
    for (const i of [end - size, end - 1]) weight.data[i] = 127 / 64;
  }
  return { ...operation, weight };
}

describe("weights of 8 bits", () => {
  for (const [name, graph] of Object.entries(graphs)) {
    for (const arrangement of arrangements) {
      it(`give the same where they are exact: ${name}, ${JSON.stringify(arrangement)}`, async () => {
        const { batch } = arrangement;
        const nodes = graph.nodes.map((node) => ({ ...node, operation: fullRange(node.operation) }));
        const exact = { ...graph, nodes };
        const values = draw(name, exact, "steps", batch);
        const dense = await outputsOf(new DenseEngine(exact, { batch, input: "steps" }), values, steps);
        const options = { ...arrangement, input: "steps", weights: "int8" } as const;
        expect(await outputsOf(new EventEngine(exact, options), values, steps)).toEqual(dense);
      });
    }
  }
});
