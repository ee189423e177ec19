import { StriateError } from "../../error.ts";
import {
  bytesPerElement,
  type Dtype,
  elementCount,
  elementsAt,
  emptyArray,
  formatShape,
  type NumericArray,
  type TypedArray,
} from "../array.ts";
import { externalBytes, type ReadExternal } from "./external.ts";
import type { TensorMessage } from "./messages.ts";

/** The fields of a TensorProto that hold numbers one by one; `rawData` holds the bytes of any type. */
const numberFields = ["floatData", "int32Data", "int64Data", "doubleData", "uint64Data"] as const;

interface ElementType {
  readonly name: string;
  /** How the raw bytes are laid out; undefined where Striate has no array of this type. */
  readonly stored?: Dtype;
  readonly field?: (typeof numberFields)[number];
  /** From the stored bits to numbers. */
  readonly widen?: (bits: Uint16Array) => Float32Array;
}

/** TensorProto.DataType. */
const elementTypes: readonly ElementType[] = [
  { name: "undefined" },
  { name: "float32", stored: "float32", field: "floatData" },
  { name: "uint8", stored: "uint8", field: "int32Data" },
  { name: "int8", stored: "int8", field: "int32Data" },
  { name: "uint16", stored: "uint16", field: "int32Data" },
  { name: "int16", stored: "int16", field: "int32Data" },
  { name: "int32", stored: "int32", field: "int32Data" },
  { name: "int64", stored: "int64", field: "int64Data" },
  { name: "str" },
  { name: "bool", stored: "bool", field: "int32Data" },
  { name: "float16", stored: "uint16", field: "int32Data", widen: fromHalf },
  { name: "float64", stored: "float64", field: "doubleData" },
  { name: "uint32", stored: "uint32", field: "uint64Data" },
  { name: "uint64", stored: "uint64", field: "uint64Data" },
  { name: "complex64" },
  { name: "complex128" },
  { name: "bfloat16", stored: "uint16", field: "int32Data", widen: fromBrainFloat },
  { name: "float8_e4m3fn" },
  { name: "float8_e4m3fnuz" },
  { name: "float8_e5m2" },
  { name: "float8_e5m2fnuz" },
  { name: "uint4" },
  { name: "int4" },
  { name: "float4_e2m1" },
  { name: "float8_e8m0" },
  { name: "uint2" },
  { name: "int2" },
];

/** The element type of a number of TensorProto.DataType in NumPy's words; "unknown" where the standard has none. */
export function elementTypeName(dataType = 0): string {
  return (dataType !== 0 && elementTypes[dataType]?.name) || "unknown";
}

/**
 * The array of a TensorProto; float16 and bfloat16 are widened to float32. A view of the file's bytes where type and
 * alignment allow it. Nothing is allocated before the shape is known to fit the data.
 *
 * @param where what error messages call the tensor, with the file's name.
 */
export function readTensor(message: TensorMessage, where: string, external?: ReadExternal): NumericArray {
  const type = elementTypes[message.dataType ?? 0];
  if (type?.stored === undefined || type.field === undefined) {
    const expected = elementTypes.filter(({ stored }) => stored !== undefined).map(({ name }) => name);
    throw new StriateError(
      `${where} has the element type ${type?.name ?? message.dataType}; expected one of ${expected.join(", ")}`,
      "Export the network with another element type",
    );
  }
  if (message.segment !== undefined)
    throw new StriateError(`${where} is a segment of a larger tensor`, "Save the network in one file");
  const shape = readShape(message, where);
  const raw = message.dataLocation === 1 ? externalBytes(message, where, external) : message.rawData;
  const filled = numberFields.filter((field) => (message[field]?.length ?? 0) > 0);
  if (filled.some((field) => raw !== undefined || field !== type.field))
    throw corrupt(
      `${where} is ${type.name} but has its data in ${[...(raw ? ["raw data"] : []), ...filled].join(" and ")}`,
    );
  const stored =
    raw === undefined
      ? fromNumbers(message[type.field], shape, type.stored, type.name, where)
      : fromBytes(raw, shape, type.stored, type.name, where);
  if (type.widen !== undefined) return { shape, dtype: "float32", data: type.widen(stored as Uint16Array) };
  return { shape, dtype: type.stored, data: stored };
}

function corrupt(message: string): StriateError {
  return new StriateError(message, "The file is cut short or corrupt: fetch or save it again");
}

function readShape({ dims }: TensorMessage, where: string): number[] {
  const shape = Array.from(dims ?? [], Number);
  const wrong = shape.findIndex((size) => size < 0 || !Number.isSafeInteger(size));
  if (wrong >= 0) throw corrupt(`${where} has the size ${dims?.[wrong]} in dimension ${wrong}`);
  return shape;
}

const described = (shape: readonly number[], type: string) =>
  `${shape.length > 8 ? `${formatShape(shape.slice(0, 8))} × …` : formatShape(shape)} ${type}`;

function fromBytes(raw: Uint8Array, shape: number[], stored: Dtype, type: string, where: string): TypedArray {
  const needed = elementCount(shape) * bytesPerElement(stored);
  if (raw.length !== needed)
    throw corrupt(
      `${where} is ${described(shape, type)}, ${needed} bytes, but has ${raw.length} bytes of data`,
    );
  const data = elementsAt(raw, 0, stored, elementCount(shape), "little");
  return stored === "bool" && (data as Uint8Array).some((byte) => byte > 1)
    ? (data as Uint8Array).map((byte) => (byte === 0 ? 0 : 1))
    : data;
}

function fromNumbers(
  numbers: TypedArray | undefined,
  shape: number[],
  stored: Dtype,
  type: string,
  where: string,
): TypedArray {
  const count = elementCount(shape);
  const given = numbers?.length ?? 0;
  if (given !== count)
    throw corrupt(`${where} is ${described(shape, type)}, ${count} elements, but has ${given}`);
  const data = emptyArray(stored, 0);
  if (numbers === undefined) return data;
  if (numbers.constructor === data.constructor) return numbers;
  const converted = emptyArray(stored, count) as Uint8Array;
  for (let index = 0; index < count; index++) {
    const value = Number(numbers[index]);
    converted[index] = value;
    if (converted[index] !== value || (stored === "bool" && value > 1))
      throw corrupt(`${where} is ${type} but its element ${index} is ${value}`);
  }
  return converted;
}

/** IEEE 754 binary16: sign, 5 bits of exponent with bias 15, 10 bits of fraction. */
function fromHalf(bits: Uint16Array): Float32Array {
  return Float32Array.from(bits, (half) => {
    const sign = half & 0x8000 ? -1 : 1;
    const exponent = (half >> 10) & 31;
    const fraction = half & 1023;
    if (exponent === 31) return fraction === 0 ? sign * Number.POSITIVE_INFINITY : Number.NaN;
    return sign * (exponent === 0 ? fraction * 2 ** -24 : (1 + fraction / 1024) * 2 ** (exponent - 15));
  });
}

/** bfloat16 is the upper half of a float32. */
function fromBrainFloat(bits: Uint16Array): Float32Array {
  return new Float32Array(Uint32Array.from(bits, (upper) => upper << 16).buffer);
}
