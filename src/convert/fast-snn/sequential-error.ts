import type { Activation } from "../../nn/layers/activation.ts";
import type { Network } from "../../nn/network.ts";
import { compile } from "../../runtime/compile.ts";
import { abs, add, constant, input, mean, mul, sub, type Tensor } from "../../tensor/index.ts";
import { type ConvertedOptions, convertedContext, quantizedContext } from "./contexts.ts";

/** How far a spiking layer's mean output is from the quantised activation that it stands for. */
export interface LayerError {
  readonly layer: string;
  /** Mean of |mean output over T − quantised activation| over the layer and the images. */
  readonly error: number;
  /** The same divided by the mean quantised activation. */
  readonly relative: number;
}

/** The mean of a signal over its steps. */
export const meanOverSteps = (signal: readonly Tensor[]): Tensor =>
  signal.length === 1 ? signal[0]! : mul(signal.reduce(add), constant(1 / signal.length));

/** The quantised activations and the mean spiking outputs of each layer, for the same images. */
export function pairActivations(
  network: Network,
  reference: Network,
  images: Tensor,
  bits: number,
  options: Omit<ConvertedOptions, "record">,
): { unit: Activation; quantized: Tensor; spiking: Tensor }[] {
  const spiking = new Map<Activation, Tensor>();
  const converted = convertedContext(network, {
    ...options,
    record: (unit, _current, output) => spiking.set(unit, meanOverSteps(output)),
  });
  network.call(images, converted);
  const quantized = new Map<string, Tensor>();
  const dense = quantizedContext(reference, { bits, weightBits: options.weightBits });
  reference.call(images, {
    ...dense,
    activate: (unit, current) => {
      const output = dense.activate(unit, current);
      quantized.set(unit.name, output[0]!);
      return output;
    },
  });
  return network.activations.map((unit) => ({
    unit,
    quantized: quantized.get(unit.name)!,
    spiking: spiking.get(unit)!,
  }));
}

/**
 * The sequential error by layer (Hu et al., 2023): the gap between the activations of the spiking network and those of
 * the quantised network `reference` that it was converted from, measured on images (N, C, H, W).
 */
export async function sequentialError(
  network: Network,
  reference: Network,
  images: { readonly data: Float32Array; readonly shape: readonly number[] },
  bits: number,
  options: Omit<ConvertedOptions, "record">,
): Promise<LayerError[]> {
  const x = input("images", images.shape);
  const outputs: Record<string, Tensor> = {};
  const pairs = pairActivations(network, reference, x, bits, options);
  for (const { unit, quantized, spiking } of pairs) {
    outputs[`${unit.name}:gap`] = mean(abs(sub(spiking, quantized)));
    outputs[`${unit.name}:size`] = mean(abs(quantized));
  }
  const program = await compile({ inputs: [x], outputs }, { freeze: true });
  try {
    const results = await program.run({ images: images.data });
    return pairs.map(({ unit: { name } }) => {
      const error = Number(results[`${name}:gap`]!.data[0]);
      return {
        layer: name,
        error,
        relative: error / Math.max(Number(results[`${name}:size`]!.data[0]), 1e-12),
      };
    });
  } finally {
    await program.release();
  }
}
