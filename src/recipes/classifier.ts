import { convertedContext, quantizedContext } from "../convert/fast-snn/contexts.ts";
import type { ImageDataset } from "../formats/dataset.ts";
import { orderedBatch, type PixelScale } from "../nn/batches.ts";
import { denseContext } from "../nn/dense.ts";
import type { Context, Signal } from "../nn/layer.ts";
import type { Activation } from "../nn/layers/activation.ts";
import type { ModelKind } from "../nn/model-file.ts";
import type { Network } from "../nn/network.ts";
import { compile, type Program } from "../runtime/compile.ts";
import { type LeakyOptions } from "../spiking/leaky.ts";
import { spikingContext } from "../spiking/context.ts";
import { abs, add, argmax, constant, greater, input, less, mask, stack, sum, type Tensor } from "../tensor/index.ts";
import type { ProgressReporter } from "./progress.ts";

/** How a network of this kind is evaluated, and over how many steps. */
export function contextFor(network: Network, kind: ModelKind): { context: Context; steps: number } {
  switch (kind.type) {
    case "float":
      return { context: denseContext(), steps: 1 };
    case "quantized":
      return { context: quantizedContext(network, kind), steps: 1 };
    case "converted": {
      const { steps, neurons, weightBits } = kind;
      return { context: convertedContext(network, { steps, signed: neurons === "signed", weightBits }), steps };
    }
    case "spiking": {
      const neuron = kind.neuron as { kind: "if" | "lif" } & LeakyOptions;
      return { context: spikingContext({ steps: kind.steps, neuron }), steps: kind.steps };
    }
  }
}
