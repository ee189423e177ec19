import type { NirNode } from "../../formats/nir-graph.ts";
import { sizeOf } from "../../tensor/index.ts";
import type { SpikingNode } from "../graph/index.ts";
import type { ExportContext, Written } from "./export-context.ts";
import { filled, float32 } from "./kernels.ts";
import { isInRowConvolution, nirRowConvolution } from "./row-convolution.ts";

/** Axes that are joined are a Flatten; what a transposition has left to do is a matrix after it. */
export function nirReshape(node: SpikingNode, context: ExportContext): Written {
  const { name, inputs } = node;
  const [from, to] = [context.shapeOf(inputs[0]!), context.shapeOf(name)];
  const rows = nirRowConvolution(node, context);
  if (rows !== undefined) return rows;
  if (isInRowConvolution(node, context)) return "absorbed";
  if (from.join() === to.join()) return "passes";
  const before = context.nodeOf(inputs[0]!);
  if (before.operation.type === "transpose" && isFlattening(node, context)) {
    const original = context.shapeOf(before.inputs[0]!);
    const order = permutationMatrix(original, before.operation.permutation, name);
    return { chain: [flatten(original, 0, original.length - 1), order], inputs: before.inputs };
  }
  const joined = joinedAxes(from, to);
  if (joined !== undefined) return { chain: [flatten(from, ...joined)] };
  throw context.refusal(node, `NIR can join axes, but not make [${to.join(", ")}] of [${from.join(", ")}]`);
}

/** Transpositions are left to the flattening after them. */
export function nirTransposition(
  node: SpikingNode,
  permutation: readonly number[],
  context: ExportContext,
): Written {
  if (permutation.every((axis, i) => axis === i)) return "passes";
  if (context.usersOf(node.name).every((user) => isFlattening(user, context))) return "absorbed";
  throw context.refusal(node, "NIR cannot exchange axes, except before they are flattened");
}

const isFlattening = ({ name, inputs, operation }: SpikingNode, context: ExportContext): boolean =>
  operation.type === "reshape" && inputs.length === 1 && context.shapeOf(name).length === 1;

const flatten = (shape: readonly number[], startDim: number, endDim: number): NirNode => ({
  type: "Flatten",
  inputType: [...shape],
  startDim,
  endDim,
  metadata: {},
});

/** The first and the last of the axes that a reshape joins; undefined where it does something else. */
function joinedAxes(from: readonly number[], to: readonly number[]): [number, number] | undefined {
  const count = from.length - to.length + 1;
  for (let start = 0; start < to.length && count > 1; start++) {
    const end = start + count;
    const result = [...from.slice(0, start), sizeOf(from.slice(start, end)), ...from.slice(end)];
    if (result.join() === to.join()) return [start, end - 1];
  }
  return undefined;
}

/** The matrix that brings the values of an array into the order that they have after a transposition. */
function permutationMatrix(shape: readonly number[], permutation: readonly number[], name: string): NirNode {
  const size = sizeOf(shape);
  const axes = permutation.map((axis) => ({ extent: shape[axis]!, stride: sizeOf(shape.slice(axis + 1)) }));
  const weight = filled([size, size], name, (put) => {
    for (let output = 0; output < size; output++) {
      let rest = output;
      let source = 0;
      for (const { extent, stride } of axes.toReversed()) {
        source += (rest % extent) * stride;
        rest = Math.floor(rest / extent);
      }
      put([output, source], 1);
    }
  });
  return { type: "Linear", weight: float32(weight.shape, weight.data), metadata: {} };
}
