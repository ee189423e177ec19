import type { NirConv1d } from "../../formats/nir-graph.ts";
import type { Conv2dNode, SpikingNode } from "../graph/index.ts";
import type { ExportContext, Written } from "./export-context.ts";
import { nirConvolution, ungrouped } from "./kernels.ts";

/** A convolution of one-dimensional data: made an image of one row, convolved, and made rows again. */
interface RowConvolution {
  readonly image: SpikingNode;
  readonly convolution: Conv2dNode;
}

/** True for the first two of the three nodes of a row convolution. */
export function isInRowConvolution(node: SpikingNode, context: ExportContext): boolean {
  const [user] = context.usersOf(node.name);
  const last = node.operation.type === "reshape" && user ? context.usersOf(user.name)[0] : user;
  return last !== undefined && rowConvolution(last, context) !== undefined;
}

/** The Conv1d of a reshape that ends a row convolution; undefined for other nodes. */
export function nirRowConvolution(rows: SpikingNode, context: ExportContext): Written | undefined {
  const found = rowConvolution(rows, context);
  if (found === undefined) return undefined;
  const { image, convolution } = found;
  const { name } = rows;
  const dense = convolution.groups > 1 ? ungrouped(convolution, name) : convolution;
  const { weight, ...flat } = nirConvolution(dense, context.shapeOf(image.name), name);
  const [outputs, inputs, , taps] = weight.shape as [number, number, number, number];
  const written: NirConv1d = {
    ...flat,
    type: "Conv1d",
    inputShape: context.shapeOf(image.name)[2]!,
    weight: { ...weight, shape: [outputs, inputs, taps] },
    stride: flat.stride[1],
    padding: (flat.padding as [number, number])[1],
    dilation: flat.dilation[1],
  };
  return { chain: [written], inputs: image.inputs };
}

function rowConvolution(rows: SpikingNode, context: ExportContext): RowConvolution | undefined {
  const only = (node: SpikingNode) => {
    const [name, ...others] = node.inputs;
    const source = name !== undefined && others.length === 0 ? context.nodeOf(name) : undefined;
    return source && context.usersOf(source.name).length === 1 ? source : undefined;
  };
  if (rows.operation.type !== "reshape") return undefined;
  const convolution = only(rows);
  if (convolution?.operation.type !== "conv2d") return undefined;
  const image = only(convolution);
  if (image?.operation.type !== "reshape") return undefined;
  const { weight, padding } = convolution.operation;
  const isOneRow = weight.shape[2] === 1 && padding[0] === 0 && padding[2] === 0;
  const isRowOf = (name: string, flat: string) => {
    const [channels, height, width] = context.shapeOf(name);
    return height === 1 && context.shapeOf(flat).join() === [channels, width].join();
  };
  if (!isOneRow || !isRowOf(image.name, image.inputs[0]!) || !isRowOf(convolution.name, rows.name))
    return undefined;
  return { image, convolution: convolution.operation };
}
