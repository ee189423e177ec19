import * as z from "zod";
import { StriateError } from "../../error.ts";
import { readSafetensors, writeSafetensors } from "../../formats/safetensors.ts";
import { type SpikingGraph, schedule } from "./graph.ts";
import type { Numbers, Operation } from "./node.ts";

const numbers = z.strictObject({ array: z.string() });
const whole = z.number().int();
const natural = whole.nonnegative();
const positive = whole.positive();
const pair = z.tuple([positive, positive]);
const sides = z.tuple([natural, natural, natural, natural]);
const pool = { kernel: pair, stride: pair, padding: z.tuple([natural, natural]) };
const membrane = z.discriminatedUnion("kind", [
  z.strictObject({ kind: z.literal("integrator"), r: numbers }),
  z.strictObject({ kind: z.literal("leaky"), tau: numbers, r: numbers, vLeak: numbers }),
  z.strictObject({
    kind: z.literal("currentBased"),
    tauSyn: numbers,
    tauMem: numbers,
    r: numbers,
    vLeak: numbers,
    wIn: numbers,
  }),
]);
const operation = z.discriminatedUnion("type", [
  z.strictObject({ type: z.literal("input"), shape: z.array(positive) }),
  z.strictObject({ type: z.literal("output") }),
  z.strictObject({ type: z.literal("sum") }),
  z.strictObject({
    type: z.literal("conv2d"),
    weight: numbers,
    bias: numbers.optional(),
    stride: pair,
    padding: sides,
    dilation: pair,
    groups: positive,
  }),
  z.strictObject({ type: z.literal("linear"), weight: numbers, bias: numbers.optional() }),
  z.strictObject({ type: z.literal("scale"), scale: numbers, bias: numbers.optional() }),
  z.strictObject({ type: z.literal("sumPool2d"), ...pool }),
  z.strictObject({ type: z.literal("averagePool2d"), ...pool }),
  z.strictObject({
    type: z.literal("maxPool2d"),
    kernel: pair,
    stride: pair,
    padding: sides,
    dilation: pair,
  }),
  z.strictObject({ type: z.literal("reshape"), shape: z.array(positive) }),
  z.strictObject({ type: z.literal("transpose"), permutation: z.array(natural) }),
  z.strictObject({
    type: z.literal("slice"),
    axes: z.array(natural),
    starts: z.array(natural),
    counts: z.array(positive),
    steps: z.array(whole),
  }),
  z.strictObject({ type: z.literal("pad"), widths: z.array(z.tuple([natural, natural])) }),
  z.strictObject({ type: z.literal("concat"), axis: natural }),
  z.strictObject({ type: z.literal("delay"), delay: numbers }),
  z.strictObject({ type: z.literal("threshold"), threshold: numbers }),
  z.strictObject({
    type: z.literal("neuron"),
    membrane,
    firing: z
      .strictObject({
        threshold: numbers,
        strict: z.boolean(),
        reset: z.union([z.literal("subtract"), numbers]),
        takesBackAt: z.number().negative().optional(),
      })
      .optional(),
    start: numbers,
  }),
]);
const graphSpecification = z.strictObject({
  nodes: z.array(
    z.strictObject({
      name: z.string().min(1),
      inputs: z.array(z.string()),
      operation,
      shape: z.array(positive).optional(),
    }),
  ),
  timeStep: z.number().positive(),
  metadata: z.record(z.string(), z.unknown()),
});

const isNumbers = (value: unknown): value is Numbers =>
  typeof value === "object" && value !== null && "data" in value && value.data instanceof Float32Array;

/**
 * The bytes of a file that holds a spiking graph: safetensors, with the graph's nodes as JSON in the metadata under
 * "graph", and `about` under "striate".
 */
export function encodeSpikingGraph(graph: SpikingGraph, about: unknown): Uint8Array {
  const arrays: Record<string, Numbers> = {};
  const withoutArrays = (value: unknown, path: string): unknown => {
    if (isNumbers(value)) {
      arrays[path] = value;
      return { array: path };
    }
    if (Array.isArray(value) || typeof value !== "object" || value === null) return value;
    return Object.fromEntries(
      Object.entries(value).map(([key, each]) => [key, withoutArrays(each, `${path}/${key}`)]),
    );
  };
  const nodes = graph.nodes.map((node, i) => ({
    ...node,
    operation: withoutArrays(node.operation, `${i}:${node.name}`),
  }));
  const text = JSON.stringify({ ...graph, nodes });
  return writeSafetensors(arrays, { graph: text, striate: JSON.stringify(about) });
}

/** What encodeSpikingGraph wrote. Throws StriateError, naming the file, for anything else. */
export function decodeSpikingGraph(bytes: Uint8Array, name: string): { graph: SpikingGraph; about: unknown } {
  const { tensors, metadata } = readSafetensors(bytes, name);
  const parsed = graphSpecification.safeParse(parseJson(metadata.graph, name));
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    throw new StriateError(
      `${name}: the spiking graph is not valid at ${issue!.path.join(".")}: ${issue!.message}`,
    );
  }
  const withArrays = (value: unknown): unknown => {
    if (Array.isArray(value) || typeof value !== "object" || value === null) return value;
    if ("array" in value) {
      const array = tensors[value.array as string];
      if (!(array?.data instanceof Float32Array))
        throw new StriateError(`${name}: the array "${value.array}" is missing`, "The file is damaged");
      return { shape: array.shape, data: array.data };
    }
    return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, withArrays(each)]));
  };
  const nodes = parsed.data.nodes.map((node) => ({
    ...node,
    operation: withArrays(node.operation) as Operation,
  }));
  const graph = { ...parsed.data, nodes };
  schedule(graph);
  return { graph, about: parseJson(metadata.striate, name) };
}

/** True when a safetensors file says that it holds a spiking graph. */
export const holdsSpikingGraph = (metadata: Readonly<Record<string, string>>): boolean => "graph" in metadata;

function parseJson(text: string | undefined, name: string): unknown {
  if (text === undefined)
    throw new StriateError(`${name}: a safetensors file, but not a spiking graph of Striate`);
  try {
    return JSON.parse(text);
  } catch {
    throw new StriateError(
      `${name}: the description of the graph is not valid JSON`,
      "The file is damaged: write it anew",
    );
  }
}
