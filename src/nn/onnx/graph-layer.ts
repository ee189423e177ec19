import { StriateError } from "../../error.ts";
import type { Random } from "../../runtime/random.ts";
import { describeShape, sizeOf, withScope } from "../../tensor/index.ts";
import { zeros } from "../initializers.ts";
import { type Context, callLayer, type Layer, type Signal } from "../layer.ts";
import { Activation } from "../layers/activation.ts";
import { Convolution } from "../layers/convolution.ts";
import { Linear } from "../layers/linear.ts";
import { BatchNormalization } from "../layers/normalization.ts";
import { Parameter } from "../parameter.ts";
import { evaluateInto } from "./evaluate.ts";
import type { ArraySpecification, GraphNode, GraphSpecification, LayerNode } from "./graph-specification.ts";
import { type HostArray, hostArray } from "./host-array.ts";
import type { OperatorNode } from "./operator-call.ts";
import { requireOperators } from "./operators/index.ts";
import { type GraphValue, isSignal } from "./value.ts";

const isLayerNode = (node: GraphNode | OperatorNode): node is LayerNode => "layer" in node;

type GraphOperator = Exclude<GraphNode, LayerNode>;

/** An array as it is written in the specification. Throws where it is not whole. */
function arrayOf({ dtype, shape, data }: ArraySpecification, name: string): HostArray {
  if (data.length !== sizeOf(shape))
    throw new StriateError(
      `the constant "${name}" has ${data.length} values for shape ${describeShape(shape)}`,
    );
  return hostArray(data.map(Number), shape, dtype);
}

function operatorNode({ attributes, ...node }: GraphOperator): OperatorNode {
  const values = Object.entries(attributes).map(([name, value]) => [
    name,
    typeof value === "object" && !Array.isArray(value) ? arrayOf(value, `${node.name}.${name}`) : value,
  ]);
  return { ...node, domain: "", attributes: Object.fromEntries(values) };
}

/**
 * An imported graph as a layer. Its convolutions, linear layers, normalisations and activation units are layers like
 * any other; the operators between them are evaluated while the network is traced, for the batch that it is called
 * with. Outside training, a normalisation that alone follows a convolution is folded into its weights.
 */
export class GraphLayer implements Layer {
  readonly name: string;
  readonly specification: GraphSpecification;
  /** The arrays outside layers. */
  readonly parameters: readonly Parameter[];
  readonly children: readonly Layer[];
  private readonly nodes: readonly (LayerNode | OperatorNode)[];
  private readonly layers: ReadonlyMap<LayerNode, Layer>;
  private readonly constants: ReadonlyMap<string, HostArray>;
  /** The normalisation after each convolution that feeds nothing else. */
  private readonly normalizations: ReadonlyMap<LayerNode, LayerNode>;

  /** `threshold` is α of the activation units at the start of training. */
  constructor(name: string, specification: GraphSpecification, threshold: number, random: Random) {
    const { nodes, opset, constants, parameters } = specification;
    this.name = name;
    this.specification = specification;
    this.nodes = nodes.map((node) => (isLayerNode(node) ? node : operatorNode(node)));
    requireOperators(
      this.nodes.filter((node): node is OperatorNode => !isLayerNode(node)),
      opset,
    );
    this.layers = layersOf(nodes.filter(isLayerNode), threshold, random);
    this.children = [...this.layers.values()];
    this.normalizations = normalizationsOf(specification);
    this.parameters = Object.entries(parameters).map(
      ([key, { shape, role }]) => new Parameter(key, shape, role, zeros, random),
    );
    this.constants = new Map(Object.entries(constants).map(([key, array]) => [key, arrayOf(array, key)]));
  }

  call(x: Signal, context: Context): Signal {
    const { opset, input, output } = this.specification;
    const values = new Map<string, GraphValue>(this.constants);
    for (const parameter of this.parameters) values.set(parameter.name, [parameter.tensor]);
    values.set(input, x);
    const folded = new Set<LayerNode>();
    for (const node of this.nodes) {
      if (!isLayerNode(node)) {
        evaluateInto(values, node, opset);
      } else if (!folded.has(node)) {
        const next = context.training ? undefined : this.normalizations.get(node);
        if (next !== undefined) folded.add(next);
        const y = this.callLayer(node, signalOf(values, node.inputs[0]!), context, next);
        values.set((next ?? node).outputs[0]!, y);
      }
    }
    return signalOf(values, output);
  }

  private callLayer(node: LayerNode, x: Signal, context: Context, next: LayerNode | undefined): Signal {
    const layer = this.layers.get(node)!;
    if (next === undefined) return callLayer(layer, x, context);
    const normalization = this.layers.get(next) as BatchNormalization;
    return withScope(layer.name, () => (layer as Convolution).call(x, context, normalization.affine()));
  }
}

function signalOf(values: ReadonlyMap<string, GraphValue>, name: string): Signal {
  const value = values.get(name);
  if (value === undefined || !isSignal(value))
    throw new StriateError(`the value "${name}" of the graph does not depend on its input`);
  return value;
}

function layersOf(nodes: readonly LayerNode[], threshold: number, random: Random): Map<LayerNode, Layer> {
  let units = 0;
  return new Map(
    nodes.map((node) => {
      const index = node.layer.type === "activation" ? units++ : units;
      return [node, layerOf(node, index, threshold, random)];
    }),
  );
}

function layerOf({ name, layer }: LayerNode, index: number, threshold: number, random: Random): Layer {
  switch (layer.type) {
    case "conv":
      return new Convolution(name, layer, random);
    case "linear":
      return new Linear(name, layer.inputs, layer.outputs, random);
    case "norm":
      return new BatchNormalization(name, layer.channels, random, layer.eps);
    case "activation":
      return new Activation(name, index, threshold, random, layer.ceiling);
  }
}

function normalizationsOf({ nodes, output }: GraphSpecification): Map<LayerNode, LayerNode> {
  const uses = new Map<string, GraphNode[]>();
  for (const node of nodes) for (const name of node.inputs) uses.set(name, [...(uses.get(name) ?? []), node]);
  const found = new Map<LayerNode, LayerNode>();
  for (const node of nodes) {
    const [next, ...others] = uses.get(node.outputs[0]!) ?? [];
    if (!isLayerNode(node) || node.layer.type !== "conv" || next === undefined || others.length > 0) continue;
    if (isLayerNode(next) && next.layer.type === "norm" && node.outputs[0] !== output) found.set(node, next);
  }
  return found;
}
