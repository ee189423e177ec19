import { calibrateThresholds, convertedContext, quantizedContext } from "../src/convert/fast-snn/index.ts";
import { denseContext } from "../src/nn/dense.ts";
import type { Context } from "../src/nn/layer.ts";
import type { Network } from "../src/nn/network.ts";
import { compile } from "../src/runtime/node.ts";
import { spikingContext } from "../src/spiking/index.ts";
import { input } from "../src/tensor/index.ts";
import { type Benchmark, type BenchmarkOptions, type Case, local } from "./benchmark.ts";
import { directSteps, leaky, tau } from "./bptt-step.ts";
import {
  architecture,
  type Batches,
  batchSize,
  countMultiplyAccumulates,
  mnistBatches,
  quickstartNetwork,
} from "./quickstart-network.ts";
import { makeTraining, meanOver } from "./training.ts";

const bits = 3;
export const convertedSteps = 2 ** bits - 1;
/** Enough for the running statistics to settle, and for the neurons to fire as in a trained network. */
const trainingSteps = 40;

/** A network of leaky neurons after a little training. */
async function directNetwork(batches: Batches, options: BenchmarkOptions): Promise<Network> {
  const network = quickstartNetwork();
  await train(
    network,
    spikingContext({ steps: directSteps, neuron: leaky, training: true }),
    batches,
    options,
  );
  return network;
}

/** A network with 3-bit activations after a little training, to be converted. */
export async function quantizedNetwork(batches: Batches, options: BenchmarkOptions): Promise<Network> {
  const network = quickstartNetwork();
  await train(network, denseContext(true), batches, options);
  const shape = [batchSize, 1, 28, 28];
  await calibrateThresholds(network, { data: batches.images.slice(0, batchSize * 784), shape });
  await train(network, quantizedContext(network, { bits, training: true }), batches, options);
  return network;
}

async function train(
  network: Network,
  context: Context,
  batches: Batches,
  options: BenchmarkOptions,
): Promise<void> {
  const step = await makeTraining(network, context, batches, options);
  for (let i = 0; i < trainingSteps; i++) await step();
}

/** Inference of spiking networks with fixed weights. */
export const spikingInference: Benchmark = {
  name: "spiking-inference",
  title: "Inference of the quickstart network as a spiking network, logits averaged over the steps",
  peer: "spiking_inference.py",
  prepare: async (options) => {
    const batches = await mnistBatches();
    const images = batches.images.slice(0, batchSize * 784);
    const direct = await directNetwork(batches, options);
    const quantized = await quantizedNetwork(batches, options);
    const converted = (signed: boolean) => convertedContext(quantized, { steps: convertedSteps, signed });
    const kinds = [
      {
        neuron: "lif",
        network: direct,
        weights: "direct.safetensors",
        steps: directSteps,
        context: () => spikingContext({ steps: directSteps, neuron: leaky }),
      },
      {
        neuron: "signed",
        network: quantized,
        weights: "quantized.safetensors",
        steps: convertedSteps,
        context: () => converted(true),
      },
      {
        neuron: "unsigned",
        network: quantized,
        weights: "quantized.safetensors",
        steps: convertedSteps,
        context: () => converted(false),
      },
    ];
    const settings = kinds.flatMap((kind) =>
      [1, batchSize].map((batch) => ({
        ...kind,
        batch,
        name: `${kind.neuron === "lif" ? "LIF" : `${kind.neuron} IF`}, T = ${kind.steps}, batch ${batch}`,
      })),
    );
    return {
      config: {
        architecture,
        tau,
        cases: settings.map(({ name, neuron, weights, steps, batch }) => ({
          name,
          neuron,
          weights,
          steps,
          batch,
        })),
      },
      files: {
        "images.safetensors": { images: { shape: [batchSize, 1, 28, 28], data: images } },
        "direct.safetensors": direct.state(),
        "quantized.safetensors": quantized.state(),
      },
      cases: settings.map(({ name, network, context, batch }) =>
        inferenceCase(name, network, context, images.slice(0, batch * 784), options),
      ),
    };
  },
};

function inferenceCase(
  name: string,
  network: Network,
  context: () => Context,
  data: Float32Array,
  { lowering, threads }: BenchmarkOptions,
): Case {
  const images = input("images", [data.length / 784, 1, 28, 28]);
  return {
    name,
    work: { amount: 2 * countMultiplyAccumulates(network, images, context()), unit: "operations" },
    compared: "logits",
    tolerance: 1e-2,
    ours: async () => {
      const logits = meanOver(network.call(images, context()));
      const program = await compile({ outputs: { logits } }, { lowering, threads, freeze: true });
      const run = () => program.run({ images: data });
      return local("Striate", async () => Array.from((await run()).logits!.data, Number), run);
    },
  };
}
