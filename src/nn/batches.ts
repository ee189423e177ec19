import { StriateError } from "../error.ts";
import type { ImageDataset } from "../formats/dataset.ts";
import { Random } from "../runtime/random.ts";

/** How pixels become numbers: (value / 255 − mean) / deviation, for each channel. */
export interface PixelScale {
  readonly mean: readonly number[];
  readonly deviation: readonly number[];
}

export interface Augmentation {
  /** Shift the image by up to this many pixels each way, filling with zeros. */
  readonly shift?: number | undefined;
  /** Mirror half of the images left to right. */
  readonly flip?: boolean | undefined;
}

export type Batch = {
  /** (N, C, H, W). */
  readonly images: Float32Array;
  /** (N). */
  readonly labels: Int32Array;
};

/** The mean and the deviation of each channel's pixels, from 0 to 1. */
export function measurePixels({ images, count, channels, height, width }: ImageDataset): PixelScale {
  const plane = height * width;
  const mean: number[] = [];
  const deviation: number[] = [];
  for (let channel = 0; channel < channels; channel++) {
    let total = 0;
    let squares = 0;
    for (let i = 0; i < count; i++) {
      const start = (i * channels + channel) * plane;
      for (let p = start; p < start + plane; p++) {
        const value = images[p]!;
        total += value;
        squares += value * value;
      }
    }
    const average = total / (count * plane);
    mean.push(average / 255);
    deviation.push(Math.sqrt(Math.max(0, squares / (count * plane) - average * average)) / 255);
  }
  if (deviation.some((value) => !(value > 0))) {
    throw new StriateError(
      "all pixels of a channel have the same value",
      "Check that the images are what you expect",
    );
  }
  return { mean, deviation };
}

/** Writes image `index` of the data set, scaled, to `target` from `offset`, moved by (dy, dx) and perhaps mirrored. */
function writeImage(
  { images, channels, height, width }: ImageDataset,
  index: number,
  { mean, deviation }: PixelScale,
  target: Float32Array,
  offset: number,
  dy: number,
  dx: number,
  mirrored: boolean,
): void {
  const plane = height * width;
  for (let channel = 0; channel < channels; channel++) {
    const gain = 1 / (255 * deviation[channel]!);
    const shift = -mean[channel]! / deviation[channel]!;
    const source = (index * channels + channel) * plane;
    const start = offset + channel * plane;
    for (let y = 0; y < height; y++) {
      const row = y + dy;
      for (let x = 0; x < width; x++) {
        const column = (mirrored ? width - 1 - x : x) + dx;
        const inside = row >= 0 && row < height && column >= 0 && column < width;
        target[start + y * width + x] = (inside ? images[source + row * width + column]! * gain : 0) + shift;
      }
    }
  }
}

/** Images in the order of the data set, from `start`; a short last batch is filled up with its last image. */
export function orderedBatch(dataset: ImageDataset, scale: PixelScale, start: number, size: number): Batch {
  const pixels = dataset.channels * dataset.height * dataset.width;
  const batch = { images: new Float32Array(size * pixels), labels: new Int32Array(size) };
  for (let i = 0; i < size; i++) {
    const index = Math.min(start + i, dataset.count - 1);
    writeImage(dataset, index, scale, batch.images, i * pixels, 0, 0, false);
    batch.labels[i] = dataset.labels[index]!;
  }
  return batch;
}

/** Shuffled, augmented batches of a training set: a function of the seed, the epoch and the step alone. */
export class TrainingBatches {
  readonly stepsPerEpoch: number;
  readonly size: number;
  private readonly dataset: ImageDataset;
  private readonly scale: PixelScale;
  private readonly augmentation: Augmentation;
  private readonly random: Random;
  private order: { readonly epoch: number; readonly indices: Uint32Array } | undefined;
  private readonly batch: Batch;

  constructor(
    dataset: ImageDataset,
    scale: PixelScale,
    size: number,
    seed: number,
    augmentation: Augmentation = {},
  ) {
    if (size > dataset.count)
      throw new StriateError(`a batch of ${size} is more than the ${dataset.count} training images`);
    this.dataset = dataset;
    this.scale = scale;
    this.size = size;
    this.augmentation = augmentation;
    this.random = new Random(seed).split("batches");
    this.stepsPerEpoch = Math.floor(dataset.count / size);
    const pixels = dataset.channels * dataset.height * dataset.width;
    this.batch = { images: new Float32Array(size * pixels), labels: new Int32Array(size) };
  }

  /** Batch `step` of `epoch`; the arrays are reused by the next call. */
  get(epoch: number, step: number): Batch {
    if (this.order?.epoch !== epoch) {
      this.order = { epoch, indices: this.random.split(`epoch ${epoch}`).permutation(this.dataset.count) };
    }
    const random = this.random.split(`epoch ${epoch} step ${step}`);
    const { shift = 0, flip = false } = this.augmentation;
    const { images, labels } = this.batch;
    const pixels = images.length / this.size;
    for (let i = 0; i < this.size; i++) {
      const index = this.order.indices[step * this.size + i]!;
      const dy = shift > 0 ? random.integer(2 * shift + 1) - shift : 0;
      const dx = shift > 0 ? random.integer(2 * shift + 1) - shift : 0;
      const mirrored = flip && random.integer(2) === 1;
      writeImage(this.dataset, index, this.scale, images, i * pixels, dy, dx, mirrored);
      labels[i] = this.dataset.labels[index]!;
    }
    return this.batch;
  }
}
