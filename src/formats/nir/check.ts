import { StriateError } from "../../error.ts";
import { checkArray, formatShape, type NumericArray } from "../array.ts";
import type { NirConv1d, NirConv2d, NirGraph, NirNode } from "../nir-graph.ts";
import { isNirType, isParameter, nirFields, nirTypes } from "./fields.ts";

/**
 * Checks that a graph makes sense: nodes are known, their parameters are finite numbers of shapes that fit, edges
 * join nodes that are there, and there is a way in and out. Whether shapes fit along edges is for `inferShapes`.
 *
 * @param name what error messages call the graph.
 * @throws StriateError naming the node.
 */
export function checkNirGraph(graph: NirGraph, name: string): void {
  checkGraph(graph, "", name);
}

function checkGraph(graph: NirGraph, path: string, name: string): void {
  const where = path === "" ? name : `${name}: the graph '${path}'`;
  for (const [key, node] of Object.entries(graph.nodes)) {
    const child = path === "" ? key : `${path}/${key}`;
    if (node.type === "NIRGraph") checkGraph(node, child, name);
    else checkNode(node, `${name}: node '${child}' (${node.type})`);
  }
  checkEdges(graph, where);
  for (const type of ["Input", "Output"] as const) {
    if (Object.values(graph.nodes).some((node) => node.type === type)) continue;
    throw new StriateError(`${where} has no ${type} node`, `Add an ${type} with the shape of the data`);
  }
}

/** Throws StriateError for an edge that is there twice or has an end that is not among the nodes. */
export function checkEdges({ nodes, edges }: NirGraph, where: string): void {
  const known = new Set(Object.keys(nodes));
  const seen = new Set<string>();
  for (const [source, target] of edges) {
    for (const end of [source, target]) {
      if (known.has(end)) continue;
      throw new StriateError(
        `${where}: the edge '${source}' → '${target}' names '${end}', which is not among the ${known.size} nodes${few([...known])}`,
        "Correct the edge, or add the node",
      );
    }
    const edge = JSON.stringify([source, target]);
    if (seen.has(edge)) {
      throw new StriateError(`${where}: the edge '${source}' → '${target}' is there twice`, "Leave one out");
    }
    seen.add(edge);
  }
}

const few = (names: readonly string[]): string =>
  names.length === 0 ? "" : `: ${names.slice(0, 8).join(", ")}${names.length > 8 ? ", …" : ""}`;

function checkNode(node: Exclude<NirNode, NirGraph>, where: string): void {
  if (!isNirType(node.type)) {
    throw new StriateError(
      `${where} is not known; known are ${nirTypes.join(", ")}`,
      "Express it with these",
    );
  }
  const values = node as unknown as Record<string, unknown>;
  let population: { key: string; shape: readonly number[] } | undefined;
  for (const [key, { kind, optional }] of Object.entries(nirFields[node.type])) {
    const value = values[key];
    const field = `${where}: ${key}`;
    if (value === undefined && optional) continue;
    if (!isParameter(kind)) {
      checkWholeNumbers(value, kind === "paddingPair" || kind === "padding", field);
      continue;
    }
    const array = checkParameter(value, field);
    if (kind === "positive" && !array.data.every((each: number | bigint) => each > 0)) {
      throw new StriateError(`${field} is ${smallest(array)}; expected above 0 s`, "Give a time constant");
    }
    if (kind === "parameter") continue;
    population ??= { key, shape: array.shape };
    if (sameShape(population.shape, array.shape)) continue;
    throw new StriateError(
      `${field} is ${formatShape(array.shape)}, but ${population.key} is ${formatShape(population.shape)}`,
      "Give all parameters of a neuron the shape of the population",
    );
  }
  checkMeaning(node, where);
}

function checkParameter(value: unknown, field: string): NumericArray {
  const array = checkArray((value ?? {}) as NumericArray, field);
  if (array.dtype !== "float32" && array.dtype !== "float64") {
    throw new StriateError(`${field} is ${array.dtype}; expected float32 or float64`, "Convert it");
  }
  const at = (array.data as Float64Array).findIndex((each) => !Number.isFinite(each));
  if (at < 0) return array;
  throw new StriateError(`${field} holds ${array.data[at]} (element ${at})`, "Give finite numbers");
}

