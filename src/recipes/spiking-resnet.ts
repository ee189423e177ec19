import { buildSpikingGraph } from "../convert/spiking-resnet/build.ts";
import { type CapturedNetwork, captureNetwork } from "../convert/spiking-resnet/capture.ts";
import {
  type CompensatedLayer,
  type Compensation,
  compensate,
} from "../convert/spiking-resnet/compensate.ts";
import { measureScales } from "../convert/spiking-resnet/scales.ts";
import type { ImageDataset } from "../formats/dataset.ts";
import type { Model } from "../nn/model-file.ts";
import { nodesOf, type SpikingGraph } from "../spiking/graph/index.ts";
import { calibrationBatches } from "./calibration-batches.ts";
import { type ProgressReporter, silent } from "./progress.ts";
import type { SpikingModel } from "./spiking-model.ts";

export interface SpikingResNetOptions {
  /** Percentile of the activations that one spike a step stands for; 100 is the maximum. 99.9 when absent. */
  readonly percentile?: number;
  readonly compensation?: Compensation;
  /** Steps T that the compensation is made for, and that the network runs for when nothing else is asked for. */
  readonly steps?: number;
  /** V(0) in thresholds; 1/2 when absent. */
  readonly start?: number;
  readonly reset?: "subtract" | "zero";
  readonly readout?: "current" | "potential";
  /** Images for the percentiles, and for the compensation. */
  readonly scaleImages?: number;
  readonly compensationImages?: number;
  readonly progress?: ProgressReporter;
  readonly signal?: AbortSignal | undefined;
}

/** A conversion with some of its corrections left out, or with all of them. */
export interface SpikingResNetVariant {
  readonly name: string;
  readonly model: SpikingModel;
  /** Error and rate of every layer at the calibration's T. */
  readonly layers: readonly CompensatedLayer[];
}

export interface SpikingResNetConversion {
  /** The plainest first; the last has every correction that was asked for. */
  readonly variants: readonly SpikingResNetVariant[];
  /** λ of every activation unit. */
  readonly scales: readonly number[];
  readonly notes: readonly string[];
}

/**
 * Converts a trained float network to integrate-and-fire neurons (Hu et al., 2018), calibrated on images: percentile
 * scales, shortcut normalisation, layer-wise error compensation.
 *
 * @throws StriateError that names the first operation of the network that cannot spike.
 */
export async function convertSpikingResNet(
  { network, description }: Model,
  calibration: ImageDataset,
  options: SpikingResNetOptions = {},
): Promise<SpikingResNetConversion> {
  const { compensation = "bias", steps = 32, start, reset, readout = "current", signal } = options;
  const { scaleImages = 1000, compensationImages = 128, progress = silent } = options;
  const captured = await captureNetwork(network);
  const { scale } = description;
  const build = { ...(start !== undefined && { start }), ...(reset && { reset }) };
  // Refuses what cannot spike before anything that takes time.
  buildSpikingGraph(captured, { ...build, scales: captured.units.map(() => 1) });

  const forScales = calibrationBatches(calibration, scale, scaleImages, 50);
  progress.begin("percentiles of the activations", forScales.count * forScales.batch, "images");
  const scales = await measureScales(network, forScales, {
    ...(options.percentile !== undefined && { percentile: options.percentile }),
    onProgress: (done) => progress.advance(done),
    signal,
  });
  progress.end();

  const images = calibrationBatches(calibration, scale, compensationImages, 16);
  const asModel = (graph: SpikingGraph): SpikingModel => ({
    graph,
    description: {
      format: "striate-spiking-1",
      method: "spiking-resnet",
      readout,
      steps,
      scale,
      classes: description.classes,
      ...(description.classNames && { classNames: description.classNames }),
      data: { name: calibration.name, hash: calibration.hash },
    },
  });
  const measure = async (graph: SpikingGraph, method: Compensation, title: string) => {
    progress.begin(title, captured.units.length, "layers");
    const layers = await compensate(network, captured, graph, scales, images, {
      method,
      steps,
      onLayer: (done) => progress.advance(done),
      signal,
    });
    progress.end();
    return layers;
  };

  const variants: SpikingResNetVariant[] = [];
  if (hasShortcuts(captured)) {
    const graph = buildSpikingGraph(captured, { ...build, scales, normalizeShortcuts: false });
    const layers = await measure(graph, "none", "errors without shortcut normalisation");
    variants.push({ name: "shortcuts not normalised", model: asModel(graph), layers });
  }
  const plain = buildSpikingGraph(captured, { ...build, scales });
  const layers = await measure(plain, "none", "errors without compensation");
  variants.push({ name: "not compensated", model: asModel(plain), layers });
  if (compensation !== "none") {
    const corrected = await measure(plain, compensation, `compensation, ${compensation}`);
    const corrections = corrected.map(({ correction }) => correction);
    const graph = buildSpikingGraph(captured, { ...build, scales, corrections });
    variants.push({ name: `compensated (${compensation})`, model: asModel(graph), layers: corrected });
  }
  const calibrated = `Errors and rates by layer are those at T = ${steps}, on ${images.count * images.batch} calibration images.`;
  return { variants, scales, notes: [calibrated, ...notesOn(plain, reset ?? "subtract")] };
}

/** True when some unit adds up two paths from other units. */
function hasShortcuts({ units, logits, constants }: CapturedNetwork): boolean {
  const seen = new Set([...units.map(({ current }) => current), logits]);
  for (const node of seen) {
    for (const each of node.inputs) if (!constants.has(each)) seen.add(each);
    const isSum = node.operator.name === "add" || node.operator.name === "sub";
    if (isSum && node.inputs.every((each) => !constants.has(each))) return true;
  }
  return false;
}

function notesOn(graph: SpikingGraph, reset: "subtract" | "zero"): string[] {
  const notes: string[] = [];
  const pools = nodesOf(graph, "maxPool2d").map(({ name }) => name);
  if (pools.length > 0)
    notes.push(
      `Max-pooling (${pools.join(", ")}) is gated: a spike passes when it raises the highest count of its window.`,
    );
  if (reset === "zero")
    notes.push("Neurons are reset to 0, which loses what their potential was above the threshold.");
  return notes;
}
