import { StriateError } from "../error.ts";
import { denseContext } from "../nn/dense.ts";
import { Attention } from "../nn/layers/attention.ts";
import type { Network } from "../nn/network.ts";
import { input } from "../tensor/index.ts";
import { connectionOf } from "./connection.ts";

export interface MacsOptions {
  /**
   * True to leave out the taps of a convolution that fall on padding, as NeuroBench's dense operations do: what to
   * compare effective operations with. False, the default, counts every window in full, as most papers do.
   */
  readonly skipPadding?: boolean;
}

/** Multiply-accumulates of one forward pass on one image, by weighted layer in order of evaluation. */
export function macsByLayer(
  network: Network,
  { skipPadding = false }: MacsOptions = {},
): { layer: string; macs: number }[] {
  const attention = network.layers.find((layer) => layer instanceof Attention);
  if (attention !== undefined) {
    throw new StriateError(`the operations of the attention layer "${attention.name}" cannot be counted`);
  }
  const { channels, height, width } = network.architecture.input;
  const counts: { layer: string; macs: number }[] = [];
  network.call(input("image", [1, channels, height, width]), {
    ...denseContext(),
    observe: (layer, x, y) => {
      const { macs, dense } = connectionOf(layer, x, y);
      counts.push({ layer: layer.name, macs: skipPadding ? dense : macs });
    },
  });
  return counts;
}

/**
 * Multiply-accumulates of one forward pass of the dense network on one image: convolutions and linear layers, without
 * biases, activations and pooling. A normalisation after a convolution is part of its weights.
 */
export const macs = (network: Network, options: MacsOptions = {}): number =>
  macsByLayer(network, options).reduce((total, layer) => total + layer.macs, 0);
