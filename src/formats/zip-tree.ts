import { inflateSync } from "fflate";
import { StriateError } from "../error.ts";
import { byCodePoint, type FileTree, isLeftBehind, missingFile } from "./file-tree.ts";
import { findZipDirectory, parseZipDirectory, type ZipEntry, zipTailBytes } from "./zip.ts";

/** Bytes that are read in parts, such as a file. */
export interface ByteSource {
  /** What errors call it. */
  readonly name: string;
  readonly length: number;
  /** Reads `length` bytes from `from` on; fewer where the source ends. */
  read(from: number, length: number): Promise<Uint8Array>;
}

/** Unpacks raw deflate data that is to give `length` bytes; may throw, or give another number of bytes. */
export type Inflate = (packed: Uint8Array, length: number) => Uint8Array | Promise<Uint8Array>;

const localHeaderBytes = 30;
/** Deflate cannot shrink below 1 : 1032. */
const largestRatio = 1032;
const largestMember = 2 ** 31 - 1;

/** Bytes in memory as a source. */
export function sourceOfBytes(bytes: Uint8Array, name: string): ByteSource {
  return { name, length: bytes.length, read: async (from, length) => bytes.subarray(from, from + length) };
}

/**
 * The files in a zip archive, without those that `isLeftBehind` names. Only the directory is read at once; a file is
 * unpacked when it is read, its length and its CRC-32 are checked, and none may be above 2 GiB.
 *
 * @throws StriateError when the directory is missing or broken.
 */
export async function zipTree(source: ByteSource, inflate: Inflate = inflateInMemory): Promise<FileTree> {
  const entries = new Map<string, ZipEntry>();
  for (const entry of await directoryOf(source)) {
    if (!entry.name.endsWith("/") && !isLeftBehind(entry.name)) entries.set(entry.name, entry);
  }
  const tree = {
    name: source.name,
    paths: [...entries.keys()].sort(byCodePoint),
    locate: (path: string) => `${source.name}: ${path}`,
  };
  const read = async (path: string) => {
    const entry = entries.get(path);
    if (entry === undefined) throw missingFile(tree, path);
    return readMember(source, entry, inflate);
  };
  return { ...tree, read };
}

async function directoryOf(source: ByteSource): Promise<ZipEntry[]> {
  const tailAt = Math.max(0, source.length - zipTailBytes);
  const tail = await source.read(tailAt, source.length - tailAt);
  const directory = findZipDirectory(tail, tailAt, source.name);
  const { from, to } = directory;
  const bytes =
    from >= tailAt ? tail.subarray(from - tailAt, to - tailAt) : await source.read(from, to - from);
  return parseZipDirectory(bytes, directory, source.name);
}

async function readMember(source: ByteSource, entry: ZipEntry, inflate: Inflate): Promise<Uint8Array> {
  const { headerAt, packedBytes, bytes, method } = entry;
  const refuse = (why: string, advice = "Fetch the archive again") =>
    new StriateError(`${source.name}: the file ${entry.name} in it cannot be unpacked: ${why}`, advice);
  if (entry.isEncrypted) throw refuse("it is encrypted", "Unpack the archive with its password");
  if (method !== 0 && method !== 8)
    throw refuse(`it is packed with method ${method}, expected 0 (stored) or 8 (deflate)`, "Pack it again");
  if (bytes > Math.min(largestMember, packedBytes * (method === 0 ? 1 : largestRatio)))
    throw refuse(`${packedBytes} bytes are said to hold ${bytes}`, "The archive is corrupt: fetch it again");
  const header = await source.read(headerAt, localHeaderBytes);
  const view = new DataView(header.buffer, header.byteOffset, header.byteLength);
  if (header.length < localHeaderBytes || view.getUint32(0, true) !== 0x04034b50)
    throw refuse(`there is no file at byte ${headerAt}`);
  const dataAt = headerAt + localHeaderBytes + view.getUint16(26, true) + view.getUint16(28, true);
  if (dataAt + packedBytes > source.length) throw refuse("the archive is cut short");
  const packed = await source.read(dataAt, packedBytes);
  let unpacked = packed;
  if (method === 8) {
    try {
      unpacked = await inflate(packed, bytes);
    } catch (error) {
      throw refuse(`its data is corrupt (${(error as Error).message})`);
    }
  }
  if (unpacked.length !== bytes) throw refuse(`it holds ${unpacked.length} bytes, expected ${bytes}`);
  if (crc32(unpacked) !== entry.crc32) throw refuse("its checksum (CRC-32) does not fit");
  return unpacked;
}

const inflateInMemory: Inflate = (packed, length) => inflateSync(packed, { out: new Uint8Array(length) });

const crcTable = Uint32Array.from({ length: 256 }, (_, byte) => {
  let remainder = byte;
  for (let bit = 0; bit < 8; bit++) remainder = (remainder >>> 1) ^ (remainder & 1 ? 0xedb88320 : 0);
  return remainder;
});

/** The checksum of zip and gzip: ISO 3309, polynomial 0x04c11db7 reflected. */
function crc32(bytes: Uint8Array): number {
  let crc = 0xffffffff;
  for (let at = 0; at < bytes.length; at++) crc = (crc >>> 8) ^ crcTable[(crc ^ bytes[at]!) & 255]!;
  return ~crc >>> 0;
}
