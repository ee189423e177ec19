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

const dtypeOfCode: Record<string, Dtype> = {
  F64: "float64",
  F32: "float32",
  I64: "int64",
  U64: "uint64",
  I32: "int32",
  U32: "uint32",
  I16: "int16",
  U16: "uint16",
  I8: "int8",
  U8: "uint8",
  BOOL: "bool",
};

/** The reference implementation's limit. */
const longestHeader = 100_000_000;

export interface SafetensorsFile {
  /** By name, in the order of the header. */
  tensors: Record<string, NumericArray>;
  metadata: Record<string, string>;
}

/**
 * Reads a safetensors file (huggingface/safetensors, format description in its README): the header's length as a
 * little-endian uint64, a JSON header, then the tensors, little-endian and row-major, without gaps or overlaps.
 * Tensors are views of `bytes` where they are aligned, else copies.
 *
 * @param name what error messages call the file.
 * @throws StriateError for anything the format does not allow.
 */
export function readSafetensors(bytes: Uint8Array, name: string): SafetensorsFile {
  const { header, dataStart } = readHeader(bytes, name);
  const metadata = readMetadata(header.__metadata__, name);
  const entries = Object.entries(header)
    .filter(([tensor]) => tensor !== "__metadata__")
    .map(([tensor, entry]) => ({ tensor, ...readEntry(entry, tensor, name) }));
  checkLayout(entries, bytes.length - dataStart, name);
  const tensors = entries.map(({ tensor, dtype, shape, begin }): [string, NumericArray] => {
    const data = elementsAt(bytes, dataStart + begin, dtype, elementCount(shape), "little");
    return [tensor, { shape, dtype, data }];
  });
  return { tensors: Object.fromEntries(tensors), metadata };
}

/**
 * Writes a safetensors file. The header keeps the order given; the data lies widest elements first and begins at
 * a multiple of 8 bytes, so that every tensor can be read as a view.
 */
export function writeSafetensors(
  tensors: Record<string, NumericArrayLike>,
  metadata: Record<string, string> = {},
): Uint8Array {
  const checked = Object.entries(tensors).map(([tensor, array]) => {
    if (tensor === "__metadata__") {
      throw new StriateError("safetensors: a tensor cannot be called __metadata__", "Give it another name");
    }
    return { tensor, array: checkArray(array, `safetensors: tensor '${tensor}'`), begin: 0 };
  });
  for (const [key, value] of Object.entries(metadata)) {
    if (typeof value !== "string") {
      throw new StriateError(
        `safetensors: metadata '${key}' is a ${typeof value}`,
        "Metadata is text: stringify it",
      );
    }
  }
  let end = 0;
  const laidOut = [...checked].sort(
    (a, b) => b.array.data.BYTES_PER_ELEMENT - a.array.data.BYTES_PER_ELEMENT,
  );
  for (const entry of laidOut) {
    entry.begin = end;
    end += entry.array.data.byteLength;
  }
  const entries = checked.map(({ tensor, array, begin }): [string, unknown] => {
    const dtype = Object.keys(dtypeOfCode).find((code) => dtypeOfCode[code] === array.dtype);
    return [tensor, { dtype, shape: array.shape, data_offsets: [begin, begin + array.data.byteLength] }];
  });
  const withMetadata =
    Object.keys(metadata).length > 0 ? [["__metadata__", metadata] as const, ...entries] : entries;
  const json = new TextEncoder().encode(JSON.stringify(Object.fromEntries(withMetadata)));
  const dataStart = 8 + Math.ceil(json.length / 8) * 8;
  const bytes = new Uint8Array(dataStart + end).fill(0x20, 8 + json.length, dataStart);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(dataStart - 8), true);
  bytes.set(json, 8);
  for (const { array, begin } of laidOut) bytes.set(bytesOf(array.data, "little"), dataStart + begin);
  return bytes;
}

function corrupt(message: string): StriateError {
  return new StriateError(message, "The file is cut short or corrupt: fetch or save it again");
}

