import { StriateError } from "../error.ts";

export interface ZipEntry {
  name: string;
  /** Bytes as stored and once unpacked. */
  packedBytes: number;
  bytes: number;
}

const endRecordBytes = 22;
const longestComment = 0xffff;

/**
 * Lists what a zip archive says it holds (PKWARE APPNOTE 6.3, central directory); nothing is unpacked.
 *
 * @throws StriateError when the central directory is missing or broken, and for zip64, which is not read.
 */
export function listZip(bytes: Uint8Array, name: string): ZipEntry[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const end = findEndRecord(view, name);
  const count = view.getUint16(end + 10, true);
  let at = view.getUint32(end + 16, true);
  if (count === 0xffff || at === 0xffffffff) {
    throw new StriateError(`${name}: a zip64 archive`, "Unpack it, and give the file that you mean");
  }
  const entries: ZipEntry[] = [];
  for (let index = 0; index < count; index++) {
    const nameStart = at + 46;
    const nameEnd = nameStart <= end ? nameStart + view.getUint16(at + 28, true) : Number.POSITIVE_INFINITY;
    if (nameEnd > end || view.getUint32(at, true) !== 0x02014b50) {
      throw new StriateError(
        `${name}: the zip directory says ${count} files, but entry ${index} at byte ${at} is broken`,
        "The file is corrupt: fetch it again",
      );
    }
    entries.push({
      name: new TextDecoder().decode(bytes.subarray(nameStart, nameEnd)),
      packedBytes: view.getUint32(at + 20, true),
      bytes: view.getUint32(at + 24, true),
    });
    at = nameEnd + view.getUint16(at + 30, true) + view.getUint16(at + 32, true);
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
