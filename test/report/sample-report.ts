import type { AccuracySeries } from "../../src/report/figures/accuracy-by-steps.ts";
import type { FiringRateSeries } from "../../src/report/figures/firing-rates.ts";
import type { RasterData } from "../../src/report/figures/raster.ts";
import type { Spike } from "../../src/report/figures/raster-blocks.ts";
import type { SequentialErrorSeries } from "../../src/report/figures/sequential-error.ts";
import type { TrainingHistory } from "../../src/report/figures/training-curve.ts";
import type { QuickstartReport, SpikingSummary } from "../../src/report/quickstart-data.ts";

/**
 * A report on a network that never was: every number here is invented, to see the page with. Nothing outside the
 * tests may use it.
 */

const layers = [
  { name: "conv1", neurons: 12544 },
  { name: "conv2", neurons: 3136 },
  { name: "conv3", neurons: 6272 },
  { name: "conv4", neurons: 1568 },
  { name: "dense1", neurons: 128 },
];

const variants = [
  { neurons: "unsigned", fineTuned: false },
  { neurons: "signed", fineTuned: false },
  { neurons: "signed", fineTuned: true },
] as const;

const finals: Record<number, [number, number, number]> = {
  2: [0.9612, 0.9803, 0.9861],
  3: [0.9847, 0.9891, 0.9903],
  4: [0.9889, 0.9907, 0.9911],
};
const quantized = [
  { bits: 4, accuracy: 0.9914 },
  { bits: 3, accuracy: 0.9908 },
  { bits: 2, accuracy: 0.9882 },
];

/** Numbers in [0, 1) that are the same in every run. */
function sequence(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
}

const networks = [2, 3, 4].flatMap((bits) =>
  variants.map((variant, i) => ({ bits, steps: 2 ** bits - 1, ...variant, final: finals[bits][i], i })),
);

const spiking = networks.map(
  ({ final, i, ...network }): SpikingSummary => ({
    ...network,
    accuracy: final,
    spikesPerImage: 1450.25 * network.steps + 210 * i,
    synapticOperations: 131_000.5 * network.steps + 9100 * i,
    energyNanojoules: 118.35 * network.steps + 8.2 * i + 519,
  }),
);

const accuracyBySteps = networks.map(({ bits, steps, neurons, fineTuned, final, i }): AccuracySeries => {
  const points = Array.from({ length: steps }, (_, t) => {
    const left = 1 - (t + 1) / steps;
    return { steps: t + 1, accuracy: final - (0.16 - 0.03 * i) * left ** 2 - 0.3 * left ** 9 };
  });
  return { bits, neurons, fineTuned, points };
});

const sequentialError = networks.map(
  ({ bits, neurons, fineTuned, i }): SequentialErrorSeries => ({
    bits,
    neurons,
    fineTuned,
    layers: layers.map(({ name }, depth) => ({
      name,
      error: ([0.062, 0.031, 0.019][i] * depth ** 1.2 * 3) / bits,
    })),
  }),
);

const firingRates = networks.map(
  ({ bits, steps, neurons, fineTuned, i }): FiringRateSeries => ({
    bits,
    steps,
    neurons,
    fineTuned,
    layers: layers.map(({ name }, depth) => ({
      name,
      rate: 0.142 - 0.021 * depth + 0.004 * i + 0.01 * bits,
    })),
  }),
);

/** A drawn seven, 28 × 28. */
function seven(): number[] {
  const near = (x: number, y: number) =>
    y < 8 ? Math.abs(y - 7) + Math.max(0, 7 - x, x - 20) : Math.abs(x - (20 - (y - 8) * 0.55));
  return Array.from({ length: 784 }, (_, i) => {
    const [x, y] = [i % 28, Math.floor(i / 28)];
    if (y < 5 || y > 24) return 0;
    return Math.round(255 * Math.max(0, Math.min(1, 2.3 - near(x, y))));
  });
}

function sampleRaster(): RasterData {
  const random = sequence(7);
  const steps = 7;
  return {
    steps,
    image: { height: 28, width: 28, pixels: Uint8Array.from(seven()) },
    label: 7,
    predicted: 7,
    network: { bits: 3, kind: "signed-fine-tuned" },
    layers: layers.map(({ name, neurons }, depth) => {
      const spikes: Spike[] = [];
      for (let neuron = 0; neuron < neurons; neuron++) {
        const drive = random() < 0.3 ? random() : 0;
        for (let step = 1; step <= steps; step++) {
          if (random() < drive) spikes.push({ neuron, step, sign: 1 });
          else if (depth > 0 && drive > 0 && step > 2 && random() < 0.03)
            spikes.push({ neuron, step, sign: -1 });
        }
      }
      return { name, neurons, spikes };
    }),
  };
}

function sampleTraining(): TrainingHistory {
  const phase = (name: string, epochs: number, from: number, to: number, best: number) => ({
    name,
    points: Array.from({ length: epochs }, (_, i) => {
      const done = (i + 1) / epochs;
      const loss = from * (to / from) ** done;
      return {
        position: i + 1,
        loss,
        accuracy: 1 - loss * 0.3,
        heldOutLoss: loss * 1.1 + 0.008,
        heldOutAccuracy: best - 0.02 * (1 - done) ** 2 * (from / 0.35),
      };
    }),
  });
  return {
    unit: "epoch",
    heldOut: "test images",
    phases: [
      phase("float", 4, 0.35, 0.028, 0.9916),
      phase("4 bit", 1, 0.05, 0.024, 0.9914),
      phase("3 bit", 1, 0.05, 0.025, 0.9908),
      phase("2 bit", 2, 0.09, 0.034, 0.9882),
    ],
  };
}

export function sampleReport(): QuickstartReport {
  return {
    summary: {
      task: "mnist",
      images: { train: 60000, test: 10000 },
      ann: { accuracy: 0.9916, macs: 1_233_664 },
      quantized,
      spiking,
      seconds: { total: 221.4, training: 138.2, fineTuning: 24.9, evaluation: 41.3 },
      peakMemoryMB: 911.3,
    },
    accuracyBySteps,
    sequentialError,
    firingRates,
    raster: sampleRaster(),
    training: sampleTraining(),
    energy: {
      annNanojoules: 1_233_664 * 4.6e-3,
      caveats: [
        "Energies are for arithmetic alone at 45 nm (Horowitz, ISSCC 2014): 4.6 pJ for a 32-bit floating-point multiply–accumulate, 0.9 pJ for an accumulate.",
        "The first layer sees the image, not spikes, and is charged as multiply–accumulates, once.",
        "Updating the membrane potentials and moving weights and spikes through memory are not counted; on real hardware they often cost more than the arithmetic.",
      ],
    },
    provenance: {
      seed: 1,
      command: "npm run quickstart -- --seed 1",
      versions: { striate: "0.1.0", node: "20.20.2", "onnxruntime-node": "1.30.0" },
      machine: "an invented processor with 2 threads",
    },
  };
}
