import { StriateError } from "../error.ts";
import { formatShape, type NumericArray } from "./array.ts";
import { readPickle } from "./torch/pickle.ts";
import { Rebuilder } from "./torch/rebuild.ts";
import { isOldTorch } from "./torch/sniff.ts";
import { Archive } from "./torch/storage.ts";
import { copiedBytes, denseArray, type StridedTensor } from "./torch/tensor.ts";

export interface TorchFile {
  /** By name, in the file's order. Names of nested dicts and places in lists are joined with dots. */
  tensors: Record<string, NumericArray>;
  /** What else is stored: an epoch, options of the optimiser. */
  values: Record<string, boolean | number | string | null>;
}

const deepest = 64;
/** About what a name and a place in a table cost. */
const bytesPerName = 64;

/**
 * Reads a state dict or another file of torch.save (PyTorch 1.6 or later), without running anything in it: an
 * uncompressed zip archive with a pickle, which describes the tensors, and the storages that they are views of. Only
 * dicts, lists, numbers, text and tensors are understood. Arrays are row-major: views of `bytes` where a tensor lies so
 * and is aligned, else copies; float16 and bfloat16 are widened to float32. A lone tensor is called `tensor`.
 *
 * @param name what error messages call the file.
 * @throws StriateError for anything else, naming the Python class or function that the file asks for, and where copies
 * would take more than eight times the file's own bytes.
 */
export function readTorch(bytes: Uint8Array, name: string): TorchFile {
  if (isOldTorch(bytes)) {
    throw new StriateError(
      `${name}: saved in the format of PyTorch before 1.6`,
      "Load it in a newer PyTorch and save it again with torch.save(model.state_dict(), path)",
    );
  }
  const archive = new Archive(bytes, name);
  const pickle = archive.pickle;
  const root = readPickle(pickle, new Rebuilder(archive, name), name);
  const budget = new Budget(2 ** 20 + 8 * bytes.length, name);
  const arrays = new Map<StridedTensor, NumericArray>();
  const tensors = new Map<string, NumericArray>();
  const values = new Map<string, boolean | number | string | null>();
  for (const [path, value] of leaves(root, budget, name)) {
    if (tensors.has(path) || values.has(path)) {
      throw new StriateError(`${name}: it holds '${path}' twice`, "Rename one of them and save it again");
    }
    if (isTensor(value)) {
      if (!arrays.has(value)) {
        budget.spend(copiedBytes(value), `tensor '${path}' (${formatShape(value.shape)})`);
        arrays.set(value, denseArray(value));
      }
      tensors.set(path, arrays.get(value)!);
    } else if (typeof value === "bigint") values.set(path, String(value));
    else if (value === null || typeof value !== "object") values.set(path, value as number);
    else {
      throw new StriateError(
        `${name}: '${path}' is neither a tensor nor a number or text`,
        "Save the state dict alone: torch.save(model.state_dict(), path)",
      );
    }
  }
  return { tensors: Object.fromEntries(tensors), values: Object.fromEntries(values) };
}

const isTensor = (value: unknown): value is StridedTensor =>
  typeof value === "object" && value !== null && "strides" in value;

/** What is made of a file stays in proportion to its bytes, however often it refers to the same ones. */
class Budget {
  private left: number;
  private readonly name: string;

  constructor(bytes: number, name: string) {
    this.left = bytes;
    this.name = name;
  }

  spend(bytes: number, what: string): void {
    this.left -= bytes;
    if (this.left >= 0) return;
    throw new StriateError(
      `${this.name}: ${what} goes beyond what the file's own bytes are worth: it is repeated too often`,
      "Save clones of expanded tensors, or only those that are needed",
    );
  }
}

/** What nested dicts and lists hold in the end, with the keys that lead there joined by dots. */
function* leaves(root: unknown, budget: Budget, name: string): Generator<[string, unknown]> {
  function* walk(value: unknown, path: string, depth: number): Generator<[string, unknown]> {
    budget.spend(bytesPerName + path.length, path === "" ? "what it holds" : `'${path}'`);
    if (!(value instanceof Map) && !Array.isArray(value)) {
      yield [path === "" ? "tensor" : path, value];
      return;
    }
    if (depth === deepest) {
      throw new StriateError(
        `${name}: '${path}' lies more than ${deepest} levels deep, or in itself`,
        "Save the state dict alone: torch.save(model.state_dict(), path)",
      );
    }
    for (const [key, each] of value.entries()) {
      if (typeof key !== "string" && typeof key !== "number") {
        const within = path === "" ? "a dict in it" : `the dict '${path}'`;
        throw new StriateError(
          `${name}: ${within} has a key that is neither text nor a number`,
          "Rename the key",
        );
      }
      yield* walk(each, path === "" ? String(key) : `${path}.${key}`, depth + 1);
    }
  }
  yield* walk(root, "", 0);
}
