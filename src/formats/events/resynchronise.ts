import type { ByteReader } from "./byte-reader.ts";
import type { Corruption } from "./corruption.ts";

/** Passes over bytes until what follows looks like the beginning of a packet, and reports them as one corrupt place. */
export async function resynchronise(
  reader: ByteReader,
  corruption: Corruption,
  reason: string,
  headBytes: number,
  isPacket: (bytes: Uint8Array, offset: number) => boolean,
): Promise<void> {
  const { offset } = reader;
  // in the refusing case this throws, before anything is searched
  const found = (bytes: number) => corruption.found({ offset, bytes, reason });
  if (corruption.refuses) found(0);
  reader.take(1);
  while (await reader.has(headBytes)) {
    const { bytes } = reader;
    let at = 0;
    while (at + headBytes <= bytes.length && !isPacket(bytes.subarray(at), reader.offset + at)) at++;
    const isThere = at + headBytes <= bytes.length;
    reader.take(at);
    if (isThere) return found(reader.offset - offset);
  }
  reader.take(reader.length);
  found(reader.offset - offset);
}
