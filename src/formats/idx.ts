import { StriateError } from "../error.ts";
import {
  bytesOf,
  bytesPerElement,
  checkArray,
  type Dtype,
  elementCount,
  elementsAt,
  formatShape,
  type NumericArray,
  type NumericArrayLike,
} from "./array.ts";
import { gunzipExactly, isGzip } from "./gzip.ts";

/**
 * IDX, the format of the MNIST files: two zero bytes, one byte for the element type, one for the number of
 * dimensions, each dimension as a big-endian uint32, then the elements, big-endian and row-major.
 * LeCun, Cortes and Burges (1998), "The MNIST database of handwritten digits".
 */
const dtypeOfCode: Record<number, Dtype> = {
  8: "uint8",
  9: "int8",
  11: "int16",
  12: "int32",
  13: "float32",
  14: "float64",
};

interface IdxHeader {
  shape: number[];
  dtype: Dtype;
  /** Bytes of the header, and of the whole file. */
  headerBytes: number;
  totalBytes: number;
}

/**
 * Reads an IDX file, gzipped or not.
 *
 * @param bytes the file. One-byte elements of a plain file come back as a view of it.
 * @param name what error messages call the file.
 * @throws StriateError when the file is no IDX file, or is longer or shorter than its header says.
 */
export async function readIdx(bytes: Uint8Array, name: string): Promise<NumericArray> {
  if (!isGzip(bytes)) return parseIdx(bytes, name);
  return parseIdx(await gunzipExactly(bytes, name, (head) => readHeader(head, name)?.totalBytes), name);
}

/** Reads a plain IDX file; as readIdx. */
export function parseIdx(bytes: Uint8Array, name: string): NumericArray {
  const header = readHeader(bytes, name);
  if (header === undefined) {
    throw new StriateError(
      `${name}: ${bytes.length} bytes are too few for an IDX header`,
      "The file is cut short: fetch it again",
    );
  }
  const { shape, dtype, headerBytes, totalBytes } = header;
  if (bytes.length !== totalBytes) {
    throw new StriateError(
      `${name}: the header says ${formatShape(shape)} ${dtype}, ${totalBytes} bytes in all, but the file has ${bytes.length}`,
      bytes.length < totalBytes
        ? "The file is cut short: fetch it again"
        : "The file is corrupt: fetch it again",
    );
  }
  return { shape, dtype, data: elementsAt(bytes, headerBytes, dtype, elementCount(shape), "big") };
}

/** Writes a plain IDX file. IDX has no unsigned integers wider than a byte, no 64-bit integers and no scalars. */
export function writeIdx(array: NumericArrayLike): Uint8Array {
  const { shape, dtype, data } = checkArray(array, "IDX");
  const code = Object.keys(dtypeOfCode).find((key) => dtypeOfCode[Number(key)] === dtype);
  if (code === undefined) {
    throw new StriateError(
      `IDX cannot hold ${dtype}`,
      `Convert to one of ${Object.values(dtypeOfCode).join(", ")}`,
    );
  }
  if (shape.length < 1 || shape.length > 255 || shape.some((size) => size > 0xffffffff)) {
    throw new StriateError(
      `IDX cannot hold the shape ${formatShape(shape)}`,
      "Give 1 to 255 dimensions, each below 2^32",
    );
  }
  const headerBytes = 4 + 4 * shape.length;
  const bytes = new Uint8Array(headerBytes + data.byteLength);
  bytes[2] = Number(code);
  bytes[3] = shape.length;
  const view = new DataView(bytes.buffer);
  shape.forEach((size, axis) => {
    view.setUint32(4 + 4 * axis, size);
  });
  bytes.set(bytesOf(data, "big"), headerBytes);
  return bytes;
}

/** The header, or undefined while `bytes` are too few to hold it. */
function readHeader(bytes: Uint8Array, name: string): IdxHeader | undefined {
  if (bytes.length < 4) return undefined;
  const dtype = dtypeOfCode[bytes[2]];
  const rank = bytes[3];
  if (bytes[0] !== 0 || bytes[1] !== 0 || dtype === undefined || rank === 0) {
    const magic = [...bytes.subarray(0, 4)].map((byte) => byte.toString(16).padStart(2, "0")).join(" ");
    throw new StriateError(
      `${name}: not an IDX file: it begins with ${magic}, expected 00 00, an element type (08, 09, 0b to 0e) and a number of dimensions`,
      "Give a file in the format of MNIST's *-ubyte files",
    );
  }
  const headerBytes = 4 + 4 * rank;
  if (bytes.length < headerBytes) return undefined;
  const view = new DataView(bytes.buffer, bytes.byteOffset);
  const shape = Array.from({ length: rank }, (_, axis) => view.getUint32(4 + 4 * axis));
  return {
    shape,
    dtype,
    headerBytes,
    totalBytes: headerBytes + elementCount(shape) * bytesPerElement(dtype),
  };
}
