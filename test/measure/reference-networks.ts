import {
  type ArchitectureInput,
  buildNetwork,
  Convolution,
  Linear,
  type Network,
} from "../../src/nn/index.ts";
import { readFixture } from "../tensor/fixture.ts";

/** What NeuroBench says of one network, as reference/neurobench.py stores it; operations are means per image. */
interface Expected {
  readonly images: number;
  readonly input: number[];
  readonly layers: readonly { readonly weight: number[]; readonly bias?: number[] }[];
  readonly connectionSparsity: number;
  readonly activationSparsity: number;
  readonly effectiveMacs: number;
  readonly effectiveAcs: number;
  readonly dense: number;
  readonly footprint: number;
}

export interface SpikingCase extends Expected {
  readonly name: string;
  readonly steps: number;
  readonly membraneUpdates: number;
  /** Spikes of each layer of neurons over all images and steps. */
  readonly spikes: readonly number[];
}

export interface DenseCase extends Expected {
  readonly normalization: Readonly<Record<"gamma" | "beta" | "mean" | "variance", number[]>>;
}

export const fixture = readFixture<{ spiking: SpikingCase[]; dense: DenseCase }>("neurobench");

const spikingArchitecture: ArchitectureInput = {
  input: { channels: 2, height: 9, width: 8 },
  layers: [
    { type: "conv", channels: 6, kernel: 3, stride: 2, bias: true },
    { type: "activation" },
    { type: "conv", channels: 4, kernel: 3, groups: 2, bias: true },
    { type: "activation" },
    { type: "flatten" },
    { type: "linear", features: 5 },
    { type: "activation" },
  ],
};

const denseArchitecture: ArchitectureInput = {
  input: { channels: 2, height: 8, width: 8 },
  layers: [
    { type: "conv", channels: 4, kernel: 3 },
    { type: "norm" },
    { type: "activation" },
    { type: "averagePool", kernel: 2 },
    { type: "conv", channels: 6, kernel: 2, stride: 2, padding: 1, groups: 2, bias: true },
    { type: "activation" },
    { type: "flatten" },
    { type: "linear", features: 5 },
  ],
};

function withWeights(architecture: ArchitectureInput, { layers }: Expected): Network {
  const network = buildNetwork(architecture, 1);
  const weighted = network.layers.filter((layer) => layer instanceof Convolution || layer instanceof Linear);
  for (const [i, layer] of weighted.entries()) {
    layer.weight.data.set(layers[i]!.weight);
    layer.bias?.data.set(layers[i]!.bias!);
  }
  return network;
}

export const spikingNetwork = (expected: SpikingCase): Network => withWeights(spikingArchitecture, expected);

export function denseNetwork(expected: DenseCase): Network {
  const network = withWeights(denseArchitecture, expected);
  for (const { name, data } of network.parameters) {
    const kind = name.split("/").at(-1)!;
    if (name.startsWith("norm")) data.set(expected.normalization[kind as keyof DenseCase["normalization"]]);
  }
  return network;
}
