import type { ConversionReport } from "../../src/report/conversion-data.ts";

/** A report on a conversion that never was: every number here is invented, to see the page with. */

const layerNames = [
  "Relu",
  ...[1, 2, 3].flatMap((stage) =>
    [0, 1, 2].flatMap((block) =>
      ["Relu", "Relu_1"].map((relu) => `layer${stage}/layer${stage}.${block}/${relu}`),
    ),
  ),
];

const kinds = [
  { name: "no corrections", lost: 9, error: 0.0031, top: 0.894 },
  { name: "shortcuts normalised, not compensated", lost: 5.2, error: 0.0019, top: 0.915 },
  { name: "compensated, shortcuts as they were", lost: 4.4, error: 0.0016, top: 0.905 },
  { name: "shortcuts normalised and compensated", lost: 3.4, error: 0.0011, top: 0.914 },
];

export function sampleConversion(): ConversionReport {
  return {
    method: "spiking-resnet",
    subject: "resnet20-cifar10.onnx",
    data: "1,000 test images of CIFAR-10",
    ann: { accuracy: 0.915, macs: 40_813_184, energyNanojoules: 187_741 },
    variants: kinds.map(({ name, lost, error, top }) => ({
      name,
      accuracyBySteps: Array.from({ length: 128 }, (_, t) => ({
        steps: t + 1,
        accuracy: 0.1 + (top - 0.1) / (1 + (lost / (t + 1)) ** 2),
      })),
      layers: layerNames.map((layer, depth) => ({
        name: layer,
        error: 0.004 + error * depth * (depth % 2 ? 0.8 : 1),
        rate: (0.14 - 0.005 * depth) * (depth % 2 ? 0.7 : 1),
      })),
    })),
    costs: [8, 16, 32, 64].map((steps, i) => ({
      steps,
      accuracy: [0.621, 0.853, 0.897, 0.911][i],
      spikesPerImage: 14_210.5 * steps,
      synapticOperations: 2_650_400.5 * steps,
      energyNanojoules: 2_385.4 * steps + 1_990,
    })),
    notes: ["Max-pooling became gated max-pooling: the channel with the most spikes so far passes."],
    energyCaveats: [
      "Energies are for arithmetic alone at 45 nm (Horowitz, ISSCC 2014): 4.6 pJ for a 32-bit floating-point multiply–accumulate, 0.9 pJ for an accumulate.",
    ],
    provenance: {
      seed: 0,
      command: "striate convert resnet20-cifar10.onnx --method spiking-resnet --out runs/resnet20-spiking",
      versions: { striate: "0.1.0", node: "20.20.2" },
      machine: "an invented processor with 2 threads",
    },
    seconds: { total: 81.5, calibration: 12.1, conversion: 20.3 },
    peakMemoryMB: 640,
  };
}
