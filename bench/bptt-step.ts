import { type SpikingOptions, spikingContext } from "../src/spiking/index.ts";
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

export const directSteps = 4;
export const tau = 2;

/** Leaky integrate-and-fire with undecayed input, soft reset and the arctangent surrogate. */
export const leaky: SpikingOptions["neuron"] = {
  kind: "lif",
  tau,
  decayInput: false,
  reset: "subtract",
  detachReset: true,
};

/** A training step of the same network with leaky neurons, by back-propagation through time. */
export const bpttStep: Benchmark = {
  name: "bptt-step",
  title: `Training step of the quickstart network with LIF neurons, T = ${directSteps}, batch ${batchSize}`,
  peer: "bptt_step.py",
  prepare: async (options) => {
    const batches = await mnistBatches();
    const network = quickstartNetwork();
    const context = spikingContext({ steps: directSteps, neuron: leaky, training: true });
    const images = input("images", [batchSize, 1, 28, 28]);
    return {
      config: { architecture, rule, steps: directSteps, tau, checkedSteps },
      files: { "weights.safetensors": network.state(), "batches.safetensors": batchFile(batches) },
      cases: [
        {
          name: "LIF",
          work: { amount: 2 * countMultiplyAccumulates(network, images, context, true), unit: "operations" },
          compared: `losses of the first ${checkedSteps} steps`,
          // a potential within rounding of the threshold may fire in one and not in the other
          tolerance: 2e-3,
          ours: () => trainingContender(network, context, batches, options),
        },
      ],
    };
  },
};
