import { type Dtype, elementCount, elementsAt, type TypedArray } from "../array.ts";
import { type Hdf5Library, libraryFile, Refusal, type ValueDescription } from "./library.ts";
import { memoryAllowance } from "./protocol.ts";
import type { Hdf5Group, Hdf5Object, Hdf5Selection, Hdf5Value } from "./tree.ts";

const readOnly = 0;
const deepest = 32;
/** Bytes of the file that an object takes at least: bounds how many there can be unless links go in circles. */
const leastBytesPerLink = 16;
/** Bytes that a short text takes in JavaScript, about. */
const bytesPerText = 64;

/**
 * Reads everything that a file holds.
 *
 * @param values which values to read; of the others, shapes and element types.
 * @throws Refusal, or whatever the library throws when it breaks: then it must not be used again.
 */
export function readTree(library: Hdf5Library, bytes: Uint8Array, values: Hdf5Selection): Hdf5Group {
  const allowance = memoryAllowance(bytes.length);
  library.reset(allowance);
  const { module } = library;
  module.FS.writeFile(libraryFile, bytes, { canOwn: true });
  const file = module.open(libraryFile, readOnly, false, -1, -1);
  if (file < 0n) throw new Refusal("", library.complaint() ?? "it cannot be opened");
  const linksLeft = Math.ceil(bytes.length / leastBytesPerLink);
  return new TreeReader(library, file, values, allowance, linksLeft).group("/", 0);
}

class TreeReader {
  private bytesLeft: number;
  /** Paths by the bytes of references: to find one, the library goes through the whole file. */
  private readonly referenced = new Map<string, string>();

  constructor(
    private readonly library: Hdf5Library,
    private readonly file: bigint,
    private readonly values: Hdf5Selection,
    private readonly allowance: number,
    private linksLeft: number,
  ) {
    this.bytesLeft = allowance;
  }

  group(path: string, depth: number): Hdf5Group {
    const { module } = this.library;
    if (depth > deepest) {
      throw new Refusal(path, `groups lie more than ${deepest} deep in each other, or hold themselves`);
    }
    const names = this.named(path, () => module.get_names(this.file, path, false));
    const children = names.map((name): [string, Hdf5Object] => {
      if (--this.linksLeft < 0) throw new Refusal(path, "its groups hold each other in a circle");
      return [name, this.object(`${path === "/" ? "" : path}/${name}`, depth + 1)];
    });
    return { kind: "group", children: Object.fromEntries(children), attributes: this.attributes(path) };
  }

  private object(path: string, depth: number): Hdf5Object {
    const { module } = this.library;
    const soft = this.named(path, () => module.get_symbolic_link(this.file, path));
    if (soft !== null) return { kind: "link", target: soft };
    const { filename, obj_path } = this.named(path, () => module.get_external_link(this.file, path));
    if (filename !== undefined) return { kind: "link", target: `${filename}:${obj_path}` };
    switch (this.named(path, () => module.get_type(this.file, path))) {
      case module.H5G_GROUP:
        return this.group(path, depth);
      case module.H5G_DATASET:
        return { kind: "dataset", value: this.dataset(path), attributes: this.attributes(path) };
      case module.H5G_TYPE:
        return { kind: "datatype" };
      default:
        throw new Refusal(path, this.library.complaint() ?? "it is no object that HDF5 knows");
    }
  }

  private attributes(path: string): Record<string, Hdf5Value> {
    const { module } = this.library;
    const names = this.named(path, () => module.get_attribute_names(this.file, path));
    return Object.fromEntries(
      names.map((name) => {
        const where = `${path}, attribute '${name}'`;
        const about = this.named(where, () => module.get_attribute_metadata(this.file, path, name));
        const read = (to: bigint) => module.get_attribute_data(this.file, path, name, to);
        return [name, this.value(about, read, where, this.values !== false)];
      }),
    );
  }

  private dataset(path: string): Hdf5Value {
    const { module } = this.library;
    const about = this.named(path, () => module.get_dataset_metadata(this.file, path));
    const read = (to: bigint) => module.get_dataset_data(this.file, path, null, null, null, to);
    return this.value(about, read, path, this.isSelected(path));
  }

  private isSelected(path: string): boolean {
    const { values } = this;
    if (typeof values === "boolean") return values;
    return values.some((chosen) => path === chosen || path.startsWith(`${chosen}/`));
  }