function checkWholeNumbers(value: unknown, mayBeWord: boolean, field: string): void {
  if (mayBeWord && (value === "same" || value === "valid")) return;
  const numbers = Array.isArray(value) ? value : [value];
  if (numbers.every(Number.isSafeInteger)) return;
  throw new StriateError(`${field} is ${JSON.stringify(value)}; expected whole numbers`, "Correct it");
}

/** What the kinds of the fields do not say. */
function checkMeaning(node: Exclude<NirNode, NirGraph>, where: string): void {
  switch (node.type) {
    case "Input":
    case "Output":
    case "Identity":
      atLeast(1, { shape: node.shape }, where);
      break;
    case "Flatten":
      atLeast(1, { inputType: node.inputType ?? [] }, where);
      break;
    case "SumPool2d":
    case "AvgPool2d":
      atLeast(1, { kernelSize: node.kernelSize, stride: node.stride }, where);
      atLeast(0, { padding: node.padding }, where);
      break;
    case "Affine":
      checkRank(node.weight, 2, `${where}: weight`, "(outputs, inputs)", true);
      checkBias(node.bias, node.weight.shape.slice(0, -1), where);
      break;
    case "Linear":
      checkRank(node.weight, 2, `${where}: weight`, "(outputs, inputs)", true);
      break;
    case "Conv1d":
      checkRank(node.weight, 3, `${where}: weight`, "(outputs, inputs per group, N)");
      checkConvolution(node, where);
      break;
    case "Conv2d":
      checkRank(node.weight, 4, `${where}: weight`, "(outputs, inputs per group, height, width)");
      checkConvolution(node, where);
      break;
    case "Delay":
      if ((node.delay.data as Float64Array).every((seconds) => seconds >= 0)) break;
      throw new StriateError(
        `${where}: delay is ${smallest(node.delay)}; expected 0 s or more`,
        "Correct it",
      );
  }
}

function checkConvolution(node: NirConv1d | NirConv2d, where: string): void {
  const { stride, dilation, groups, inputShape, padding, weight, bias } = node;
  atLeast(1, { stride, dilation, groups, inputShape: inputShape ?? [], weight: weight.shape }, where);
  if (typeof padding !== "string") atLeast(0, { padding }, where);
  if (padding === "same" && [stride].flat().some((step) => step !== 1)) {
    throw new StriateError(
      `${where}: padding is "same" with stride ${stride}`,
      "Give the padding in numbers",
    );
  }
  if (weight.shape[0] % groups !== 0) {
    throw new StriateError(
      `${where}: ${weight.shape[0]} output channels in ${groups} groups`,
      "Give a number of groups that divides the channels",
    );
  }
  checkBias(bias, [weight.shape[0]], where);
}

function checkRank(weight: NumericArray, rank: number, field: string, axes: string, orMore = false): void {
  if (orMore ? weight.shape.length >= rank : weight.shape.length === rank) return;
  throw new StriateError(`${field} is ${formatShape(weight.shape)}; expected ${axes}`, "Reshape it");
}

function checkBias(bias: NumericArray, expected: readonly number[], where: string): void {
  if (sameShape(bias.shape, expected)) return;
  throw new StriateError(
    `${where}: bias is ${formatShape(bias.shape)}; the weight has ${formatShape(expected)} outputs`,
    "Give one bias an output",
  );
}

function atLeast(least: number, fields: Record<string, number | readonly number[]>, where: string): void {
  for (const [key, value] of Object.entries(fields)) {
    if ([value].flat().every((number) => number >= least)) continue;
    throw new StriateError(
      `${where}: ${key} is ${[value].flat().join(", ")}; expected ${least} or more`,
      "Correct it",
    );
  }
}

const smallest = ({ data }: NumericArray): number => (data as Float64Array).reduce((a, b) => Math.min(a, b));

export const sameShape = (a: readonly number[], b: readonly number[]): boolean =>
  a.length === b.length && a.every((size, axis) => size === b[axis]);
