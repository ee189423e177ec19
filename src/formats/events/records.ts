import type { Decoding } from "./format.ts";
import { packetEvents, type RecordMemory } from "./memory.ts";
import type { EventPacket } from "./packet.ts";

/** Decodes records of one length. Keeps what later records depend on: clocks, addresses. */
export interface RecordDecoder {
  readonly recordBytes: number;
  /** Why the record at which `decode` stopped is corrupt; undefined where it stopped for another reason. */
  readonly fault: string | undefined;
  /**
   * Appends the events of the records [from, to) of `memory.input` to `memory`. Returns the record at which it stopped:
   * `to`, the first that is corrupt, or where less than 32 events of room were left.
   */
  decode(memory: RecordMemory, from: number, to: number): number;
}

/** Whether another record may be decoded. */
export const hasRoom = (memory: RecordMemory): boolean => memory.count < packetEvents;

/** Decodes a file of such records. A corrupt one is left out alone: its length says where the next begins. */
export async function* recordPackets(
  { reader, memory, corruption }: Decoding,
  decoder: RecordDecoder,
): AsyncGenerator<EventPacket> {
  const { recordBytes } = decoder;
  for (;;) {
    reader.align();
    if (reader.length < recordBytes && !reader.ended) await reader.more();
    const records = Math.floor(reader.length / recordBytes);
    const base = reader.offset;
    for (let at = 0; at < records; ) {
      const offset = base + at * recordBytes;
      at = decoder.decode(memory, at, records);
      if (memory.count > 0) yield { ...memory.take(), offset };
      if (decoder.fault === undefined) continue;
      corruption.found({ offset: base + at * recordBytes, bytes: recordBytes, reason: decoder.fault });
      at++;
    }
    reader.take(records * recordBytes);
    if (!reader.ended || records > 0) continue;
    if (reader.length > 0) {
      const reason = `the last record is cut short: ${reader.length} of ${recordBytes} bytes`;
      corruption.found({ offset: reader.offset, bytes: reader.length, reason });
    }
    return;
  }
}
