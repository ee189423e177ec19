import { StriateError } from "../src/error.ts";
import type { NumericArrayLike } from "../src/formats/array.ts";
import { type Conv2dNode, nodesOf, type SpikingGraph, type SpikingNode } from "../src/spiking/graph/index.ts";

/** A layer of neurons with θ = 1, and what drives it, as the peers build it. */
interface Unit {
  readonly stride: number;
  /** V(0). */
  readonly start: number;
  /** The potential at which signed neurons take a spike back. */
  readonly takesBackAt?: number;
  /** Spikes of an earlier unit, every so many pixels in both directions and zeros around its channels, times a factor. */
  readonly shortcut?: { readonly from: number; readonly stride: number; readonly factor: number };
}

export interface Units {
  readonly units: readonly Unit[];
  /** "0/weight", "0/bias" … of the units' convolutions, and "readout/weight", "readout/bias". */
  readonly weights: Readonly<Record<string, NumericArrayLike>>;
}

/**
 * Takes a converted network apart for the peers: convolutions of the unit before, identity shortcuts, a mean over
 * the positions and a linear layer.
 */
export function unitsOf(graph: SpikingGraph): Units {
  const byName = new Map(graph.nodes.map((node) => [node.name, node]));
  const neurons = nodesOf(graph, "neuron");
  const indexOf = (name: string) => neurons.findIndex((node) => node.name === name);
  const weights: Record<string, NumericArrayLike> = {};
  const units = neurons.map((neuron, i): Unit => {
    const { firing, start } = neuron.operation as Extract<SpikingNode["operation"], { type: "neuron" }>;
    const inputs = neuron.inputs.map((name) => byName.get(name)!);
    const main = inputs.find(isWeighted);
    if (main === undefined || inputs.length > 2) throw unexpected(neuron);
    const { weight, bias, stride } = main.operation as Conv2dNode;
    weights[`${i}/weight`] = weight;
    weights[`${i}/bias`] = bias ?? { shape: [weight.shape[0]!], data: new Float32Array(weight.shape[0]!) };
    const other = inputs.find((node) => node !== main);
    return {
      stride: stride[0],
      start: start.data[0]!,
      ...(firing?.takesBackAt !== undefined && { takesBackAt: firing.takesBackAt }),
      ...(other && { shortcut: shortcutOf(other, indexOf) }),
    };
  });
  const readout = nodesOf(graph, "linear")[0]!.operation as Extract<
    SpikingNode["operation"],
    { type: "linear" }
  >;
  weights["readout/weight"] = readout.weight;
  weights["readout/bias"] = readout.bias ?? { shape: [10], data: new Float32Array(10) };
  return { units, weights };
}

function shortcutOf(node: SpikingNode, indexOf: (name: string) => number): Unit["shortcut"] {
  const { operation } = node;
  if (operation.type === "neuron") return { from: indexOf(node.name), stride: 1, factor: 1 };
  const from = indexOf(node.inputs[0]!);
  if (operation.type === "scale") return { from, stride: 1, factor: operation.scale.data[0]! };
  if (!isConvolution(node)) throw unexpected(node);
  const { stride, weight } = operation as Conv2dNode;
  return { from, stride: stride[0], factor: Math.max(...weight.data) };
}

const isConvolution = ({ operation }: SpikingNode): boolean => operation.type === "conv2d";

/** A convolution of more than single pixels, which are what a shortcut is written as. */
const isWeighted = ({ operation }: SpikingNode): boolean =>
  operation.type === "conv2d" && operation.weight.shape[2]! > 1;

const unexpected = ({ name }: SpikingNode) =>
  new StriateError(
    `the peers have no counterpart of the node "${name}"`,
    "Use a chain of convolutions, or a ResNet with shortcuts of option A",
  );
