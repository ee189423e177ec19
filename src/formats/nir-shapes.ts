import { StriateError } from "../error.ts";
import { checkEdges, sameShape } from "./nir/check.ts";
import type { NirConv1d, NirConv2d, NirGraph, NirNode } from "./nir-graph.ts";

/** Shapes without batch and time; `nodes` are those of a nested graph. */
export interface NirShapes {
  input: number[];
  output: number[];
  nodes?: Record<string, NirShapes>;
}

/**
 * The shapes that every node takes and gives: from its parameters, or along the edges for convolutions without
 * `inputShape`, pooling and Flatten. Follows the type check of the Python package, with two differences: kernels may be
 * oblong and convolutions in groups, which the package gets wrong, and an Output may have further axes of one,
 * as in files of early writers.
 *
 * @throws StriateError naming both nodes and both shapes where they do not fit, or the node whose shape does not follow.
 */
export function inferShapes(graph: NirGraph): Record<string, NirShapes> {
  return infer(graph, "");
}

function infer(graph: NirGraph, prefix: string): Record<string, NirShapes> {
  checkEdges(graph, prefix === "" ? "nir" : `nir: the graph '${prefix.slice(0, -1)}'`);
  const { nodes, edges } = graph;
  const shapes = new Map<string, Partial<NirShapes>>();
  const targets = new Map<string, string[]>(Object.keys(nodes).map((key) => [key, []]));
  for (const [source, target] of edges) targets.get(source)!.push(target);
  for (const [key, node] of Object.entries(nodes)) shapes.set(key, ownShapes(node, prefix + key));
  const reached = Object.keys(nodes).filter((key) => shapes.get(key)!.output !== undefined);
  for (let source = reached.pop(); source !== undefined; source = reached.pop()) {
    for (const target of targets.get(source)!) {
      const shape = shapes.get(target)!;
      if (shape.input !== undefined) continue;
      shape.input = shapes.get(source)!.output!;
      shape.output = outputOf(nodes[target], shape.input, prefix + target);
      reached.push(target);
    }
  }
  for (const [key, { input }] of shapes) {
    if (input !== undefined) continue;
    throw new StriateError(
      `nir: node '${prefix}${key}' (${nodes[key].type}) does not say which shape it takes, and no edge brings one`,
      "Connect it to an Input, or give its input shape",
    );
  }
  const known = Object.fromEntries(shapes) as Record<string, NirShapes>;
  for (const [source, target] of edges) checkEdge(source, target, known, nodes, prefix);
  return known;
}

function checkEdge(
  source: string,
  target: string,
  shapes: Record<string, NirShapes>,
  nodes: Record<string, NirNode>,
  prefix: string,
): void {
  const given = shapes[source].output;
  const taken = shapes[target].input;
  const isOutput = nodes[target].type === "Output";
  if (sameShape(given, taken) || (isOutput && sameShape(withoutOnes(given), withoutOnes(taken)))) return;
  throw new StriateError(
    `nir: '${prefix}${source}' (${nodes[source].type}) gives ${bracketed(given)}, but '${prefix}${target}' (${nodes[target].type}) takes ${bracketed(taken)}`,
    "Give the two nodes of this edge shapes that fit",
  );
}

const withoutOnes = (shape: readonly number[]): number[] => shape.filter((size) => size !== 1);
const bracketed = (shape: readonly number[]): string => `[${shape.join(", ")}]`;

