import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { StriateError } from "../error.ts";
import { type Cifar10Batch, cifar10RecordBytes, readCifar10 } from "./cifar10.ts";
import {
  countClasses,
  datasetFromCifar10,
  datasetFromIdx,
  type IdxExpectation,
  type ImageDataset,
  type NamedArray,
} from "./dataset.ts";
import { explain, explainMissing } from "./explain.node.ts";
import { readFileOrExplain } from "./files.node.ts";
import { readIdx } from "./idx.ts";

export type Split = "train" | "test";

export interface LoadedSplits {
  train?: ImageDataset;
  test?: ImageDataset;
  notes: string[];
}

/**
 * Loads a folder with MNIST's four files, plain or gzipped, named `train-images-idx3-ubyte` or
 * `train-images.idx3-ubyte`.
 *
 * @param known what the files must hold; undefined for images of any size, the classes counted on the labels.
 */
export async function loadIdx(
  folder: string,
  splits: readonly Split[],
  known: IdxExpectation | undefined,
): Promise<LoadedSplits> {
  const files = await listFolder(folder);
  const stem = { train: "train", test: "t10k" };
  const loaded: LoadedSplits = { notes: [] };
  const expected = known ?? { name: "idx", classes: await classesOfFolder(folder, files) };
  for (const split of splits) {
    const images = await readNamed(folder, findIdx(folder, files, `${stem[split]}-images`, 3));
    const labels = await readNamed(folder, findIdx(folder, files, `${stem[split]}-labels`, 1));
    loaded[split] = await datasetFromIdx(images, labels, expected);
  }
  const { train, test } = loaded;
  if (train && test && imageShape(train) !== imageShape(test)) {
    throw new StriateError(
      `${folder}: training images are ${imageShape(train)}, test images ${imageShape(test)}`,
      "Give files of one data set",
    );
  }
  return loaded;
}

/** Counted on all labels of the folder, so that each half alone has the classes of the whole. */
async function classesOfFolder(folder: string, files: readonly string[]): Promise<number> {
  const names = ["train-labels", "t10k-labels"].map((stem) =>
    idxNames(stem, 1).find((name) => files.includes(name)),
  );
  const labels: NamedArray[] = [];
  for (const name of names) if (name !== undefined) labels.push(await readNamed(folder, name));
  return countClasses(labels);
}

function idxNames(stem: string, rank: number): string[] {
  return [`${stem}-idx${rank}-ubyte`, `${stem}.idx${rank}-ubyte`].flatMap((name) => [name, `${name}.gz`]);
}

function findIdx(folder: string, files: readonly string[], stem: string, rank: number): string {
  const names = idxNames(stem, rank);
  const found = names.find((name) => files.includes(name));
  if (found === undefined) throw missingFile(folder, files, names.join(" or "));
  return found;
}

async function readNamed(folder: string, file: string): Promise<NamedArray> {
  const path = join(folder, file);
  return { array: await readIdx(await readFileOrExplain(path), path), file: path };
}

/**
 * Loads CIFAR-10's binary batches from a folder, or from `cifar-10-batches-bin` in it. Any of the training batches
 * may be missing, but not all; `notes` then says what there was.
 */
export async function loadCifar10(given: string, splits: readonly Split[]): Promise<LoadedSplits> {
  let folder = given;
  let files = await listFolder(folder);
  if (files.includes("cifar-10-batches-bin")) {
    folder = join(folder, "cifar-10-batches-bin");
    files = await listFolder(folder);
  }
  const loaded: LoadedSplits = { notes: [] };
  for (const split of splits) {
    const names = split === "test" ? ["test_batch.bin"] : [1, 2, 3, 4, 5].map((n) => `data_batch_${n}.bin`);
    const found = names.filter((name) => files.includes(name));
    if (found.length === 0) throw missingFile(folder, files, names.join(", "));
    const batches: Cifar10Batch[] = [];
    for (const name of found) {
      const path = join(folder, name);
      batches.push(readCifar10(await readFileOrExplain(path), path));
    }
    loaded[split] = await datasetFromCifar10(batches);
    if (batches.length < names.length || batches.some(({ count }) => count !== 10000)) {
      loaded.notes.push(
        `a part of CIFAR-10: ${found.map((name, index) => `${name} (${batches[index].count} images)`).join(", ")}; the whole is ${names.length} × 10000`,
      );
    }
  }
  return loaded;
}

async function listFolder(folder: string): Promise<string[]> {
  try {
    return (await readdir(folder)).sort();
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === "ENOENT") throw await explainMissing("read the data folder", folder);
    if (code === "ENOTDIR") {
      throw new StriateError(
        `cannot read the data folder ${folder}: it is a file`,
        "Give the folder that holds it",
      );
    }
    throw explain(error, "read the data folder", folder);
  }
}

function missingFile(folder: string, files: readonly string[], wanted: string): StriateError {
  const few = files.slice(0, 6).join(", ");
  const there = files.length === 0 ? "it is empty" : `it has ${few}${files.length > 6 ? ", …" : ""}`;
  const pickled = files.includes("data_batch_1") || files.includes("cifar-10-batches-py");
  return new StriateError(
    `${folder}: no ${wanted}; ${there}`,
    pickled
      ? `This is the Python version: give the binary version (${cifar10RecordBytes} bytes an image)`
      : "Give the folder that holds the files",
  );
}

function imageShape({ channels, height, width }: ImageDataset): string {
  return `${channels} × ${height} × ${width}`;
}
