import { type Context, eachStep, type Layer, type Signal } from "../../nn/layer.ts";
import type { Activation } from "../../nn/layers/activation.ts";
import { Convolution } from "../../nn/layers/convolution.ts";
import { Linear } from "../../nn/layers/linear.ts";
import type { Network } from "../../nn/network.ts";
import type { Parameter } from "../../nn/parameter.ts";
import { simulate } from "../../spiking/neuron.ts";
import { signedIntegrateAndFire } from "../../spiking/signed.ts";
import type { Tensor } from "../../tensor/index.ts";
import { quantizedRelu } from "./activation-quantizer.ts";
import { quantizedWeight } from "./weight-quantizer.ts";

export interface QuantizationOptions {
  /** Bits b of every activation. */
  readonly bits: number;
  /** Bits of the weights, except the first convolution and the last linear layer, which get 8; float when absent. */
  readonly weightBits?: number | undefined;
  readonly training?: boolean;
}

/** Evaluation as a quantised network: every activation unit is a quantised ReLU. */
export function quantizedContext(
  network: Network,
  { bits, weightBits, training = false }: QuantizationOptions,
): Context {
  return {
    training,
    activate: (unit, current) => eachStep(current, (x) => quantizedRelu(x, unit.threshold.tensor, bits)),
    weight: weightQuantizer(network, weightBits),
    updates: new Map(),
  };
}

export interface ConvertedOptions {
  /** Time steps T; 2ᵇ − 1 in the conversion of b bits. */
  readonly steps: number;
  /** True for neurons that can take a spike back. */
  readonly signed: boolean;
  readonly weightBits?: number | undefined;
  /** Told of each neuron layer's input current and output, step by step. */
  readonly record?: (unit: Activation, current: Signal, output: Signal) => void;
}

/**
 * Evaluation as the converted spiking network: every activation unit is a layer of integrate-and-fire neurons with
 * θ = α. The last layer's outputs, one a step, sum over the steps to T times the logits.
 */
export function convertedContext(
  network: Network,
  { steps, signed, weightBits, record }: ConvertedOptions,
): Context {
  return {
    training: false,
    activate: (unit, current) => {
      const neuron = signedIntegrateAndFire({ threshold: unit.threshold.tensor, signed });
      const { outputs } = simulate(neuron, current, steps);
      record?.(unit, current, outputs);
      return outputs;
    },
    weight: weightQuantizer(network, weightBits),
    updates: new Map(),
  };
}

function weightQuantizer(network: Network, bits: number | undefined): Context["weight"] {
  if (bits === undefined) return (parameter) => parameter.tensor;
  const weighted = network.layers.filter((layer) => layer instanceof Convolution || layer instanceof Linear);
  const ends = new Set<Layer>([weighted[0]!, weighted.at(-1)!]);
  const cache = new Map<Parameter, Tensor>();
  return (parameter, layer) => {
    let quantized = cache.get(parameter);
    if (quantized === undefined) {
      const alpha = (layer as Convolution | Linear).weightThreshold.tensor;
      quantized = quantizedWeight(parameter.tensor, alpha, ends.has(layer) ? 8 : bits);
      cache.set(parameter, quantized);
    }
    return quantized;
  };
}
