import { cifar10RecordBytes } from "./cifar10.ts";
import { sniffEvents } from "./events/formats.ts";
import { isGzip } from "./gzip.ts";
import { isTorch } from "./torch/sniff.ts";

export type FileFormat =
  | "idx"
  | "gzip"
  | "npy"
  | "npz"
  | "safetensors"
  | "onnx"
  | "hdf5"
  | "torch"
  | "zip"
  | "json"
  | "cifar10"
  | "events"
  | "unknown";

/**
 * Tells a file's format from its bytes. The name decides only for CIFAR-10 and N-MNIST, which have nothing
 * else to know them by.
 *
 * @param bytes the file, or at least its first few kilobytes.
 * @param size bytes of the whole file, where `bytes` is only its beginning.
 */
export function sniff(bytes: Uint8Array, name: string, size: number = bytes.length): FileFormat {
  if (isGzip(bytes)) return "gzip";
  if (begins(bytes, [0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59])) return "npy";
  if (sniffEvents(bytes, "") !== undefined) return "events";
  if (isHdf5(bytes)) return "hdf5";
  if (isTorch(bytes)) return "torch";
  if (isNpz(bytes)) return "npz";
  if (begins(bytes, [0x50, 0x4b, 3, 4]) || begins(bytes, [0x50, 0x4b, 5, 6])) return "zip";
  if (isCifar10Name(name) && size > 0) return "cifar10";
  if (isSafetensors(bytes, name)) return "safetensors";
  if (isIdx(bytes)) return "idx";
  if (isJson(bytes)) return "json";
  if (isOnnx(bytes)) return "onnx";
  if (isCifar10(bytes, name, size)) return "cifar10";
  return size > 0 && sniffEvents(bytes, name) !== undefined ? "events" : "unknown";
}

function begins(bytes: Uint8Array, signature: readonly number[], at = 0): boolean {
  return signature.every((byte, index) => bytes[at + index] === byte);
}

/** HDF5 may have a user block before it, of 512 bytes or a doubling of that. */
function isHdf5(bytes: Uint8Array): boolean {
  const signature = [0x89, 0x48, 0x44, 0x46, 0x0d, 0x0a, 0x1a, 0x0a];
  for (let at = 0; at + 8 <= bytes.length; at = at === 0 ? 512 : at * 2) {
    if (begins(bytes, signature, at)) return true;
  }
  return false;
}

/** A zip archive whose first file is a .npy in no folder. */
function isNpz(bytes: Uint8Array): boolean {
  if (!begins(bytes, [0x50, 0x4b, 3, 4]) || bytes.length < 30) return false;
  const length = bytes[26] + 256 * bytes[27];
  return /^[^/]+\.npy$/.test(new TextDecoder().decode(bytes.subarray(30, 30 + length)));
}

/** The JSON header begins at byte 8, after a length below 2^32. */
function isSafetensors(bytes: Uint8Array, name: string): boolean {
  return bytes[8] === 0x7b && (begins(bytes, [0, 0, 0, 0], 4) || name.endsWith(".safetensors"));
}

function isIdx(bytes: Uint8Array): boolean {
  return begins(bytes, [0, 0]) && [8, 9, 11, 12, 13, 14].includes(bytes[2]) && bytes[3] > 0;
}

/** The first character, after a byte order mark and white space, opens an object or an array. */
function isJson(bytes: Uint8Array): boolean {
  let at = begins(bytes, [0xef, 0xbb, 0xbf]) ? 3 : 0;
  while ([0x20, 0x09, 0x0a, 0x0d].includes(bytes[at])) at++;
  return bytes[at] === 0x7b || bytes[at] === 0x5b;
}

/**
 * An ONNX ModelProto begins, as every writer orders it, with ir_version (field 1, a small number), and goes on
 * with another of its own fields: opset_import (8), producer_name (2), graph (7) and so on.
 */
function isOnnx(bytes: Uint8Array): boolean {
  const nextField = bytes[2] >> 3;
  const wireType = bytes[2] & 7;
  const fits = nextField === 5 ? wireType === 0 : wireType === 2 && nextField >= 2 && nextField <= 8;
  return bytes[0] === 0x08 && bytes[1] > 0 && bytes[1] < 128 && fits;
}

function isCifar10Name(name: string): boolean {
  return /(^|[/\\])(data_batch_\d+|test_batch)\.bin$/.test(name);
}

/** A `.bin` file of whole records whose labels, as far as they are there, are all 0 to 9. */
function isCifar10(bytes: Uint8Array, name: string, size: number): boolean {
  if (!name.endsWith(".bin") || size === 0 || size % cifar10RecordBytes !== 0) return false;
  for (let at = 0; at < bytes.length; at += cifar10RecordBytes) if (bytes[at] > 9) return false;
  return true;
}
