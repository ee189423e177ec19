import {
  bytesPerElement,
  type Dtype,
  elementCount,
  elementsAt,
  emptyArray,
  type NumericArray,
  type TypedArray,
} from "../array.ts";
import type { ElementType, Storage } from "./storage.ts";

/** A tensor as the pickle gives it: a view of a storage. Offset and strides count elements. */
export interface StridedTensor {
  readonly storage: Storage;
  readonly type: ElementType;
  readonly offset: number;
  readonly shape: readonly number[];
  readonly strides: readonly number[];
}

/** The element type that a tensor is read with. */
export const dtypeOf = (type: ElementType): Dtype => (type.half === undefined ? type.stored : "float32");

/** How many elements from its first to its last a tensor spans in its storage. */
export function span({ shape, strides }: StridedTensor): number {
  if (shape.includes(0)) return 0;
  return shape.reduce((last, extent, axis) => last + (extent - 1) * strides[axis]!, 0) + 1;
}

/** Whether the elements lie one after another, row-major. */
function isContiguous({ shape, strides }: StridedTensor): boolean {
  let expected = 1;
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    if (shape[axis] !== 1 && strides[axis] !== expected) return false;
    expected *= shape[axis]!;
  }
  return true;
}

/** What `denseArray` allocates, in bytes; Infinity for an absurd shape. */
export function copiedBytes(tensor: StridedTensor): number {
  const { storage, type, offset } = tensor;
  const count = elementCount(tensor.shape);
  if (count === 0) return 0;
  const width = bytesPerElement(type.stored);
  const isAligned = (storage.bytes.byteOffset + offset * width) % width === 0;
  const read = isAligned && storage.byteOrder === "little" ? 0 : span(tensor) * width;
  const gathered = isContiguous(tensor) ? 0 : count * width;
  return read + gathered + (type.half === undefined ? 0 : count * bytesPerElement(dtypeOf(type)));
}

/**
 * A tensor's elements, row-major: a view of the storage where they lie so, else a copy; half precision is widened to
 * float32. The caller has checked that the storage has all that the tensor spans.
 */
export function denseArray(tensor: StridedTensor): NumericArray {
  const { storage, type, offset } = tensor;
  const from = offset * bytesPerElement(type.stored);
  const elements =
    span(tensor) === 0
      ? emptyArray(type.stored, 0)
      : elementsAt(storage.bytes, from, type.stored, span(tensor), storage.byteOrder);
  const dense = elements.length === 0 || isContiguous(tensor) ? elements : gather(elements, tensor);
  const data = type.half === undefined ? dense : widen(dense as Uint16Array, type.half);
  return { shape: [...tensor.shape], dtype: dtypeOf(type), data };
}

/** Copies the elements of a strided view in the order of its indices. */
function gather(elements: TypedArray, { type, shape, strides }: StridedTensor): TypedArray {
  const count = elementCount(shape);
  const copy = emptyArray(type.stored, count) as Float32Array;
  const source = elements as Float32Array;
  const last = shape.length - 1;
  const [extent, stride] = [shape[last]!, strides[last]!];
  const index = new Array<number>(shape.length).fill(0);
  for (let at = 0, row = 0; at < count; at += extent) {
    for (let i = 0; i < extent; i++) copy[at + i] = source[row + i * stride]!;
    for (let axis = last - 1; axis >= 0; axis--) {
      row += strides[axis]!;
      if (++index[axis]! < shape[axis]!) break;
      row -= shape[axis]! * strides[axis]!;
      index[axis] = 0;
    }
  }
  return copy;
}

/** IEEE 754 binary16, or the upper half of a binary32 (bfloat16), as float32. */
function widen(bits: Uint16Array, half: "float16" | "bfloat16"): Float32Array {
  if (half === "bfloat16") return new Float32Array(Uint32Array.from(bits, (bit) => bit << 16).buffer);
  return Float32Array.from(bits, (bit) => {
    const sign = bit & 0x8000 ? -1 : 1;
    const exponent = (bit >> 10) & 31;
    const fraction = bit & 1023;
    if (exponent === 31) return fraction === 0 ? sign * Number.POSITIVE_INFINITY : Number.NaN;
    return sign * (exponent === 0 ? fraction * 2 ** -24 : (1024 + fraction) * 2 ** (exponent - 25));
  });
}