/** What the node's own parameters say. */
function ownShapes(node: NirNode, path: string): Partial<NirShapes> {
  const both = (shape: number[]) => ({ input: shape, output: shape });
  switch (node.type) {
    case "Input":
    case "Output":
    case "Identity":
      return both(node.shape);
    case "Affine":
    case "Linear": {
      const { shape } = node.weight;
      return { input: [...shape.slice(0, -2), shape.at(-1)!], output: shape.slice(0, -1) };
    }
    case "Scale":
      return both(node.scale.shape);
    case "Delay":
      return both(node.delay.shape);
    case "Threshold":
      return both(node.threshold.shape);
    case "Conv1d":
    case "Conv2d": {
      if (node.inputShape === undefined) return {};
      const input = [inputChannels(node), ...[node.inputShape].flat()];
      return { input, output: outputOf(node, input, path) };
    }
    case "Flatten":
      if (node.inputType === undefined) return {};
      return { input: node.inputType, output: outputOf(node, node.inputType, path) };
    case "SumPool2d":
    case "AvgPool2d":
      return {};
    case "NIRGraph": {
      const nested = infer(node, `${path}/`);
      return {
        input: nested[onlyPort(node, "Input", path)].input,
        output: nested[onlyPort(node, "Output", path)].output,
        nodes: nested,
      };
    }
    default:
      return both(node.r.shape);
  }
}

/** An edge names a graph and no port of it. */
function onlyPort({ nodes }: NirGraph, type: "Input" | "Output", path: string): string {
  const ports = Object.keys(nodes).filter((key) => nodes[key].type === type);
  if (ports.length === 1) return ports[0];
  throw new StriateError(
    `nir: the nested graph '${path}' has ${ports.length} ${type} nodes (${ports.join(", ")}), and edges cannot say which they mean`,
    `Give it one ${type}`,
  );
}

/** The shape that a node whose output follows from its input gives. */
function outputOf(node: NirNode, input: readonly number[], path: string): number[] {
  const where = `nir: node '${path}' (${node.type})`;
  switch (node.type) {
    case "Conv1d":
    case "Conv2d": {
      const rank = node.weight.shape.length - 1;
      const channels = inputChannels(node);
      if (input.length !== rank || input[0] !== channels) {
        throw new StriateError(
          `${where} is given ${bracketed(input)}, but takes ${channels} channels and ${rank - 1} further axes`,
          "Give it data that fits its weight",
        );
      }
      return [node.weight.shape[0], ...windows(node, node.weight.shape.slice(2), input.slice(1), where)];
    }
    case "SumPool2d":
    case "AvgPool2d":
      if (input.length !== 3) {
        throw new StriateError(`${where} is given ${bracketed(input)}; expected channels, height and width`);
      }
      return [input[0], ...windows({ ...node, dilation: 1 }, node.kernelSize, input.slice(1), where)];
    case "Flatten": {
      const fromEnd = (axis: number) => (axis < 0 ? axis + input.length : axis);
      const [start, end] = [fromEnd(node.startDim), fromEnd(node.endDim)];
      if (start < 0 || end < start || end >= input.length) {
        throw new StriateError(
          `${where} is to join the axes ${node.startDim} to ${node.endDim} of ${bracketed(input)}`,
          "Axes are counted from 0, without the batch",
        );
      }
      const joined = input.slice(start, end + 1).reduce((product, size) => product * size, 1);
      return [...input.slice(0, start), joined, ...input.slice(end + 1)];
    }
    default:
      throw new StriateError(`${where} has no shape of its own`);
  }
}

const inputChannels = ({ weight, groups }: NirConv1d | NirConv2d): number => weight.shape[1] * groups;

interface Window {
  stride: number | readonly number[];
  padding: number | readonly number[] | "same" | "valid";
  dilation: number | readonly number[];
}

/** How many windows fit along each axis: ⌊(N + 2 padding − dilation (kernel − 1) − 1) / stride⌋ + 1. */
function windows(
  { stride, padding, dilation }: Window,
  kernel: readonly number[],
  extents: readonly number[],
  where: string,
): number[] {
  if (padding === "same") return [...extents];
  const along = (value: number | readonly number[], axis: number) =>
    typeof value === "number" ? value : value[axis];
  return extents.map((extent, axis) => {
    const padded = extent + 2 * (padding === "valid" ? 0 : along(padding, axis));
    const reach = along(dilation, axis) * (kernel[axis] - 1) + 1;
    if (reach <= padded) return Math.floor((padded - reach) / along(stride, axis)) + 1;
    throw new StriateError(
      `${where}: a kernel that spans ${reach} does not fit into ${padded}`,
      "Give it larger data or a smaller kernel",
    );
  });
}
