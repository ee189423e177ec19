import { StriateError } from "../error.ts";
import {
  bytesOf,
  bytesPerElement,
  checkArray,
  type Dtype,
  elementCount,
  elementsAt,
  emptyArray,
  formatShape,
  type NumericArray,
  type NumericArrayLike,
} from "./array.ts";
import { readNpyHeader } from "./npy-header.ts";

/** An array of text ('<U' in NumPy), row-major. */
export interface TextArray {
  shape: number[];
  dtype: "text";
  data: string[];
}

const dtypeOfCode: Record<string, Dtype> = {
  f4: "float32",
  f8: "float64",
  i1: "int8",
  u1: "uint8",
  i2: "int16",
  u2: "uint16",
  i4: "int32",
  u4: "uint32",
  i8: "int64",
  u8: "uint64",
  b1: "bool",
};

/**
 * Reads a .npy file, format 1.0, 2.0 or 3.0: NEP 1, "A simple file format for NumPy arrays". Fortran order is
 * turned into row-major order; little-endian, row-major numbers come back as a view of `bytes` where they are aligned.
 *
 * @param name what error messages call the file.
 * @throws StriateError for another format, an element type not in the list above, or a size that does not fit.
 */
export function readNpy(bytes: Uint8Array, name: string): NumericArray | TextArray {
  const { descr, fortranOrder, shape, headerBytes } = readNpyHeader(bytes, name);
  const [, order, kind, digits] = /^([<>|=]?)([a-zA-Z])(\d*)$/.exec(descr) ?? [];
  const dtype = dtypeOfCode[`${kind}${digits}`];
  const isText = kind === "U";
  if (dtype === undefined && !isText) {
    throw new StriateError(
      `${name}: holds elements of NumPy type '${descr}'; expected one of ${Object.keys(dtypeOfCode).join(", ")} or U`,
      kind === "O"
        ? "Pickled objects are never read: save plain numbers"
        : "Convert with .astype() and save again",
    );
  }
  const count = elementCount(shape);
  const width = isText ? 4 * Number(digits) : bytesPerElement(dtype);
  const expected = headerBytes + count * width;
  if (bytes.length !== expected || (width === 0 && count > 0)) {
    throw new StriateError(
      `${name}: the header says ${formatShape(shape)} of '${descr}', ${expected} bytes in all, but the file has ${bytes.length}`,
      bytes.length < expected
        ? "The file is cut short: fetch it again"
        : "The file is corrupt: save it again",
    );
  }
  const byteOrder = order === ">" ? "big" : "little";
  if (isText) {
    const text = textAt(bytes, headerBytes, count, Number(digits), byteOrder, name);
    return {
      shape,
      dtype: "text",
      data: fortranOrder ? rowMajor(text, shape, new Array<string>(count)) : text,
    };
  }
  const stored = elementsAt(bytes, headerBytes, dtype, count, byteOrder);
  const data = fortranOrder && shape.length > 1 ? rowMajor(stored, shape, emptyArray(dtype, count)) : stored;
  return { shape, dtype, data };
}

/** Writes a .npy file, format 1.0, little-endian, row-major; text becomes '<U' as wide as the longest entry. */
export function writeNpy(array: NumericArrayLike | Omit<TextArray, "dtype">): Uint8Array {
  const { shape, descr, payload } = Array.isArray(array.data)
    ? textPayload(array as TextArray)
    : numberPayload(array as NumericArrayLike);
  const tuple = shape.length === 1 ? `(${shape[0]},)` : `(${shape.join(", ")})`;
  const dictionary = `{'descr': '${descr}', 'fortran_order': False, 'shape': ${tuple}, }`;
  const headerBytes = Math.ceil((10 + dictionary.length + 1) / 64) * 64;
  if (headerBytes - 10 > 0xffff) {
    throw new StriateError(
      `npy: ${shape.length} dimensions are too many`,
      "Reshape to 64 dimensions or fewer",
    );
  }
  const bytes = new Uint8Array(headerBytes + payload.length);
  bytes.set([0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59, 1, 0]);
  new DataView(bytes.buffer).setUint16(8, headerBytes - 10, true);
  bytes.set(new TextEncoder().encode(`${dictionary.padEnd(headerBytes - 11)}\n`), 10);
  bytes.set(payload, headerBytes);
  return bytes;
}

function numberPayload(array: NumericArrayLike): { shape: number[]; descr: string; payload: Uint8Array } {
  const { shape, dtype, data } = checkArray(array, "npy");
  const code = Object.keys(dtypeOfCode).find((key) => dtypeOfCode[key] === dtype)!;
  return {
    shape,
    descr: `${bytesPerElement(dtype) === 1 ? "|" : "<"}${code}`,
    payload: bytesOf(data, "little"),
  };
}

function textPayload({ shape, data }: TextArray): { shape: number[]; descr: string; payload: Uint8Array } {
  if (elementCount(shape) !== data.length) {
    throw new StriateError(
      `npy: shape ${formatShape(shape)} needs ${elementCount(shape)} elements, the data has ${data.length}`,
      "Give data and shape that belong together",
    );
  }
  const points = data.map((text) => Array.from(text, (character) => character.codePointAt(0)!));
  const length = points.reduce((longest, entry) => Math.max(longest, entry.length), 1);
  const codes = new Uint32Array(data.length * length);
  points.forEach((entry, index) => {
    codes.set(entry, index * length);
  });
  return { shape, descr: `<U${length}`, payload: bytesOf(codes, "little") };
}

function textAt(
  bytes: Uint8Array,
  offset: number,
  count: number,
  length: number,
  byteOrder: "little" | "big",
  name: string,
): string[] {
  const codes = elementsAt(bytes, offset, "uint32", count * length, byteOrder) as Uint32Array;
  return Array.from({ length: count }, (_, index) => {
    let end = (index + 1) * length;
    while (end > index * length && codes[end - 1] === 0) end--;
    let text = "";
    for (let at = index * length; at < end; at++) {
      if (codes[at] > 0x10ffff) {
        throw new StriateError(
          `${name}: entry ${index} holds the number ${codes[at]}, which is no Unicode character`,
          "The file is corrupt: save it again",
        );
      }
      text += String.fromCodePoint(codes[at]);
    }
    return text;
  });
}

/** Copies column-major `stored` into `target`, row-major. */
function rowMajor<A extends TypedArray | string[]>(stored: A, shape: readonly number[], target: A): A {
  const strides = shape.map((_, axis) => elementCount(shape.slice(0, axis)));
  const index = shape.map(() => 0);
  let from = 0;
  for (let to = 0; to < target.length; to++) {
    target[to] = stored[from];
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      from += strides[axis];
      if (++index[axis] < shape[axis]) break;
      from -= strides[axis] * shape[axis];
      index[axis] = 0;
    }
  }
  return target;
}

type TypedArray = NumericArray["data"];
