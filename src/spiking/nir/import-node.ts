import { StriateError } from "../../error.ts";
import type { NumericArray } from "../../formats/array.ts";
import type { NirGraph, NirMetadata, NirNode } from "../../formats/nir-graph.ts";
import type { NirShapes } from "../../formats/nir-shapes.ts";
import type { Pair, Sides } from "../../tensor/operators/conv2d-geometry.ts";
import { isAll } from "../dense/parameters.ts";
import {
  type Firing,
  type Membrane,
  type NeuronNode,
  type Numbers,
  type Operation,
  scalar,
} from "../graph/index.ts";
import { firesAtThreshold, softReset } from "./metadata.ts";

/** One of the operations, in order, that a NIR node becomes, and the shape of what it puts out. */
export interface Part {
  readonly operation: Operation;
  readonly shape: readonly number[];
}

type Primitive = Exclude<NirNode, NirGraph>;
type Neuron = Extract<Primitive, { r: NumericArray }>;

/** @throws StriateError for weights with more axes than outputs and inputs. */
export function partsOf(path: string, node: Primitive, { input, output }: NirShapes): readonly Part[] {
  const one = (operation: Operation): Part[] => [{ operation, shape: output }];
  switch (node.type) {
    case "Input":
      return one({ type: "input", shape: node.shape });
    case "Output":
      return one({ type: "output" });
    case "Identity":
      return one({ type: "sum" });
    case "Affine":
    case "Linear": {
      if (node.weight.shape.length > 2) {
        throw new StriateError(
          `nir: node '${path}' (${node.type}) has a weight of shape [${node.weight.shape.join(", ")}]; expected [outputs, inputs]`,
          "Write it as one node for each matrix",
        );
      }
      const bias = node.type === "Affine" ? biasOf(node.bias) : undefined;
      return one({ type: "linear", weight: array(node.weight), bias });
    }
    case "Scale":
      return one({ type: "scale", scale: numbers(node.scale) });
    case "Conv1d": {
      const [channels, length] = input as [number, number];
      const [outputs, inputs, kernel] = node.weight.shape as [number, number, number];
      const { stride, dilation, groups } = node;
      const [before, after] = paddingOf(node.padding, kernel, dilation);
      const weight = { ...array(node.weight), shape: [outputs, inputs, 1, kernel] };
      const row = (shape: readonly number[]): Part => ({ operation: { type: "reshape", shape }, shape });
      const convolution: Operation = {
        type: "conv2d",
        weight,
        bias: biasOf(node.bias),
        stride: [1, stride],
        padding: [0, before, 0, after],
        dilation: [1, dilation],
        groups,
      };
      return [
        row([channels, 1, length]),
        { operation: convolution, shape: [output[0]!, 1, output[1]!] },
        row(output),
      ];
    }
    case "Conv2d": {
      const { weight, stride, dilation, groups } = node;
      const kernel = weight.shape.slice(2) as unknown as Pair;
      const along = (axis: 0 | 1) =>
        paddingOf(
          typeof node.padding === "string" ? node.padding : node.padding[axis],
          kernel[axis],
          dilation[axis],
        );
      const [[top, bottom], [left, right]] = [along(0), along(1)];
      const padding: Sides = [top, left, bottom, right];
      return one({
        type: "conv2d",
        weight: array(weight),
        bias: biasOf(node.bias),
        stride,
        padding,
        dilation,
        groups,
      });
    }
    case "SumPool2d":
    case "AvgPool2d": {
      const type = node.type === "SumPool2d" ? "sumPool2d" : "averagePool2d";
      return one({ type, kernel: node.kernelSize, stride: node.stride, padding: node.padding });
    }
    case "Flatten":
      return one({ type: "reshape", shape: output });
    case "Delay":
      return one({ type: "delay", delay: numbers(node.delay) });
    case "Threshold":
      return one({ type: "threshold", threshold: numbers(node.threshold) });
    default:
      return one(neuronOf(path, node));
  }
}

function neuronOf(path: string, node: Neuron): NeuronNode {
  const fires = "vThreshold" in node ? firingOf(node) : undefined;
  return {
    type: "neuron",
    membrane: membraneOf(node),
    ...(fires && { firing: fires }),
    start: startOf(path, node),
  };
}

function membraneOf(node: Neuron): Membrane {
  const r = numbers(node.r);
  if (node.type === "I" || node.type === "IF") return { kind: "integrator", r };
  const vLeak = numbers(node.vLeak);
  if (node.type === "LI" || node.type === "LIF") return { kind: "leaky", tau: numbers(node.tau), r, vLeak };
  const { tauSyn, tauMem, wIn } = node;
  return {
    kind: "currentBased",
    tauSyn: numbers(tauSyn),
    tauMem: numbers(tauMem),
    r,
    vLeak,
    wIn: numbers(wIn),
  };
}

function firingOf({ vThreshold, vReset, metadata }: Extract<Neuron, { vThreshold: NumericArray }>): Firing {
  return {
    threshold: numbers(vThreshold),
    strict: metadata.fires !== firesAtThreshold,
    reset: metadata.reset === softReset ? "subtract" : numbers(vReset),
  };
}

/** Potentials begin at 0, unless Striate has noted something else. */
function startOf(path: string, { metadata, r }: Neuron): Numbers {
  const { start } = metadata as NirMetadata & { readonly start?: unknown };
  if (start === undefined) return scalar(0);
  if (typeof start === "number") return scalar(start);
  const given = start as NumericArray;
  if (given.data instanceof Float32Array && given.shape.join() === r.shape.join()) return numbers(given);
  throw new StriateError(
    `nir: node '${path}' notes a start potential that is neither a number nor float32 [${r.shape.join(", ")}]`,
    "Correct the metadata of the node, or leave start out",
  );
}

const array = ({ shape, data }: NumericArray): Numbers => ({
  shape,
  data: data instanceof Float32Array ? data : Float32Array.from(data as Float64Array),
});

/** One number where all are the same, which the engines run faster. */
function numbers(values: NumericArray): Numbers {
  const all = array(values);
  const [first] = all.data;
  return first !== undefined && isAll(all, first) ? scalar(first) : all;
}

function biasOf(bias: NumericArray): Numbers | undefined {
  const all = array(bias);
  return isAll(all, 0) ? undefined : all;
}

/** Before and after; "same" gives as many outputs as inputs, the odd one after, as PyTorch has it. */
function paddingOf(padding: number | "same" | "valid", kernel: number, dilation: number): Pair {
  if (padding === "valid") return [0, 0];
  if (padding !== "same") return [padding, padding];
  const total = dilation * (kernel - 1);
  const before = Math.floor(total / 2);
  return [before, total - before];
}