function readHeader(bytes: Uint8Array, name: string): { header: Record<string, unknown>; dataStart: number } {
  if (bytes.length < 8) throw corrupt(`${name}: ${bytes.length} bytes are too few for a safetensors header`);
  const length = new DataView(bytes.buffer, bytes.byteOffset).getBigUint64(0, true);
  if (length > BigInt(longestHeader) || length > BigInt(bytes.length - 8)) {
    throw corrupt(
      `${name}: the first 8 bytes say that the header has ${length} bytes, but ${bytes.length - 8} follow (and ${longestHeader} are accepted)`,
    );
  }
  const dataStart = 8 + Number(length);
  let header: unknown;
  try {
    header = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes.subarray(8, dataStart)));
  } catch (error) {
    throw corrupt(`${name}: the safetensors header is not JSON (${(error as Error).message})`);
  }
  if (!isRecord(header)) throw corrupt(`${name}: the safetensors header is not a JSON object`);
  return { header, dataStart };
}

interface Entry {
  tensor: string;
  dtype: Dtype;
  shape: number[];
  /** Bytes from the start of the data. */
  begin: number;
  end: number;
}

/** The tensors must cover the data exactly once, each with the bytes that its shape needs. */
function checkLayout(entries: readonly Entry[], dataBytes: number, name: string): void {
  let reached = 0;
  for (const { tensor, dtype, shape, begin, end } of entries.toSorted(
    (a, b) => a.begin - b.begin || a.end - b.end,
  )) {
    const needed = elementCount(shape) * bytesPerElement(dtype);
    if (end - begin !== needed) {
      throw corrupt(
        `${name}: tensor '${tensor}' is ${formatShape(shape)} ${dtype}, ${needed} bytes, but its offsets [${begin}, ${end}] span ${end - begin}`,
      );
    }
    if (begin !== reached) {
      throw corrupt(
        `${name}: tensor '${tensor}' begins at byte ${begin} of the data, expected ${reached}: tensors ${begin < reached ? "overlap" : "leave a gap"}`,
      );
    }
    if (end > dataBytes) {
      throw corrupt(
        `${name}: tensor '${tensor}' ends at byte ${end} of the data, but the file has ${dataBytes} bytes of data`,
      );
    }
    reached = end;
  }
  if (reached !== dataBytes) {
    throw corrupt(`${name}: the tensors take ${reached} bytes of data, but the file has ${dataBytes}`);
  }
}

function readEntry(entry: unknown, tensor: string, name: string): Omit<Entry, "tensor"> {
  const where = `${name}: tensor '${tensor}'`;
  if (!isRecord(entry)) throw corrupt(`${where} is not described by a JSON object`);
  const { dtype: code, shape, data_offsets: offsets } = entry;
  const dtype = typeof code === "string" && Object.hasOwn(dtypeOfCode, code) ? dtypeOfCode[code] : undefined;
  if (dtype === undefined) {
    throw new StriateError(
      `${where} has the element type ${JSON.stringify(code)}; expected one of ${Object.keys(dtypeOfCode).join(", ")}`,
      "Convert it before saving",
    );
  }
  if (!isSizes(shape)) throw corrupt(`${where} has no shape of whole numbers`);
  if (!isSizes(offsets) || offsets.length !== 2) throw corrupt(`${where} has no data_offsets [begin, end]`);
  return { dtype, shape, begin: offsets[0], end: offsets[1] };
}

function readMetadata(metadata: unknown, name: string): Record<string, string> {
  if (metadata === undefined) return {};
  if (!isRecord(metadata) || !Object.values(metadata).every((value) => typeof value === "string")) {
    throw corrupt(`${name}: __metadata__ is not a JSON object of text`);
  }
  return metadata as Record<string, string>;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function isSizes(value: unknown): value is number[] {
  return Array.isArray(value) && value.every((size) => Number.isSafeInteger(size) && size >= 0);
}
