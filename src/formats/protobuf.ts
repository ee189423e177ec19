import protobuf from "protobufjs/light.js";
import { StriateError } from "../error.ts";
import { bytesPerElement, type Dtype, elementsAt, emptyArray, type TypedArray } from "./array.ts";

/** A decoded message: values by field name, undefined where the file has none. */
export type Message = Record<string, unknown>;

/** As in the C++ implementation. */
const deepestNesting = 100;

/** A message of four bytes becomes an object of about a hundred, so their number is limited whatever the file's size. */
const mostMessages = 1_000_000;

/** Wire type and list element type of each scalar that a schema may use. */
const scalars: Record<string, { wireType: number; dtype: Dtype }> = {
  float: { wireType: 5, dtype: "float32" },
  double: { wireType: 1, dtype: "float64" },
  int32: { wireType: 0, dtype: "int32" },
  int64: { wireType: 0, dtype: "int64" },
  uint64: { wireType: 0, dtype: "uint64" },
};

/**
 * Decodes a message of a protocol-buffers schema, strictly: what the generated decoders of protobufjs take for an
 * unknown field (a field of the schema with another wire type) or let a later one replace (a single field that
 * occurs twice) is an error here. Unknown fields are skipped.
 *
 * Single int64 and uint64 values become numbers; lists of numbers become typed arrays, packed or not; `bytes` and
 * packed floats are views of `bytes` where they can be.
 *
 * @param name what error messages call the file.
 * @throws StriateError for anything that is not such a message, nesting deeper than 100, or more than a million parts.
 */
export function decodeMessage(type: protobuf.Type, bytes: Uint8Array, name: string): Message {
  return new Decoder(bytes, name).decode(type);
}

class Decoder {
  private readonly reader: protobuf.Reader;
  private readonly file: string;
  /** Names of the fields that are being read, from the outermost message in. */
  private readonly path: string[] = [];
  private messages = 0;

  constructor(bytes: Uint8Array, file: string) {
    this.reader = new protobuf.Reader(new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength));
    this.file = file;
  }

  decode(type: protobuf.Type): Message {
    try {
      return this.message(type, this.reader.len);
    } catch (error) {
      if (error instanceof StriateError || error instanceof TypeError) throw error;
      throw this.corrupt(`cannot be decoded (${(error as Error).message})`);
    }
  }

  private corrupt(what: string): StriateError {
    const place = this.path.length === 0 ? "the message" : shortPath(this.path);
    return new StriateError(
      `${this.file}: ${place} ${what}, at byte ${this.reader.pos} of ${this.reader.buf.length}`,
      "The file is cut short or corrupt: fetch or save it again",
    );
  }

  private message(type: protobuf.Type, end: number): Message {
    const { reader } = this;
    this.count();
    if (this.path.length > deepestNesting) throw this.corrupt(`lies deeper than ${deepestNesting} messages`);
    const outerEnd = reader.len;
    reader.len = end;
    const message: Message = {};
    let lists: Map<string, NumberList> | undefined;
    while (reader.pos < end) {
      const tag = reader.tag();
      const field: protobuf.Field | undefined = type.fieldsById[tag >>> 3];
      if (field === undefined) {
        reader.skipType(tag & 7, 0, tag >>> 3);
        continue;
      }
      this.path.push(field.name);
      if (field.repeated && field.type in scalars) this.numbers((lists ??= new Map()), field, tag & 7);
      else if (field.repeated) ((message[field.name] ??= []) as unknown[]).push(this.value(field, tag & 7));
      else if (field.name in message) throw this.corrupt("is there twice");
      else message[field.name] = this.value(field, tag & 7);
      this.path.pop();
    }
    lists?.forEach((list, name) => {
      message[name] = list.values();
    });
    reader.len = outerEnd;
    return message;
  }

  private count(): void {
    this.messages++;
    if (this.messages > mostMessages)
      throw this.corrupt(`is one part too many: ${mostMessages} are accepted`);
  }

  private value({ type, resolvedType, repeated }: protobuf.Field, wireType: number): unknown {
    if (type in scalars) {
      this.expect(scalars[type].wireType, wireType);
      return Number(readNumber(this.reader, type));
    }
    this.expect(2, wireType);
    if (resolvedType instanceof protobuf.Type) return this.message(resolvedType, this.end());
    if (type === "string") return this.text();
    if (repeated) this.count();
    return this.reader.bytes();
  }

  private numbers(lists: Map<string, NumberList>, { name, type }: protobuf.Field, wireType: number): void {
    const { reader } = this;
    let list = lists.get(name);
    if (list === undefined) {
      list = new NumberList(type);
      lists.set(name, list);
    }
    if (wireType === 2) list.addPacked(reader.bytes());
    else {
      this.expect(scalars[type].wireType, wireType);
      list.add(readNumber(reader, type));
    }
  }

  /** Reads a length and gives the place where what it measures ends. */
  private end(): number {
    const length = this.reader.size();
    const end = this.reader.pos + length;
    if (end > this.reader.len) throw this.corrupt(`says that it has ${length} bytes, more than are left`);
    return end;
  }

  private expect(expected: number, given: number): void {
    if (given !== expected) throw this.corrupt(`has wire type ${given}; expected ${expected}`);
  }

  private text(): string {
    try {
      return this.reader.stringVerify();
    } catch (error) {
      throw error instanceof TypeError ? this.corrupt("is not UTF-8 text") : error;
    }
  }
}

