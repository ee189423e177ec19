import { readFile } from "node:fs/promises";
import { buildSpikingGraph, captureNetwork } from "../src/convert/spiking-resnet/index.ts";
import { StriateError } from "../src/error.ts";
import { loadDataset } from "../src/formats/index.node.ts";
import { networkFromOnnx } from "../src/nn/onnx/network-from-onnx.ts";
import { Random } from "../src/runtime/random.ts";
import { decodeSpikingGraph, type SpikingGraph } from "../src/spiking/graph/index.ts";
import { sizeOf } from "../src/tensor/index.ts";
import { type Activity, measureActivity, percent } from "./activity.ts";
import type { Benchmark, BenchmarkOptions, Case } from "./benchmark.ts";
import { engineContenders, sumOverSteps } from "./engines.ts";
import { matchedScales } from "./matched-scales.ts";
import { mnistBatches } from "./quickstart-network.ts";
import { resNet20 } from "./resnet20.ts";
import { convertedSteps, quantizedNetwork } from "./spiking-inference.ts";
import { type Units, unitsOf } from "./units.ts";

const batches = [1, 32];
const classes = 10;
/** Rates are taken from so many images. */
const counted = 32;

/** A converted network and the images that it is shown. */
interface Subject {
  readonly name: string;
  readonly graph: SpikingGraph;
  readonly steps: number;
  /** (counted, …). */
  readonly images: Float32Array;
  readonly shape: readonly number[];
  /**
   * Of the logits. A potential within rounding of the threshold may fire on one side and not on the other, and in 64
   * steps of a deep network that spreads: PyTorch's own logits in float32 and in float64 differ by 2.2e-2.
   */
  readonly tolerance: number;
}

/**
 * Spikes of each layer's neurons at a step, over its neurons: the ResNet-20 for CIFAR-10 of the top README, converted
 * without compensation, T = 64, 64 test images; 1.31 million spikes an image.
 */
const trainedRates = [
  0.1276, 0.1102, 0.1423, 0.0969, 0.1393, 0.0699, 0.1623, 0.101, 0.1377, 0.049, 0.142, 0.0416, 0.1398, 0.0798,
  0.0906, 0.0447, 0.0687, 0.0341, 0.0635,
];

/** Whole converted networks on each of our engines. */
export const spikingEngines: Benchmark = {
  name: "spiking-engines",
  title: "Inference of converted networks, readout summed over the steps",
  peer: "spiking_engines.py",
  prepare: async (options) => {
    const subjects = [await residual(), ...(await quickstartSubjects(options))];
    const remarks: string[] = [];
    const files: Record<string, Units["weights"]> = {};
    const cases: Case[] = [];
    const configured: object[] = [];
    for (const [i, subject] of subjects.entries()) {
      const { graph, images, shape, steps } = subject;
      const activity = await measureActivity(graph, images, steps, { batch: counted });
      remarks.push(...describe(subject, activity));
      const { units, weights } = unitsOf(graph);
      const names = { weights: `weights${i}.safetensors`, images: `images${i}.safetensors` };
      files[names.weights] = weights;
      files[names.images] = { images: { shape: [counted, ...shape], data: images } };
      for (const batch of batches) {
        const task = caseOf(subject, activity, weights, batch, options);
        cases.push(task);
        configured.push({ name: task.name, steps, batch, units, ...names });
      }
    }
    return { remarks, config: { cases: configured }, files, cases };
  },
};

function caseOf(
  { name, graph, images, shape, steps, tolerance }: Subject,
  { additionsPerImage, multiplyAccumulates }: Activity,
  weights: Units["weights"],
  batch: number,
  { threads }: BenchmarkOptions,
): Case {
  const values = images.slice(0, batch * sizeOf(shape));
  const numbers = Object.values(weights).reduce((sum, { data }) => sum + data.length, 0);
  return {
    name: `${name}, T = ${steps}, batch ${batch}`,
    work: { amount: 2 * batch * multiplyAccumulates, unit: "operations" },
    events: { additions: batch * additionsPerImage, bytes: 4 * (numbers + values.length + batch * classes) },
    compared: "logits",
    tolerance,
    ours: async () =>
      engineContenders(graph, values, steps, { batch, threads, input: "constant" }, (outputs) =>
        sumOverSteps(outputs, batch * classes),
      ),
  };
}

function describe({ name }: Subject, activity: Activity): string[] {
  const { density, densities, spikesPerImage, additionsPerImage } = activity;
  return [
    `${name}: ${(spikesPerImage / 1e3).toFixed(1)} thousand spikes and ${(additionsPerImage / 1e6).toPrecision(3)} million synaptic operations an image;`,
    `  ${percent(density)} of the neurons fire at a step (by layer ${densities.map((each) => (100 * each).toPrecision(2)).join(", ")} %)`,
  ];
}

/** The file that STRIATE_BENCH_RESNET20 names, on test images of STRIATE_BENCH_CIFAR10; else drawn weights and images. */
async function residual(): Promise<Subject> {
  const { STRIATE_BENCH_RESNET20: file, STRIATE_BENCH_CIFAR10: folder } = process.env;
  const shape = [3, 32, 32];
  const common = { steps: 64, shape, tolerance: 4.5e-2 };
  if (!file) {
    const network = networkFromOnnx(resNet20(1).file, "ResNet-20");
    const images = new Float32Array(counted * sizeOf(shape));
    new Random(2).fillNormal(images);
    const scales = await matchedScales(network, images, trainedRates);
    const graph = buildSpikingGraph(await captureNetwork(network), { scales });
    return { ...common, name: "ResNet-20 (drawn)", graph, images };
  }
  if (!folder)
    throw new StriateError(
      "STRIATE_BENCH_RESNET20 is set, but not STRIATE_BENCH_CIFAR10",
      "Set it to the folder with CIFAR-10's test_batch.bin",
    );
  const { graph, about } = decodeSpikingGraph(await readFile(file), file);
  const { mean, deviation } = (about as { scale: { mean: number[]; deviation: number[] } }).scale;
  const { test } = await loadDataset(`cifar10:${folder}`, { split: "test" });
  const images = Float32Array.from(test.images.subarray(0, counted * sizeOf(shape)), (value, i) => {
    const channel = Math.floor(i / 1024) % 3;
    return (value / 255 - mean[channel]!) / deviation[channel]!;
  });
  return { ...common, name: "ResNet-20", graph, images };
}

/** The quickstart's network after a little training with 3-bit activations, with signed and with unsigned neurons. */
export async function quickstartSubjects(options: BenchmarkOptions): Promise<Subject[]> {
  const digits = await mnistBatches();
  const shape = [1, 28, 28];
  const network = await quantizedNetwork(digits, options);
  const captured = await captureNetwork(network);
  const scales = captured.units.map(({ unit }) => unit.threshold.data[0]!);
  const images = digits.images.slice(0, counted * sizeOf(shape));
  return [true, false].map((signed) => ({
    name: `quickstart, ${signed ? "signed" : "unsigned"} IF`,
    graph: buildSpikingGraph(captured, { scales, signed }),
    steps: convertedSteps,
    images,
    shape,
    tolerance: 1e-2,
  }));
}
