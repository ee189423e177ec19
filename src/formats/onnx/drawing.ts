import { formatShape } from "../array.ts";
import type { DescribedNode } from "../describe.ts";
import type { OnnxGraph, OnnxGraphNode, OnnxPort } from "../onnx-graph.ts";

/** Operators whose result tells of an input's shape and nothing of its values. */
const givesShape = new Set(["Shape", "Size"]);

const roles: Readonly<Record<string, DescribedNode["role"]>> = {
  Conv: "linear",
  ConvTranspose: "linear",
  Gemm: "linear",
  MatMul: "linear",
  BatchNormalization: "linear",
  Relu: "activation",
  LeakyRelu: "activation",
  Clip: "activation",
  Sigmoid: "activation",
  Tanh: "activation",
  Gelu: "activation",
  Softmax: "activation",
};

/** "N × 3 × 32 × 32"; an extent without a name is "?". undefined where the file does not say. */
export function describeExtents(shape: OnnxPort["shape"]): string | undefined {
  return shape?.map((extent) => (extent === "" ? "?" : extent)).join(" × ") || (shape && "scalar");
}

/** A graph's nodes for a drawing, its inputs and outputs among them, without those that no input's values reach. */
export function drawnNodes(graph: OnnxGraph): DescribedNode[] {
  const drawn: DescribedNode[] = [];
  const giver = new Map<string, string>();
  const givers = (names: readonly string[]) => [...new Set(names.flatMap((name) => giver.get(name) ?? []))];
  for (const port of graph.inputs) {
    const name = `input ${port.name}`;
    giver.set(port.name, name);
    drawn.push({ name, type: port.name, role: "port", detail: describeExtents(port.shape), inputs: [] });
  }
  for (const node of graph.nodes) {
    const inputs = givers(node.inputs);
    if (inputs.length === 0 || givesShape.has(node.type)) continue;
    const name = `node ${node.name}`;
    for (const output of node.outputs) giver.set(output, name);
    const role = roles[node.type] ?? "other";
    drawn.push({ name, type: node.type, role, detail: detailOf(node, graph), inputs });
  }
  for (const port of graph.outputs) {
    const name = `output ${port.name}`;
    const detail = describeExtents(port.shape);
    drawn.push({ name, type: port.name, role: "port", detail, inputs: givers([port.name]) });
  }
  return drawn;
}

/** The shape of a node's largest parameters, and its stride where that is not 1. */
function detailOf({ inputs, attributes }: OnnxGraphNode, { initializers }: OnnxGraph): string {
  const shapes = inputs.flatMap((name) =>
    Object.hasOwn(initializers, name) ? [initializers[name].shape] : [],
  );
  const { strides, kernel_shape: kernel } = attributes;
  const parts = shapes.length > 0 ? [formatShape(shapes[0])] : [];
  if (shapes.length === 0 && Array.isArray(kernel)) parts.push(kernel.join(" × "));
  const steps = new Set<number | string>(Array.isArray(strides) ? strides : []);
  if ([...steps].some((stride) => stride !== 1)) parts.push(`stride ${[...steps].join(" × ")}`);
  return parts.join(", ");
}
