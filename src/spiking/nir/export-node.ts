import { StriateError } from "../../error.ts";
import type { NirNode } from "../../formats/nir-graph.ts";
import { isAll } from "../dense/parameters.ts";
import type { ScaleNode, SpikingNode } from "../graph/index.ts";
import type { ExportContext, Written } from "./export-context.ts";
import { nirSelections } from "./export-moves.ts";
import { nirNeuron, spread } from "./export-neuron.ts";
import { nirReshape, nirTransposition } from "./export-reshape.ts";
import {
  type Convolution,
  channelsKernel,
  filled,
  float32,
  isTooLargeUngrouped,
  nirConvolution,
  ungrouped,
} from "./kernels.ts";
import { isInRowConvolution } from "./row-convolution.ts";

/** @throws StriateError, naming the node, for what NIR cannot say. */
export function nirNodesOf(node: SpikingNode, context: ExportContext): Written {
  const { name, inputs, operation } = node;
  const shape = context.shapeOf(name);
  switch (operation.type) {
    case "input":
      return one({ type: "Input", shape: [...shape], metadata: {} });
    case "output":
      return one({ type: "Output", shape: [...shape], metadata: {} });
    case "sum":
      return "passes";
    case "conv2d":
      if (isInRowConvolution(node, context)) return "absorbed";
      return one(convolution(name, operation, context));
    case "linear": {
      if (shape.length !== 1) throw context.refusal(node, "NIR's matrices take vectors");
      const weight = float32(operation.weight.shape, operation.weight.data);
      if (operation.bias === undefined) return one({ type: "Linear", weight, metadata: {} });
      return one({ type: "Affine", weight, bias: float32(shape, operation.bias.data), metadata: {} });
    }
    case "scale":
      return { chain: scaling(node, operation, context) };
    case "sumPool2d":
    case "averagePool2d":
      return one({
        type: operation.type === "sumPool2d" ? "SumPool2d" : "AvgPool2d",
        kernelSize: [...operation.kernel],
        stride: [...operation.stride],
        padding: [...operation.padding],
        metadata: {},
      });
    case "maxPool2d":
      throw new StriateError(
        `the node "${name}" is a gated max-pooling, which counts spikes: NIR cannot say this`,
        "Use average pooling in the network, and convert it again",
      );
    case "reshape":
      return nirReshape(node, context);
    case "transpose":
      return nirTransposition(node, operation.permutation, context);
    case "slice":
    case "pad":
    case "concat": {
      const given = operation.type === "concat" ? inputs : inputs.slice(0, 1);
      const written = nirSelections(
        operation,
        given.map((input) => context.shapeOf(input)),
        name,
      );
      return operation.type === "concat" ? { branches: written } : { chain: written };
    }
    case "delay":
      return one({ type: "Delay", delay: float32(shape, spread(operation.delay, shape)), metadata: {} });
    case "threshold": {
      const threshold = float32(shape, spread(operation.threshold, shape));
      return one({ type: "Threshold", threshold, metadata: {} });
    }
    case "neuron":
      return one(nirNeuron(name, operation, shape, context.remarks));
  }
}

const one = (node: NirNode): Written => ({ chain: [node] });

function convolution(name: string, given: Convolution, context: ExportContext): NirNode {
  const image = context.shapeOf(context.nodeOf(name).inputs[0]!);
  if (given.groups === 1) return nirConvolution(given, image, name);
  if (!isTooLargeUngrouped(given)) return nirConvolution(ungrouped(given, name), image, name);
  context.remarks.add("groups", name);
  return nirConvolution(given, image, name);
}

/** A Scale; with a bias an Affine of vectors, and a 1 × 1 convolution of images. */
function scaling(node: SpikingNode, { scale, bias }: ScaleNode, context: ExportContext): NirNode[] {
  const { name } = node;
  const shape = context.shapeOf(name);
  if (node.inputs.some((input) => context.shapeOf(input).join() !== shape.join())) {
    throw context.refusal(node, "it repeats its input");
  }
  const factors = spread(scale, shape);
  const alone: NirNode = { type: "Scale", scale: float32(shape, factors), metadata: {} };
  if (bias === undefined || isAll(bias, 0)) return [alone];
  const shifts = spread(bias, shape);
  const [channels] = shape as [number];
  if (shape.length === 1) {
    const weight = filled([channels, channels], name, (put) => {
      for (const [i, factor] of factors.entries()) put([i, i], factor);
    });
    const matrix = float32(weight.shape, weight.data);
    return [{ type: "Affine", weight: matrix, bias: float32(shape, shifts), metadata: {} }];
  }
  const pixels = shifts.length / channels;
  const isPerChannel = (values: Float32Array) =>
    values.every((value, i) => value === values[Math.floor(i / pixels) * pixels]);
  if (shape.length !== 3 || !isPerChannel(shifts)) {
    throw context.refusal(node, "NIR can add one number to each channel of an image or value of a vector");
  }
  const isOneConvolution = isPerChannel(factors);
  const shifting = nirConvolution(
    {
      weight: channelsKernel(
        name,
        [channels, channels],
        (output) => output,
        (output) => (isOneConvolution ? factors[output * pixels]! : 1),
      ),
      bias: { shape: [channels], data: shifts.filter((_, i) => i % pixels === 0) },
      stride: [1, 1],
      padding: [0, 0, 0, 0],
      dilation: [1, 1],
      groups: 1,
    },
    shape,
    name,
  );
  return isOneConvolution ? [shifting] : [alone, shifting];
}
