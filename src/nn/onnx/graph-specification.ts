import * as z from "zod";

const extent = z.number().int().nonnegative();
const positive = z.number().int().positive();
const shape = z.array(extent);

/** JSON has no number for these three. */
const number = z.union([z.number(), z.enum(["Infinity", "-Infinity", "NaN"])]);

const convolution = z.strictObject({
  type: z.literal("conv"),
  inputs: positive,
  outputs: positive,
  kernel: z.tuple([positive, positive]),
  stride: z.tuple([positive, positive]),
  padding: z.tuple([extent, extent, extent, extent]),
  dilation: z.tuple([positive, positive]),
  groups: positive,
  bias: z.boolean(),
});
const linear = z.strictObject({ type: z.literal("linear"), inputs: positive, outputs: positive });
const normalization = z.strictObject({
  type: z.literal("norm"),
  channels: positive,
  eps: z.number().nonnegative(),
});
const activation = z.strictObject({
  type: z.literal("activation"),
  /** Upper bound of the output, as in ReLU6. */
  ceiling: z.number().positive().optional(),
});

const node = {
  /** Path in the network, such as "layer1/conv1/Conv"; unique in the graph. */
  name: z.string().min(1),
  inputs: z.array(z.string()),
  outputs: z.array(z.string()),
};

/** A node that became a layer: its first input and output flow through it, its weights are the layer's parameters. */
const layerNode = z.strictObject({
  ...node,
  layer: z.discriminatedUnion("type", [convolution, linear, normalization, activation]),
});

const dtype = z.enum([
  "float32",
  "float64",
  "int8",
  "uint8",
  "int16",
  "uint16",
  "int32",
  "uint32",
  "int64",
  "uint64",
  "bool",
]);

const array = z.strictObject({ dtype, shape, data: z.array(number) });

const operatorNode = z.strictObject({
  ...node,
  type: z.string(),
  attributes: z.record(
    z.string(),
    z.union([z.number(), z.string(), z.array(z.number()), z.array(z.string()), array]),
  ),
});

/** A graph of ONNX operators and layers as plain data; the numbers of its parameters are kept with the network. */
export const graphSpecification = z.strictObject({
  /** Version of the standard's operator set. */
  opset: positive,
  nodes: z.array(z.union([layerNode, operatorNode])).min(1),
  input: z.string(),
  output: z.string(),
  /** Numbers that decide what is computed, such as shapes and bounds. */
  constants: z.record(z.string(), array),
  /** Arrays outside layers that training may change, such as a position embedding. */
  parameters: z.record(z.string(), z.strictObject({ shape, role: z.enum(["weight", "bias"]) })),
});

export type ArraySpecification = z.infer<typeof array>;
export type GraphSpecification = z.infer<typeof graphSpecification>;
export type GraphNode = GraphSpecification["nodes"][number];
export type LayerNode = z.infer<typeof layerNode>;
