import { StriateError } from "../error.ts";

export interface ZipEntry {
  name: string;
  /** Bytes as stored and once unpacked. */
  packedBytes: number;
  bytes: number;
  /** How it is packed: 0 is stored as it is, 8 is deflate. */
  method: number;
  crc32: number;
  isEncrypted: boolean;
  /** Where its local header begins. */
  headerAt: number;
}

/** Where an archive's directory lies, and how many entries it says it has. */
export interface ZipDirectory {
  from: number;
  to: number;
  count: number;
}

const endRecordBytes = 22;
const longestComment = 0xffff;
const zip64LocatorBytes = 20;
const zip64EndRecordBytes = 56;

/** The end of an archive that certainly holds the records which say where the directory is. */
export const zipTailBytes = endRecordBytes + longestComment + zip64LocatorBytes + zip64EndRecordBytes;

/**
 * Lists what a zip archive, also zip64, says it holds (PKWARE APPNOTE 6.3, central directory); nothing is unpacked.
 *
 * @throws StriateError when the central directory is missing or broken.
 */
export function listZip(bytes: Uint8Array, name: string): ZipEntry[] {
  const directory = findZipDirectory(bytes, 0, name);
  return parseZipDirectory(bytes.subarray(directory.from, directory.to), directory, name);
}

/**
 * Finds the directory from the last bytes of an archive.
 *
 * @param tail the last `zipTailBytes`, or all where there are fewer.
 * @param tailAt where in the archive they begin.
 */
export function findZipDirectory(tail: Uint8Array, tailAt: number, name: string): ZipDirectory {
  const view = new DataView(tail.buffer, tail.byteOffset, tail.byteLength);
  const end = findEndRecord(view, name);
  const count = view.getUint16(end + 10, true);
  const from = view.getUint32(end + 16, true);
  const zip64 = count === 0xffff || from === 0xffffffff ? zip64EndRecord(view, end, tailAt) : undefined;
  return zip64 ?? { from, to: tailAt + end, count };
}

/** @param bytes those of `directory`, or fewer where the archive ends before. */
export function parseZipDirectory(bytes: Uint8Array, directory: ZipDirectory, name: string): ZipEntry[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const entries: ZipEntry[] = [];
  for (let at = 0; entries.length < directory.count; ) {
    const nameStart = at + 46;
    const fits = nameStart <= bytes.length && view.getUint32(at, true) === 0x02014b50;
    const nameEnd = fits ? nameStart + view.getUint16(at + 28, true) : Number.POSITIVE_INFINITY;
    const extraEnd = fits ? nameEnd + view.getUint16(at + 30, true) : Number.POSITIVE_INFINITY;
    if (extraEnd > bytes.length) {
      throw new StriateError(
        `${name}: the zip directory says ${directory.count} files, but entry ${entries.length} at byte ${directory.from + at} is broken`,
        "The file is corrupt: fetch it again",
      );
    }
    const sizes = {
      bytes: view.getUint32(at + 24, true),
      packedBytes: view.getUint32(at + 20, true),
      headerAt: view.getUint32(at + 42, true),
    };
    readZip64Sizes(sizes, new DataView(bytes.buffer, bytes.byteOffset + nameEnd, extraEnd - nameEnd));
    entries.push({
      name: new TextDecoder().decode(bytes.subarray(nameStart, nameEnd)),
      ...sizes,
      method: view.getUint16(at + 10, true),
      crc32: view.getUint32(at + 16, true),
      isEncrypted: (view.getUint16(at + 8, true) & 1) !== 0,
    });
    at = extraEnd + view.getUint16(at + 32, true);
  }
  return entries;
}

function findEndRecord(view: DataView, name: string): number {
  const last = view.byteLength - endRecordBytes;
  for (let at = last; at >= 0 && at >= last - longestComment; at--) {
    if (view.getUint32(at, true) === 0x06054b50) return at;
  }
  throw new StriateError(
    `${name}: the zip archive has no directory at its end`,
    "The file is cut short: fetch it again",
  );
}

/** What the zip64 records before the end record say; undefined where there are none. */
function zip64EndRecord(view: DataView, end: number, tailAt: number): ZipDirectory | undefined {
  const locator = end - zip64LocatorBytes;
  if (locator < 0 || view.getUint32(locator, true) !== 0x07064b50) return undefined;
  const at = Number(view.getBigUint64(locator + 8, true)) - tailAt;
  if (!(at >= 0 && at + zip64EndRecordBytes <= locator) || view.getUint32(at, true) !== 0x06064b50)
    return undefined;
  return {
    from: Number(view.getBigUint64(at + 48, true)),
    to: tailAt + at,
    count: Number(view.getBigUint64(at + 32, true)),
  };
}

/** Takes from the zip64 extra field, if there is one, the sizes that do not fit in 32 bits. */
function readZip64Sizes(
  sizes: Record<"bytes" | "packedBytes" | "headerAt", number>,
  extra: DataView<ArrayBufferLike>,
): void {
  const wanted = (["bytes", "packedBytes", "headerAt"] as const).filter((key) => sizes[key] === 0xffffffff);
  for (let at = 0; at + 4 <= extra.byteLength; at += 4 + extra.getUint16(at + 2, true)) {
    if (extra.getUint16(at, true) !== 1) continue;
    const end = Math.min(extra.byteLength, at + 4 + extra.getUint16(at + 2, true));
    wanted.forEach((key, index) => {
      const from = at + 4 + index * 8;
      if (from + 8 <= end) sizes[key] = Number(extra.getBigUint64(from, true));
    });
  }
}
