import { StriateError } from "../error.ts";
import { formatShape, type NumericArray } from "./array.ts";
import { type Cifar10Batch, cifar10ClassNames } from "./cifar10.ts";

/** Labelled images in memory. */
export interface ImageDataset {
  name: string;
  /** (count, channels, height, width), 0 to 255. */
  images: Uint8Array;
  /** (count), 0 to classes − 1. */
  labels: Uint8Array;
  count: number;
  channels: number;
  height: number;
  width: number;
  classes: number;
  classNames?: string[];
  /** SHA-256 of the image bytes followed by the label bytes, in hexadecimal. */
  hash: string;
}

/** The two halves of a data set. `notes` says what a report should know, such as batches that were not there. */
export interface DatasetPair {
  train?: ImageDataset;
  test: ImageDataset;
  notes: string[];
}

/** An array and the name of the file that it came from. */
export interface NamedArray {
  array: NumericArray;
  file: string;
}

/** What is known of a data set beside its files. */
export interface IdxExpectation {
  name: string;
  /** Image height and width; any where undefined. */
  size?: [height: number, width: number];
  classes: number;
  classNames?: string[];
}

/**
 * Joins IDX images, (n, h, w) or (n, c, h, w) uint8, with IDX labels, (n) uint8.
 *
 * @throws StriateError, naming the file, when they do not fit each other or the expectation.
 */
export async function datasetFromIdx(
  images: NamedArray,
  labels: NamedArray,
  expected: IdxExpectation,
): Promise<ImageDataset> {
  const { shape, dtype } = images.array;
  if (dtype !== "uint8" || (shape.length !== 3 && shape.length !== 4)) {
    throw new StriateError(
      `${images.file}: holds ${formatShape(shape)} ${dtype}; expected images × height × width of uint8`,
      "Give an images file, such as train-images-idx3-ubyte",
    );
  }
  const [count, channels, height, width] = shape.length === 3 ? [shape[0], 1, shape[1], shape[2]] : shape;
  const labelData = checkLabelArray(labels);
  if (count === 0 || channels * height * width === 0) {
    throw new StriateError(
      `${images.file}: holds no images (${formatShape(shape)})`,
      "Give a file with images",
    );
  }
  if (
    expected.size !== undefined &&
    (height !== expected.size[0] || width !== expected.size[1] || channels !== 1)
  ) {
    throw new StriateError(
      `${images.file}: images of ${formatShape(shape.slice(1))}; ${expected.name} has ${formatShape(expected.size)}`,
      "Give the folder of the right data set, or idx:<folder> for images of any size",
    );
  }
  if (labelData.length !== count) {
    throw new StriateError(
      `${labels.file}: holds ${labelData.length} labels, but ${images.file} holds ${count} images`,
      "Give two files of the same data set",
    );
  }
  checkLabelRange(labelData, expected.classes, labels.file);
  const data = images.array.data as Uint8Array;
  return {
    name: expected.name,
    images: data,
    labels: labelData,
    count,
    channels,
    height,
    width,
    classes: expected.classes,
    ...(expected.classNames && { classNames: expected.classNames }),
    hash: await hashImages(data, labelData),
  };
}

/**
 * The number of classes of a data set that does not say: the largest label in any of its label files + 1.
 *
 * @throws StriateError when the largest label is 10 or more and most labels below it never occur, as when a byte
 * is corrupt.
 */
export function countClasses(labelFiles: readonly NamedArray[]): number {
  const seen = new Set<number>();
  for (const labels of labelFiles) for (const label of checkLabelArray(labels)) seen.add(label);
  const largest = Math.max(0, ...seen);
  if (largest >= 10 && seen.size * 2 < largest + 1) {
    const { array, file } = labelFiles.find((labels) => (labels.array.data as Uint8Array).includes(largest))!;
    throw new StriateError(
      `${file}: label ${largest} (image ${(array.data as Uint8Array).indexOf(largest)}) is out of range: only ${seen.size} different labels occur, expected them to run from 0 without large gaps`,
      "Check the file; renumber the labels if they are meant",
    );
  }
  return largest + 1;
}

/** Joins CIFAR-10 batches in the order given. */
export async function datasetFromCifar10(batches: readonly Cifar10Batch[]): Promise<ImageDataset> {
  const count = batches.reduce((sum, batch) => sum + batch.count, 0);
  const images = new Uint8Array(count * 3072);
  const labels = new Uint8Array(count);
  let start = 0;
  for (const batch of batches) {
    images.set(batch.images, start * 3072);
    labels.set(batch.labels, start);
    start += batch.count;
  }
  return {
    name: "cifar10",
    images,
    labels,
    count,
    channels: 3,
    height: 32,
    width: 32,
    classes: 10,
    classNames: cifar10ClassNames,
    hash: await hashImages(images, labels),
  };
}

/** SHA-256 of `images` followed by `labels`: what `cat images labels | sha256sum` prints. */
export async function hashImages(images: Uint8Array, labels: Uint8Array): Promise<string> {
  if (globalThis.crypto?.subtle === undefined) {
    throw new StriateError(
      "this page cannot compute SHA-256: browsers offer it to secure pages only",
      "Open the page over https or from localhost",
    );
  }
  const both = new Uint8Array(images.length + labels.length);
  both.set(images);
  both.set(labels, images.length);
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", both));
  return Array.from(digest, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

function checkLabelArray({ array, file }: NamedArray): Uint8Array {
  if (array.dtype !== "uint8" || array.shape.length !== 1) {
    throw new StriateError(
      `${file}: holds ${formatShape(array.shape)} ${array.dtype}; expected one uint8 label for each image`,
      "Give a labels file, such as train-labels-idx1-ubyte",
    );
  }
  return array.data as Uint8Array;
}

function checkLabelRange(labels: Uint8Array, classes: number, file: string): void {
  const wrong = labels.findIndex((label) => label >= classes);
  if (wrong < 0) return;
  throw new StriateError(
    `${file}: label ${labels[wrong]} (image ${wrong}) is out of range; expected 0 to ${classes - 1}`,
    "The file is corrupt or belongs to another data set: fetch it again",
  );
}

/** The images from `start` up to `end`. */
export function sliceDataset(data: ImageDataset, start: number, end: number): ImageDataset {
  const pixels = data.channels * data.height * data.width;
  return {
    ...data,
    images: data.images.subarray(start * pixels, end * pixels),
    labels: data.labels.subarray(start, end),
    count: end - start,
  };
}
