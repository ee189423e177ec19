import { levelsOf } from "../convert/fast-snn/activation-quantizer.ts";
import { type FineTunedLayer, fineTune } from "../convert/fast-snn/fine-tune.ts";
import { type LayerError, sequentialError } from "../convert/fast-snn/sequential-error.ts";
import { StriateError } from "../error.ts";
import { type ImageDataset, sliceDataset } from "../formats/dataset.ts";
import { orderedBatch, TrainingBatches } from "../nn/batches.ts";
import { copyModel, type Model } from "../nn/model-file.ts";
import { buildNetwork } from "../nn/network.ts";
import { classify } from "./classifier.ts";
import { type ProgressReporter, silent } from "./progress.ts";

export interface ConversionOptions {
  /** "signed", the default, for neurons that can take a spike back. */
  readonly neurons?: "signed" | "unsigned";
  /** Layer-wise fine-tuning: its settings, or false to leave the weights as they are. */
  readonly fineTuning?: Partial<FineTuningSettings> | false;
  readonly seed?: number;
  readonly batchSize?: number;
  readonly progress?: ProgressReporter;
  readonly signal?: AbortSignal | undefined;
}

export interface FineTuningSettings {
  /** Training images for each layer. */
  readonly images: number;
  /** Training images set aside to decide whether a layer's new weights are kept. */
  readonly calibrationImages: number;
  readonly learningRate: number;
}

const defaultFineTuning: FineTuningSettings = { images: 3200, calibrationImages: 5000, learningRate: 1e-3 };

export interface Conversion {
  /** The spiking network as converted. */
  readonly plain: Model;
  /** The same after layer-wise fine-tuning; the same as `plain` without it. */
  readonly fineTuned: Model;
  readonly layers: readonly FineTunedLayer[];
}

/**
 * Converts a quantised network to integrate-and-fire neurons with T = 2ᵇ − 1 steps, and fine-tunes it layer by layer
 * on training images. The last `calibrationImages` of them are not trained on: they decide what is kept.
 */
export async function convertFastSnn(
  quantized: Model,
  training: ImageDataset,
  options: ConversionOptions = {},
): Promise<Conversion> {
  const { kind, scale } = quantized.description;
  if (kind.type !== "quantized") {
    throw new StriateError(
      `a ${kind.type} network was given, Fast-SNN converts a quantised one`,
      "Train with --bits, or give a run that has quantised models",
    );
  }
  const { neurons = "signed", fineTuning: settings = {}, seed = 1, signal, progress = silent } = options;
  const steps = levelsOf(kind.bits);
  const converted = {
    type: "converted" as const,
    bits: kind.bits,
    weightBits: kind.weightBits,
    steps,
    neurons,
    fineTuned: false,
  };
  const plain: Model = {
    ...copyModel(quantized),
    description: { ...quantized.description, kind: converted },
  };
  if (settings === false) return { plain, fineTuned: plain, layers: [] };
  const fineTuning = { ...defaultFineTuning, ...settings };

  const model = copyModel(quantized);
  const held = Math.min(fineTuning.calibrationImages, Math.floor(training.count / 2));
  const calibration = sliceDataset(training, training.count - held, training.count);
  const tuning = sliceDataset(training, 0, training.count - held);
  const batchSize = Math.min(options.batchSize ?? 64, tuning.count);
  const batches = new TrainingBatches(tuning, scale, batchSize, seed);
  const count = Math.max(1, Math.min(batches.stepsPerEpoch, Math.floor(fineTuning.images / batchSize)));
  const images = Array.from({ length: count }, (_, i) => batches.get(0, i).images.slice());
  const { channels, height, width } = model.network.architecture.input;
  const layerCount = model.network.activations.length - 1;
  progress.begin(`fine-tuning, ${kind.bits} bits`, layerCount * count * batchSize, "images");
  const layers = await fineTune(model.network, buildNetwork(model.network.architecture, 0), {
    bits: kind.bits,
    weightBits: kind.weightBits,
    steps,
    signed: neurons === "signed",
    reference: quantized.network.state(),
    batches: images,
    batchShape: [batchSize, channels, height, width],
    learningRate: fineTuning.learningRate,
    validate: async () => (await classify(model.network, converted, calibration, scale, { signal })).accuracy,
    onProgress: (done) => progress.advance(done * batchSize),
    signal,
  });
  const kept = layers.filter((layer) => layer.kept).length;
  progress.end(`${kept} of ${layers.length} layers improved`);
  const fineTuned = {
    ...model,
    description: { ...model.description, kind: { ...converted, fineTuned: true } },
  };
  return { plain, fineTuned, layers };
}

/** The sequential error by layer on some images of a data set, of a converted network against its quantised twin. */
export async function measureSequentialError(
  quantized: Model,
  spiking: Model,
  data: ImageDataset,
  count = 200,
): Promise<LayerError[]> {
  const { kind, scale } = spiking.description;
  if (kind.type !== "converted") throw new StriateError(`a ${kind.type} network has no sequential error`);
  const size = Math.min(count, data.count);
  const { images } = orderedBatch(data, scale, 0, size);
  const { channels, height, width } = spiking.network.architecture.input;
  const options = { steps: kind.steps, signed: kind.neurons === "signed", weightBits: kind.weightBits };
  return sequentialError(
    spiking.network,
    quantized.network,
    { data: images, shape: [size, channels, height, width] },
    kind.bits,
    options,
  );
}