  private value(
    about: ValueDescription,
    read: (to: bigint) => number,
    where: string,
    isWanted: boolean,
  ): Hdf5Value {
    const shape = about.shape ?? [0];
    const dtype = dtypeOf(about);
    const isReference = dtype === "reference" && about.ref_type === "object" && this.values !== true;
    if (!isWanted || !(isReadable(dtype) || isReference)) return { shape, dtype, data: undefined };
    const count = about.shape === null ? 0 : about.total_size;
    if (count !== elementCount(shape)) throw new Refusal(where, "its shape and its size do not fit");
    const raw = this.raw(count, about.size, dtype === "text" || isReference ? bytesPerText : 0, read, where);
    if (dtype === "text") return { shape, dtype, data: this.text(raw, about) };
    if (!isReadable(dtype))
      return { shape, dtype, data: undefined, targets: this.paths(raw, about.size, where) };
    return { shape, dtype, data: elementsAt(raw, 0, dtype, count, "little") as TypedArray };
  }

  /** The elements' bytes, little-endian. */
  private raw(
    count: number,
    size: number,
    extra: number,
    read: (to: bigint) => number,
    where: string,
  ): Uint8Array<ArrayBuffer> {
    const { module } = this.library;
    this.bytesLeft -= count * (size + extra);
    if (this.bytesLeft < 0) {
      throw new Refusal(
        where,
        `it claims ${count} elements of ${size} bytes, but all values of this file may take ${this.allowance} bytes`,
      );
    }
    const bytes = count * size;
    if (bytes === 0) return new Uint8Array(0);
    const pointer = module._malloc(bytes);
    if (pointer === 0) throw new Refusal(where, `there is no memory for ${bytes} bytes`);
    module.HEAPU8.fill(0, pointer, pointer + bytes);
    const status = this.named(where, () => read(BigInt(pointer)));
    if (status < 0) throw new Refusal(where, this.library.complaint() ?? "its values cannot be read");
    const copy = module.HEAPU8.slice(pointer, pointer + bytes);
    module._free(pointer);
    return copy;
  }

  private text(raw: Uint8Array<ArrayBuffer>, { vlen, size, strpad }: ValueDescription): string[] {
    if (vlen) return Array.from(new Uint32Array(raw.buffer), (pointer) => this.textAt(pointer));
    const padding = strpad === 2 ? / +$/ : /$/;
    return Array.from({ length: raw.length / size }, (_, index) =>
      decode(raw.subarray(index * size, (index + 1) * size)).replace(padding, ""),
    );
  }

  private paths(raw: Uint8Array, size: number, where: string): string[] {
    return Array.from({ length: raw.length / size }, (_, index) => {
      const reference = raw.subarray(index * size, (index + 1) * size);
      const key = reference.join();
      const known = this.referenced.get(key);
      if (known !== undefined) return known;
      const find = () => this.library.module.get_referenced_name(this.file, reference, true);
      const path = this.named(where, find) ?? "";
      this.referenced.set(key, path);
      return path;
    });
  }

  private textAt(pointer: number): string {
    return pointer === 0 ? "" : decode(this.library.module.HEAPU8.subarray(pointer));
  }

  /** Calls the library; where it breaks, the error names the object. */
  private named<Result>(where: string, call: () => Result): Result {
    try {
      return call();
    } catch (error) {
      (error as { object?: string }).object ??= where;
      throw error;
    }
  }
}

const decoder = new TextDecoder();

/** UTF-8 up to the first zero byte. */
function decode(bytes: Uint8Array): string {
  const end = bytes.indexOf(0);
  return decoder.decode(end < 0 ? bytes : bytes.subarray(0, end));
}

const classNames = [
  "integer",
  "float",
  "time",
  "text",
  "bits",
  "opaque",
  "compound",
  "reference",
  "enumeration",
  "list",
  "array",
];
const readable: ReadonlySet<string> = new Set([
  ...["float32", "float64", "text", "bool"],
  ...["int8", "uint8", "int16", "uint16", "int32", "uint32", "int64", "uint64"],
]);

const isReadable = (dtype: string): dtype is Dtype | "text" => readable.has(dtype);

/** "float32", "text" and so on; of what is not read, its class: "compound", "reference", "virtual float32". */
function dtypeOf(about: ValueDescription): string {
  const { type, size, signed, littleEndian, enum_type, virtual_sources } = about;
  const name = classNames[type] ?? "unknown";
  const bits = size * 8;
  const integer = `${signed ? "int" : "uint"}${bits}`;
  if (virtual_sources !== undefined) return `virtual ${name}`;
  if (name === "integer") return integer;
  if (name === "float") return `float${bits}`;
  if (name !== "enumeration" || (size > 1 && !littleEndian)) return name;
  const { FALSE, TRUE, ...others } = enum_type?.members ?? {};
  const isBool = size === 1 && FALSE === 0 && TRUE === 1 && Object.keys(others).length === 0;
  return isBool ? "bool" : integer;
}
