import { StriateError } from "../../error.ts";
import { bytesPerElement, formatShape } from "../array.ts";
import type { PickleHost } from "./pickle.ts";
import { type Archive, type ElementType, elementTypeOf, Storage, storageTypeOf } from "./storage.ts";
import { type StridedTensor, span } from "./tensor.ts";

/** A global that stands for itself: a class of storages, an element type, or what can be called. */
class Global {
  readonly name: string;
  readonly storage: ElementType | undefined;

  constructor(name: string, storage?: ElementType) {
    this.name = name;
    this.storage = storage;
  }
}

const callable = new Set([
  "collections.OrderedDict",
  "torch.Size",
  "torch._utils._rebuild_tensor_v2",
  "torch._utils._rebuild_tensor_v3",
  "torch._utils._rebuild_parameter",
  "torch._utils._rebuild_parameter_with_state",
]);

/** PyTorch's own limit. */
const mostAxes = 64;

/** Makes of the globals in a state dict's pickle what they stand for; all others are refused by name. */
export class Rebuilder implements PickleHost {
  private readonly archive: Archive;
  private readonly file: string;

  constructor(archive: Archive, file: string) {
    this.archive = archive;
    this.file = file;
  }

  global(module: string, name: string): unknown {
    const path = `${module}.${name}`;
    if (callable.has(path)) return new Global(path);
    if (module === "torch" || module === "torch.storage") {
      const storage = storageTypeOf(name);
      if (storage !== undefined) return new Global(path, storage);
      if (module === "torch" && elementTypeOf(name) !== undefined) return path;
    }
    throw new StriateError(
      `${this.file}: it asks for Python's ${path.slice(0, 100)}, and only tensors are read here, nothing is run`,
      "In PyTorch, save the weights alone: torch.save(model.state_dict(), path)",
    );
  }

  call(callee: unknown, args: readonly unknown[]): unknown {
    const name = callee instanceof Global ? callee.name : "";
    if (name === "collections.OrderedDict" && args.length === 0) return new Map();
    if (name === "torch.Size" && Array.isArray(args[0])) return args[0];
    if (name.startsWith("torch._utils._rebuild_parameter") && args.length > 0) return args[0];
    if (name === "torch._utils._rebuild_tensor_v2") return this.tensor(args, undefined);
    if (name === "torch._utils._rebuild_tensor_v3") {
      const type = typeof args[6] === "string" ? elementTypeOf(args[6].replace(/^torch\./, "")) : undefined;
      if (type !== undefined) return this.tensor(args, type);
    }
    throw this.corrupt(`a call of ${name || "what cannot be called"} with ${args.length} arguments`);
  }

  persistent(id: unknown): unknown {
    const [kind, type, key, , count] = Array.isArray(id) ? id : [];
    if (kind !== "storage" || !(type instanceof Global) || type.storage === undefined) {
      throw this.corrupt("what lies outside of the pickle is no storage of numbers");
    }
    if (typeof key !== "string" || !isCount(count)) throw this.corrupt("a storage has no key or no size");
    return this.archive.storage(key, type.storage, count);
  }

  private tensor(args: readonly unknown[], type: ElementType | undefined): StridedTensor {
    const [storage, offset, shape, strides] = args;
    if (!(storage instanceof Storage)) throw this.corrupt("a tensor has no storage");
    if (!isCount(offset) || !isCounts(shape) || !isCounts(strides) || shape.length !== strides.length) {
      throw this.corrupt("a tensor has no offset, shape and strides of whole numbers");
    }
    const tensor = { storage, type: type ?? storage.type, offset, shape, strides };
    const needed = offset + span(tensor);
    const there = Math.floor(storage.bytes.length / bytesPerElement(tensor.type.stored));
    if (needed > there) {
      throw this.corrupt(
        `a tensor of ${formatShape(shape)} needs ${needed} elements of storage ${storage.key}, which has ${there}`,
      );
    }
    return tensor;
  }

  private corrupt(what: string): StriateError {
    return new StriateError(`${this.file}: ${what}`, "The file is corrupt: save it again");
  }
}

const isCount = (value: unknown): value is number => Number.isSafeInteger(value) && (value as number) >= 0;

/** Only of a tuple, which does not change any more. */
const isCounts = (value: unknown): value is readonly number[] =>
  Array.isArray(value) && Object.isFrozen(value) && value.length <= mostAxes && value.every(isCount);
