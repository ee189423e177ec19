import { StriateError } from "../../error.ts";
import type { Activation } from "../../nn/layers/activation.ts";
import { meanSquaredError } from "../../nn/losses.ts";
import type { Network, NetworkState } from "../../nn/network.ts";
import type { Parameter } from "../../nn/parameter.ts";
import { TrainingStep } from "../../nn/training-step.ts";
import { sgd } from "../../runtime/optimizer.ts";
import { gradientSources, input, stopGradient, straightThrough, type Tensor } from "../../tensor/index.ts";
import { convertedContext, quantizedContext } from "./contexts.ts";
import { meanOverSteps } from "./sequential-error.ts";

export interface FineTuneOptions {
  readonly bits: number;
  readonly steps: number;
  readonly signed: boolean;
  readonly weightBits?: number | undefined;
  /** Parameters of the quantised network whose activations are the target; they stay as they are. */
  readonly reference: NetworkState;
  /** Images (N, C, H, W) of every training batch, one after the other. */
  readonly batches: readonly Float32Array[];
  readonly batchShape: readonly number[];
  readonly learningRate?: number;
  readonly weightDecay?: number;
  /** Accuracy on a held-out calibration split, from 0 to 1. */
  readonly validate: () => Promise<number>;
  readonly onLayer?: (result: FineTunedLayer) => void;
  readonly onProgress?: (done: number, total: number) => void;
  readonly signal?: AbortSignal | undefined;
}

export interface FineTunedLayer {
  readonly layer: string;
  readonly accuracyBefore: number;
  readonly accuracyAfter: number;
  /** False when the layer got its old weights back, since accuracy had not improved. */
  readonly kept: boolean;
}

/**
 * Layer-wise fine-tuning of a converted network (Hu et al., 2023), for layers 2 … L − 1 in order. With x̄ and ȳ the
 * means over T of a layer's spiking input and output, it lowers MSE(ȳ, quantised activation); the gradient is that of
 * the quantised layer at x̄, whose value is replaced by ȳ. Normalisation statistics and thresholds are frozen. A
 * layer's new weights are kept only if the accuracy on held-out images improves.
 */
export async function fineTune(
  network: Network,
  reference: Network,
  options: FineTuneOptions,
): Promise<FineTunedLayer[]> {
  reference.load(options.reference);
  const results: FineTunedLayer[] = [];
  let accuracy = await options.validate();
  const units = network.activations.slice(1);
  for (const [index, unit] of units.entries()) {
    const { loss, parameters } = layerObjective(network, reference, unit, options);
    const { learningRate = 1e-3, weightDecay = 5e-4 } = options;
    const before = parameters.map(({ data }) => data.slice());
    const training = await TrainingStep.create(
      { loss, parameters },
      { rule: sgd({ learningRate, momentum: 0.9, weightDecay }) },
    );
    for (const [i, images] of options.batches.entries()) {
      if (options.signal?.aborted) throw new StriateError("stopped before fine-tuning was complete");
      await training.run({ images }, learningRate);
      options.onProgress?.(index * options.batches.length + i + 1, units.length * options.batches.length);
    }
    await training.release();
    const tuned = await options.validate();
    const kept = tuned > accuracy;
    if (!kept) for (const [i, { data }] of parameters.entries()) data.set(before[i]!);
    const result = { layer: unit.name, accuracyBefore: accuracy, accuracyAfter: tuned, kept };
    if (kept) accuracy = tuned;
    results.push(result);
    options.onLayer?.(result);
  }
  return results;
}

/** The loss of one layer, and the weights on the way from the layers before it to its neurons. */
function layerObjective(
  network: Network,
  reference: Network,
  unit: Activation,
  { bits, steps, signed, weightBits, batchShape }: FineTuneOptions,
): { loss: Tensor; parameters: Parameter[] } {
  const images = input("images", batchShape);
  const spiking = new Map<Activation, Tensor>();
  const converted = convertedContext(network, {
    steps,
    signed,
    weightBits,
    record: (layer, _current, output) => spiking.set(layer, stopGradient(meanOverSteps(output))),
  });
  network.call(images, converted);

  let output: Tensor | undefined;
  const dense = quantizedContext(network, { bits, weightBits });
  network.call(images, {
    ...dense,
    activate: (layer, current) => {
      if (layer !== unit) return [spiking.get(layer)!];
      const quantized = dense.activate(layer, current)[0]!;
      output = straightThrough(spiking.get(layer)!, quantized);
      return [output];
    },
  });

  let target: Tensor | undefined;
  const frozen = quantizedContext(reference, { bits, weightBits });
  reference.call(images, {
    ...frozen,
    activate: (layer, current) => {
      const quantized = frozen.activate(layer, current);
      if (layer.name === unit.name) target = stopGradient(quantized[0]!);
      return quantized;
    },
  });
  const loss = meanSquaredError(output!, target!);
  const own = gradientSources(output!);
  const parameters = network.parameters.filter(
    ({ role, tensor }) => role !== "statistic" && role !== "threshold" && own.has(tensor),
  );
  return { loss, parameters };
}
