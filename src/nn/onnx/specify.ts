import type { OnnxAttribute } from "../../formats/onnx-graph.ts";
import { pathOf } from "./evaluate.ts";
import type { FoldedGraph } from "./fold.ts";
import type { ArraySpecification, GraphNode, GraphSpecification } from "./graph-specification.ts";
import { fromFile, type HostArray, isFloat } from "./host-array.ts";
import type { OperatorNode } from "./operator-call.ts";
import { operatorOf } from "./operators/index.ts";
import { type Recognized, recognizeLayer } from "./recognize.ts";
import type { GraphValue } from "./value.ts";

/** A graph as plain data, and the values of its parameters by name. */
export interface SpecifiedGraph {
  readonly specification: GraphSpecification;
  readonly parameters: ReadonlyMap<string, HostArray>;
}

/** Puts layers in the place of the nodes that stand for them; `values` are those of the graph for some batch. */
export function specifyGraph(
  { nodes, constants }: FoldedGraph,
  opset: number,
  values: ReadonlyMap<string, GraphValue>,
  input: string,
  output: string,
): SpecifiedGraph {
  const layers = recognizeAll(nodes, opset, values, output);
  const absorbed = new Set([...layers.values()].flatMap((layer) => layer.absorbed ?? []));
  const parameters = new Map<string, HostArray>();
  const taken = new Set<string>();
  const kept = nodes.filter((node) => !absorbed.has(node));
  const written = kept.map((node): GraphNode => {
    const name = unique(pathOf(node.name), taken);
    const recognized = layers.get(node);
    if (recognized === undefined) return operatorNode(node, name);
    for (const [key, array] of Object.entries(recognized.parameters)) parameters.set(`${name}/${key}`, array);
    const { outputs } = recognized.absorbed ?? node;
    return { name, inputs: [node.inputs[0]!], outputs: [outputs[0]!], layer: recognized.layer };
  });
  const loose = kept.filter((node) => !layers.has(node));
  const arrays = looseArrays(loose, opset, constants);
  const renamed = new Map<string, string>();
  const inUse = new Set(parameters.keys());
  for (const [key, { array }] of Object.entries(arrays.parameters)) {
    const name = unique(key, inUse);
    if (name !== key) renamed.set(key, name);
    parameters.set(name, array);
  }
  const nameOf = (key: string) => renamed.get(key) ?? key;
  return {
    parameters,
    specification: {
      opset,
      nodes: written.map((node) => ({ ...node, inputs: node.inputs.map(nameOf) })),
      input,
      output,
      constants: arrays.constants,
      parameters: Object.fromEntries(
        Object.entries(arrays.parameters).map(([key, { array, role }]) => [
          nameOf(key),
          { shape: [...array.shape], role },
        ]),
      ),
    },
  };
}

function recognizeAll(
  nodes: readonly OperatorNode[],
  opset: number,
  values: ReadonlyMap<string, GraphValue>,
  output: string,
): Map<OperatorNode, Recognized> {
  const users = new Map<string, OperatorNode[]>();
  for (const node of nodes)
    for (const name of node.inputs) users.set(name, [...(users.get(name) ?? []), node]);
  const soleUser = (value: string) => {
    const [first, ...others] = users.get(value) ?? [];
    return others.length === 0 && value !== output ? first : undefined;
  };
  const layers = new Map<OperatorNode, Recognized>();
  for (const node of nodes) {
    const layer = recognizeLayer(node, { opset, values, soleUser });
    if (layer !== undefined) layers.set(node, layer);
  }
  return layers;
}

/** `name`, with a number where it is taken. */
function unique(name: string, taken: Set<string>): string {
  let free = name;
  for (let number = 2; taken.has(free); number++) free = `${name}#${number}`;
  taken.add(free);
  return free;
}

function operatorNode({ type, inputs, outputs, attributes }: OperatorNode, name: string): GraphNode {
  const plain: Record<string, number | string | number[] | string[] | ArraySpecification> = {};
  for (const [key, value] of Object.entries(attributes as Record<string, OnnxAttribute>)) {
    if (typeof value !== "object" || Array.isArray(value)) plain[key] = value;
    else if ("dtype" in value) plain[key] = arraySpecification(fromFile(value));
  }
  return { name, type, inputs: [...inputs], outputs: [...outputs], attributes: plain };
}

const jsonName = (value: number) => String(value) as "Infinity" | "-Infinity" | "NaN";

const arraySpecification = ({ dtype, shape, data }: HostArray): ArraySpecification => ({
  dtype,
  shape: [...shape],
  data: Array.from(data, (value) => (Number.isFinite(value) ? value : jsonName(value))),
});

interface LooseArrays {
  readonly constants: GraphSpecification["constants"];
  readonly parameters: Record<string, { array: HostArray; role: "weight" | "bias" }>;
}

const PRODUCTS = new Set(["Conv", "Gemm", "MatMul"]);

/**
 * The constants that operators outside layers use. Single numbers, integers and what must be known while the graph is
 * built stay constants; arrays of floats are parameters, weights where they are multiplied as matrices.
 */
function looseArrays(
  nodes: readonly OperatorNode[],
  opset: number,
  constants: ReadonlyMap<string, HostArray>,
): LooseArrays {
  const fixed = new Set(
    nodes.flatMap((node) =>
      (operatorOf(node, opset).known ?? []).flatMap((index) => node.inputs[index] ?? []),
    ),
  );
  const found: LooseArrays = { constants: {}, parameters: {} };
  for (const { type, inputs } of nodes) {
    for (const name of inputs) {
      const array = constants.get(name);
      if (array === undefined) continue;
      if (fixed.has(name) || !isFloat(array.dtype) || array.data.length <= 1) {
        found.constants[name] = arraySpecification(array);
      } else {
        found.parameters[name] = { array, role: PRODUCTS.has(type) ? "weight" : "bias" };
      }
    }
  }
  return found;
}
