import { StriateError } from "../../error.ts";
import { bytesPerElement, type Dtype } from "../array.ts";
import { listZip, type ZipEntry } from "../zip.ts";

/** How elements lie in a storage. The half-precision types are read as their bits, and widened to float32. */
export interface ElementType {
  readonly stored: Dtype;
  readonly half?: "float16" | "bfloat16";
}

const elementTypes: Record<string, ElementType> = {
  float32: { stored: "float32" },
  float64: { stored: "float64" },
  float16: { stored: "uint16", half: "float16" },
  bfloat16: { stored: "uint16", half: "bfloat16" },
  int64: { stored: "int64" },
  int32: { stored: "int32" },
  int16: { stored: "int16" },
  int8: { stored: "int8" },
  uint8: { stored: "uint8" },
  uint16: { stored: "uint16" },
  uint32: { stored: "uint32" },
  uint64: { stored: "uint64" },
  bool: { stored: "bool" },
};

const typeOfStorage: Record<string, string> = {
  FloatStorage: "float32",
  DoubleStorage: "float64",
  HalfStorage: "float16",
  BFloat16Storage: "bfloat16",
  LongStorage: "int64",
  IntStorage: "int32",
  ShortStorage: "int16",
  CharStorage: "int8",
  ByteStorage: "uint8",
  BoolStorage: "bool",
  UntypedStorage: "uint8",
};

/** The element type of `torch.<name>`; undefined where there is none of that name that can be read. */
export const elementTypeOf = (name: string): ElementType | undefined =>
  Object.hasOwn(elementTypes, name) ? elementTypes[name] : undefined;

/** The element type that a class of storages has. */
export const storageTypeOf = (name: string): ElementType | undefined =>
  Object.hasOwn(typeOfStorage, name) ? elementTypes[typeOfStorage[name]!] : undefined;

/** The bytes of one storage and the type of its elements. */
export class Storage {
  readonly key: string;
  readonly type: ElementType;
  readonly bytes: Uint8Array;
  readonly byteOrder: "little" | "big";

  constructor(key: string, type: ElementType, bytes: Uint8Array, byteOrder: "little" | "big") {
    this.key = key;
    this.type = type;
    this.bytes = bytes;
    this.byteOrder = byteOrder;
  }
}

/** The members of the zip archive that PyTorch writes: `<folder>/data.pkl`, `<folder>/data/0` and so on. */
export class Archive {
  private readonly bytes: Uint8Array;
  private readonly name: string;
  private readonly entries: Map<string, ZipEntry>;
  private readonly folder: string;
  private readonly storages = new Map<string, Storage>();
  private byteOrder: "little" | "big" | undefined;

  /** @throws StriateError when the archive has no directory, or no pickle. */
  constructor(bytes: Uint8Array, name: string) {
    this.bytes = bytes;
    this.name = name;
    this.entries = new Map(listZip(bytes, name).map((entry) => [entry.name, entry]));
    const pickle = [...this.entries.keys()].find((path) => /^[^/]+\/data\.pkl$/.test(path));
    if (pickle === undefined) {
      throw new StriateError(
        `${name}: the zip archive has no data.pkl in a folder, so PyTorch did not write it`,
        "Give a file of torch.save",
      );
    }
    this.folder = pickle.slice(0, -"data.pkl".length);
  }

  get pickle(): Uint8Array {
    return this.member("data.pkl");
  }

  /** Storage `key`, which is to have `count` elements. */
  storage(key: string, type: ElementType, count: number): Storage {
    const bytes = this.member(`data/${key}`);
    const width = bytesPerElement(type.stored);
    if (bytes.length !== count * width) {
      throw this.corrupt(`storage ${key} has ${bytes.length} bytes, expected ${count} elements of ${width}`);
    }
    this.byteOrder ??= this.readByteOrder();
    const known = `${type.half ?? type.stored} ${key}`;
    const storage = this.storages.get(known) ?? new Storage(key, type, bytes, this.byteOrder);
    this.storages.set(known, storage);
    return storage;
  }

  private readByteOrder(): "little" | "big" {
    if (!this.entries.has(`${this.folder}byteorder`)) return "little";
    const order = new TextDecoder().decode(this.member("byteorder").subarray(0, 16));
    if (order !== "little" && order !== "big")
      throw this.corrupt(`the byte order is ${JSON.stringify(order)}`);
    return order;
  }

  /** The bytes of a member, which are not packed. PyTorch may leave out checksums, so none is checked. */
  private member(path: string): Uint8Array {
    const entry = this.entries.get(this.folder + path);
    if (entry === undefined) throw this.corrupt(`there is no ${this.folder}${path} in it`);
    if (entry.method !== 0 || entry.isEncrypted) {
      throw new StriateError(
        `${this.name}: ${entry.name} in it is packed or encrypted, which PyTorch does not do`,
        "Give the file that torch.save wrote",
      );
    }
    const { headerAt, bytes } = entry;
    const view = new DataView(this.bytes.buffer, this.bytes.byteOffset, this.bytes.byteLength);
    if (!(headerAt + 30 <= view.byteLength) || view.getUint32(headerAt, true) !== 0x04034b50) {
      throw this.corrupt(`there is no file at byte ${headerAt}, where ${entry.name} should be`);
    }
    const from = headerAt + 30 + view.getUint16(headerAt + 26, true) + view.getUint16(headerAt + 28, true);
    if (!(from + bytes <= view.byteLength)) throw this.corrupt(`${entry.name} goes beyond its end`);
    return this.bytes.subarray(from, from + bytes);
  }

  private corrupt(what: string): StriateError {
    return new StriateError(`${this.name}: ${what}`, "The file is cut short or corrupt: save it again");
  }
}
