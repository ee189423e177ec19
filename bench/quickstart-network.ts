import { loadDataset } from "../src/formats/index.node.ts";
import type { ArchitectureInput } from "../src/nn/architecture.ts";
import type { Context } from "../src/nn/layer.ts";
import { Convolution } from "../src/nn/layers/convolution.ts";
import { Linear } from "../src/nn/layers/linear.ts";
import { buildNetwork, type Network } from "../src/nn/network.ts";
import type { Parameter } from "../src/nn/parameter.ts";
import { recipes } from "../src/recipes/presets.ts";
import { sgd } from "../src/runtime/optimizer.ts";
import { gradientSources, sizeOf, type Tensor } from "../src/tensor/index.ts";

/** The network of the quickstart. */
export const architecture: ArchitectureInput = recipes.digits!.quick!.architecture;

export const quickstartNetwork = (): Network => buildNetwork(architecture, 1);

/** How every benchmark trains. */
export const rule = sgd({ learningRate: 0.02, momentum: 0.9, weightDecay: 5e-4 });

/** Images of one batch. */
export const batchSize = 64;

/** How many different batches the steps cycle through. */
export const batchCount = 8;

export interface Batches {
  /** (batches, batch, 1, 28, 28), scaled to MNIST's mean and deviation. */
  readonly images: Float32Array;
  /** (batches, batch). */
  readonly labels: Int32Array;
}

/** The first digits of MNIST's training images. */
export async function mnistBatches(): Promise<Batches> {
  const { train } = await loadDataset("mnist", { split: "train" });
  const count = batchCount * batchSize;
  return {
    images: Float32Array.from(
      train.images.subarray(0, count * 784),
      (value) => (value / 255 - 0.1307) / 0.3081,
    ),
    labels: Int32Array.from(train.labels.subarray(0, count)),
  };
}

/** The batch of step k. */
export function batchAt(
  { images, labels }: Batches,
  k: number,
): { images: Float32Array; labels: Int32Array } {
  const at = (k % batchCount) * batchSize;
  return {
    images: images.subarray(at * 784, (at + batchSize) * 784),
    labels: labels.subarray(at, at + batchSize),
  };
}

/** The trained parameters that the loss depends on. */
export function trainedParameters(network: Network, loss: Tensor): Parameter[] {
  const sources = gradientSources(loss);
  return network.parameters.filter((parameter) => parameter.isTrained && sources.has(parameter.tensor));
}

/**
 * Multiply-accumulates of convolutions and linear layers in one evaluation, zeros included. A layer that sees the same
 * signal at every step counts once. `backward` adds those of the gradients: one evaluation's worth for the weights, and
 * for the inputs of every layer but the first.
 */
export function countMultiplyAccumulates(
  network: Network,
  images: Tensor,
  context: Context,
  backward = false,
): number {
  const layers: number[] = [];
  network.call(images, {
    ...context,
    observe: (layer, _input, output) => {
      if (!(layer instanceof Convolution || layer instanceof Linear)) return;
      const perOutput = sizeOf(layer.weight.shape.slice(1));
      layers.push(output.reduce((total, step) => total + sizeOf(step.shape) * perOutput, 0));
    },
  });
  const forward = layers.reduce((a, b) => a + b);
  return backward ? 3 * forward - layers[0]! : forward;
}
