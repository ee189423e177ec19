import { quantizedContext } from "../src/convert/fast-snn/index.ts";
import { denseContext } from "../src/nn/dense.ts";
import type { Context } from "../src/nn/layer.ts";
import type { Network } from "../src/nn/network.ts";
import { input } from "../src/tensor/index.ts";
import type { Benchmark } from "./benchmark.ts";
import {
  architecture,
  batchSize,
  countMultiplyAccumulates,
  mnistBatches,
  quickstartNetwork,
  rule,
} from "./quickstart-network.ts";
import { batchFile, checkedSteps, trainingContender } from "./training.ts";

const bits = 3;
/** Low enough for some values of every layer to be clipped. */
const threshold = 2;

const contexts: Record<string, (network: Network) => Context> = {
  float: () => denseContext(true),
  "3-bit": (network) => quantizedContext(network, { bits, training: true }),
};

function freshNetwork(): Network {
  const network = quickstartNetwork();
  for (const unit of network.activations) unit.threshold.data.fill(threshold);
  return network;
}

/** A training step of the quickstart network: forward, backward and update. */
export const trainingStep: Benchmark = {
  name: "training-step",
  title: `Training step of the quickstart network, batch ${batchSize}, SGD with momentum`,
  peer: "training_step.py",
  prepare: async (options) => {
    const batches = await mnistBatches();
    return {
      config: { architecture, rule, levels: 2 ** bits - 1, checkedSteps },
      files: { "weights.safetensors": freshNetwork().state(), "batches.safetensors": batchFile(batches) },
      cases: Object.entries(contexts).map(([name, contextOf]) => {
        const network = freshNetwork();
        const images = input("images", [batchSize, 1, 28, 28]);
        const amount = 2 * countMultiplyAccumulates(network, images, contextOf(network), true);
        return {
          name,
          work: { amount, unit: "operations" },
          compared: `losses of the first ${checkedSteps} steps`,
          tolerance: name === "float" ? 1e-4 : 2e-3,
          ours: () => trainingContender(network, contextOf(network), batches, options),
        };
      }),
    };
  },
};
