import { StriateError } from "../error.ts";

/** Element types that at least one of the file formats stores. `bool` is one byte an element, 0 or 1. */
export type Dtype =
  | "float32"
  | "float64"
  | "int8"
  | "uint8"
  | "int16"
  | "uint16"
  | "int32"
  | "uint32"
  | "int64"
  | "uint64"
  | "bool";

export type TypedArray =
  | Float32Array
  | Float64Array
  | Int8Array
  | Uint8Array
  | Int16Array
  | Uint16Array
  | Int32Array
  | Uint32Array
  | BigInt64Array
  | BigUint64Array;

/** A dense array, row-major. `shape` `[]` is one number. */
export interface NumericArray {
  shape: number[];
  dtype: Dtype;
  data: TypedArray;
}

/** What a writer takes: the element type follows from `data`, `dtype` is only needed to call a Uint8Array `bool`. */
export interface NumericArrayLike {
  shape: readonly number[];
  data: TypedArray;
  dtype?: Dtype;
}

type Constructor = new (buffer: ArrayBufferLike, byteOffset: number, length: number) => TypedArray;

const constructors: Record<Dtype, Constructor & { BYTES_PER_ELEMENT: number }> = {
  float32: Float32Array,
  float64: Float64Array,
  int8: Int8Array,
  uint8: Uint8Array,
  int16: Int16Array,
  uint16: Uint16Array,
  int32: Int32Array,
  uint32: Uint32Array,
  int64: BigInt64Array,
  uint64: BigUint64Array,
  bool: Uint8Array,
};

const hostIsLittleEndian = new Uint8Array(new Uint16Array([1]).buffer)[0] === 1;

/** Bytes of one element. */
export function bytesPerElement(dtype: Dtype): number {
  return constructors[dtype].BYTES_PER_ELEMENT;
}

/** The number of elements of a shape; Infinity when it is beyond what a double counts exactly. */
export function elementCount(shape: readonly number[]): number {
  if (shape.includes(0)) return 0;
  const count = shape.reduce((product, size) => product * size, 1);
  return Number.isSafeInteger(count) ? count : Number.POSITIVE_INFINITY;
}

/** `60000 × 28 × 28`; one number is `scalar`. */
export function formatShape(shape: readonly number[]): string {
  return shape.length === 0 ? "scalar" : shape.join(" × ");
}

/** The element type and the data of an array to be written. Throws StriateError when they do not fit the shape. */
export function checkArray(array: NumericArrayLike, name: string): NumericArray {
  const found = (Object.keys(constructors) as Dtype[]).find(
    (dtype) => array.data instanceof constructors[dtype],
  );
  if (found === undefined) {
    throw new StriateError(
      `${name}: the data is not a typed array`,
      "Give a Float32Array, Int8Array or the like",
    );
  }
  const dtype = array.dtype ?? found;
  if (dtype !== found && !(dtype === "bool" && found === "uint8")) {
    throw new StriateError(
      `${name}: called ${dtype}, but the data is ${found}`,
      "Convert the data or leave dtype out",
    );
  }
  if (!array.shape.every((size) => Number.isSafeInteger(size) && size >= 0)) {
    throw new StriateError(
      `${name}: [${array.shape.join(", ")}] is not a shape`,
      "Give whole numbers of zero or more",
    );
  }
  if (elementCount(array.shape) !== array.data.length) {
    throw new StriateError(
      `${name}: shape ${formatShape(array.shape)} needs ${elementCount(array.shape)} elements, the data has ${array.data.length}`,
      "Give data and shape that belong together",
    );
  }
  return { shape: [...array.shape], dtype, data: array.data };
}

/**
 * Takes `count` elements from `bytes` at `offset`. The result is a view of `bytes` when alignment and byte order
 * allow it, else a copy. The caller has checked that the range lies inside `bytes`.
 */
export function elementsAt(
  bytes: Uint8Array,
  offset: number,
  dtype: Dtype,
  count: number,
  byteOrder: "little" | "big",
): TypedArray {
  const width = bytesPerElement(dtype);
  const start = bytes.byteOffset + offset;
  const swap = width > 1 && (byteOrder === "little") !== hostIsLittleEndian;
  if (!swap && start % width === 0) return new constructors[dtype](bytes.buffer, start, count);
  const copy = bytes.slice(offset, offset + count * width);
  if (swap) reverseEachElement(copy, width);
  return new constructors[dtype](copy.buffer, copy.byteOffset, count);
}

/** The bytes of `data` in the byte order asked for: a view where the machine already has that order, else a copy. */
export function bytesOf(data: TypedArray, byteOrder: "little" | "big"): Uint8Array {
  const bytes = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
  if (data.BYTES_PER_ELEMENT === 1 || (byteOrder === "little") === hostIsLittleEndian) return bytes;
  const copy = bytes.slice();
  reverseEachElement(copy, data.BYTES_PER_ELEMENT);
  return copy;
}

/** Allocates `count` elements. */
export function emptyArray(dtype: Dtype, count: number): TypedArray {
  return new constructors[dtype](new ArrayBuffer(count * bytesPerElement(dtype)), 0, count);
}

function reverseEachElement(bytes: Uint8Array, width: number): void {
  for (let start = 0; start < bytes.length; start += width) bytes.subarray(start, start + width).reverse();
}
