import { type CortexSettings, cortexSettings } from "../../src/recipes/quickstart-cortex.node.ts";

const { preset, adaptation } = cortexSettings;

/** The quickstart's second half in seconds. */
export const quickSettings: CortexSettings = {
  ...cortexSettings,
  preset: {
    ...preset,
    core: {
      kind: "transformer",
      patch: 4,
      stride: 4,
      width: 16,
      depth: 2,
      heads: 2,
      mlp: 16,
      patchDropout: 0,
      tokenDeviation: 1,
      dropout: 0,
    },
    training: { ...preset.training, epochs: 2 },
  },
  animals: 2,
  recording: { neurons: 12, images: 60, height: 16, width: 24 },
  adaptation: {
    images: 20,
    paths: ["subject", "stimulus", "dataset"],
    training: { ...adaptation.training, steps: 6 },
  },
};
