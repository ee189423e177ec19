import { StriateError } from "../error.ts";
import type { Network } from "../nn/network.ts";
import type { Parameter } from "../nn/parameter.ts";

/** Bytes of memory. */
export interface Footprint {
  readonly weights: number;
  /** Biases, and the scales and shifts of normalisations. */
  readonly biases: number;
  /** Thresholds of neurons and quantisers. */
  readonly thresholds: number;
  /** Running statistics of normalisations: the buffers. */
  readonly statistics: number;
  readonly total: number;
}

/**
 * Bytes of all parameters and buffers of a network, as NeuroBench counts them. Membrane potentials, which exist only
 * while it runs, are not among them.
 *
 * @param bits bits of one value of a parameter; 32 when absent
 */
export function footprint(network: Network, bits: (parameter: Parameter) => number = () => 32): Footprint {
  const bytes = (role: Parameter["role"]) =>
    network.parameters
      .filter((parameter) => parameter.role === role)
      .reduce((total, parameter) => total + Math.ceil((parameter.data.length * bits(parameter)) / 8), 0);
  const weights = bytes("weight");
  const biases = bytes("bias");
  const thresholds = bytes("threshold");
  const statistics = bytes("statistic");
  return { weights, biases, thresholds, statistics, total: weights + biases + thresholds + statistics };
}

/**
 * Zero weights over all weights of a network as it is stored. OperationCounter tells the sparsity as it is evaluated,
 * after quantisation.
 */
export function connectionSparsity(network: Network): number {
  let zeros = 0;
  let total = 0;
  for (const { role, data } of network.parameters) {
    if (role !== "weight") continue;
    total += data.length;
    for (const weight of data) if (weight === 0) zeros++;
  }
  if (total === 0)
    throw new StriateError("the network has no weights", "Add a convolution or a linear layer");
  return zeros / total;
}