function shortPath(path: readonly string[]): string {
  return path.length <= 12 ? path.join(".") : `${path.slice(0, 6).join(".")}…${path.slice(-5).join(".")}`;
}

/** int64 and uint64 as bigint, the others as number. */
function readNumber(reader: protobuf.Reader, type: string): number | bigint {
  switch (type) {
    case "float":
      return reader.float();
    case "double":
      return reader.double();
    case "int32":
      return reader.int32();
    default: {
      const { low, high } = reader.int64();
      const near = high * 2 ** 32 + (low >>> 0);
      const value = Number.isSafeInteger(near)
        ? BigInt(near)
        : BigInt(high) * 4294967296n + BigInt(low >>> 0);
      return type === "uint64" ? BigInt.asUintN(64, value) : value;
    }
  }
}

/** A repeated field of numbers, which may come one by one, packed, or in a mixture of both. */
class NumberList {
  private readonly type: string;
  private readonly dtype: Dtype;
  private data: TypedArray;
  private length = 0;

  constructor(type: string) {
    this.type = type;
    this.dtype = scalars[type].dtype;
    this.data = emptyArray(this.dtype, 0);
  }

  add(value: number | bigint): void {
    if (this.length === this.data.length) this.reserve(Math.max(4, this.length * 2));
    (this.data as { [index: number]: number | bigint })[this.length++] = value;
  }

  addPacked(bytes: Uint8Array): void {
    const width = scalars[this.type].wireType === 0 ? 1 : bytesPerElement(this.dtype);
    if (bytes.length % width !== 0)
      throw new RangeError(`${bytes.length} bytes of packed ${this.dtype} numbers`);
    if (width > 1 && this.length === 0) {
      this.length = bytes.length / width;
      this.data = elementsAt(bytes, 0, this.dtype, this.length, "little");
      return;
    }
    const count = width > 1 ? bytes.length / width : varintCount(bytes);
    if (this.length + count > this.data.length)
      this.reserve(Math.max(this.length + count, this.length === 0 ? 0 : this.length * 2));
    const reader = new protobuf.Reader(bytes);
    while (reader.pos < bytes.length) this.add(readNumber(reader, this.type));
  }

  values(): TypedArray {
    return this.data.subarray(0, this.length);
  }

  private reserve(capacity: number): void {
    const larger = emptyArray(this.dtype, capacity);
    (larger as Float32Array).set(this.values() as Float32Array);
    this.data = larger;
  }
}

/** The last byte of each variable-length number is below 128. */
function varintCount(bytes: Uint8Array): number {
  let count = 0;
  for (const byte of bytes) if (byte < 128) count++;
  return count;
}
