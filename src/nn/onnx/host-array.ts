import { StriateError } from "../../error.ts";
import type { Dtype, NumericArray } from "../../formats/array.ts";
import { constant, type DType, describeShape, type Shape, sizeOf, type Tensor } from "../../tensor/index.ts";

/** Numbers of a host array; int64 and uint64 are doubles, limited to the integers that a double counts exactly. */
export type HostData =
  | Float32Array
  | Float64Array
  | Int8Array
  | Uint8Array
  | Int16Array
  | Uint16Array
  | Int32Array
  | Uint32Array;

/** An array whose values are known while a graph is interpreted: a constant, a shape, or what follows from them. */
export interface HostArray {
  readonly shape: Shape;
  readonly dtype: Dtype;
  readonly data: HostData;
}

/** An operand of an ONNX operator at one time step. */
export type Operand = Tensor | HostArray;

export const isHost = (value: Operand): value is HostArray => "data" in value;

const storage: Record<Dtype, { from(values: ArrayLike<number>): HostData; new (length: number): HostData }> =
  {
    float32: Float32Array,
    float64: Float64Array,
    int8: Int8Array,
    uint8: Uint8Array,
    int16: Int16Array,
    uint16: Uint16Array,
    int32: Int32Array,
    uint32: Uint32Array,
    int64: Float64Array,
    uint64: Float64Array,
    bool: Uint8Array,
  };

/** More than shapes and masks need, less than a hostile file may ask for. */
const LARGEST = 2 ** 20;

/** Whether an array of this shape is small enough to be held; always, where something given was as large. */
export const isHoldable = (shape: Shape, given = 0): boolean => sizeOf(shape) <= Math.max(LARGEST, given);

/** Throws when an operator asks for an array that is larger than anything it was given. */
export function requireSize(shape: Shape, given = 0): void {
  if (!isHoldable(shape, given))
    throw new StriateError(`a constant of shape ${describeShape(shape)} is too large`);
}

/** Throws unless every extent is a whole number of at least 0. */
export function requireShape(shape: Shape): void {
  if (!shape.every((extent) => Number.isSafeInteger(extent) && extent >= 0))
    throw new StriateError(`${describeShape(shape)} is not a shape`);
}

export const isFloat = (dtype: Dtype): boolean => dtype === "float32" || dtype === "float64";

/** A host array of these values, rounded or wrapped as the type asks. */
export function hostArray(values: ArrayLike<number>, shape: Shape, dtype: Dtype): HostArray {
  const data = (values as HostData).constructor === storage[dtype] ? (values as HostData) : undefined;
  return { shape, dtype, data: data ?? storage[dtype].from(values) };
}

/** A list of whole numbers, such as a shape. */
export const hostIntegers = (values: readonly number[]): HostArray =>
  hostArray(values, [values.length], "int64");

/** Allocates an array of this shape. */
export function emptyHost(shape: Shape, dtype: Dtype): HostArray {
  return { shape, dtype, data: new storage[dtype](sizeOf(shape)) };
}

/** The nearest integer that a double counts exactly. */
export const limitInteger = (value: number | bigint): number =>
  Math.max(Number.MIN_SAFE_INTEGER, Math.min(Number.MAX_SAFE_INTEGER, Number(value)));

/** An array of a file; other than 64-bit integers it is not copied. */
export function fromFile({ shape, dtype, data }: NumericArray): HostArray {
  if (data instanceof BigInt64Array || data instanceof BigUint64Array)
    return { shape, dtype, data: Float64Array.from(data, limitInteger) };
  return { shape, dtype, data };
}

/**
 * The type in which the tensor room holds numbers of an ONNX type: every float is float32, and integers of 8 and 16
 * bits are int32, which do not wrap around.
 */
export function tensorType(dtype: Dtype): DType {
  switch (dtype) {
    case "float32":
    case "float64":
      return "float32";
    case "bool":
    case "int64":
      return dtype;
    case "uint32":
    case "uint64":
      return "int64";
    default:
      return "int32";
  }
}

/** The array as a constant of the traced graph, in `dtype` where that is given. */
export function toTensor({ shape, dtype, data }: HostArray, as: DType = tensorType(dtype)): Tensor {
  return constant(
    as === "float32" && !(data instanceof Float32Array) ? Float32Array.from(data) : data,
    shape,
    as,
  );
}
