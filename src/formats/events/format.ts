import type { ByteReader } from "./byte-reader.ts";
import type { Corruption } from "./corruption.ts";
import type { RecordMemory } from "./memory.ts";
import type { EventPacket, Events, SensorSize } from "./packet.ts";

export type EventFormatName = "atis" | "aedat2" | "aedat3" | "aedat4" | "dat" | "evt2" | "evt2.1" | "evt3";

/** What a recording says of itself before its events. */
export interface EventFileHeader {
  readonly format: EventFormatName;
  /** Where the file, or the camera that it names, says so. */
  readonly sensor?: SensorSize;
  /** When it was recorded, in the file's words. */
  readonly recorded?: string;
  /** How packets are compressed. */
  readonly compression?: "none" | "lz4" | "zstd";
  /** The lines of a text header, by their key. */
  readonly fields: Readonly<Record<string, string>>;
}

/** Everything that the decoding of one open file shares. */
export interface Decoding {
  readonly reader: ByteReader;
  readonly memory: RecordMemory;
  readonly corruption: Corruption;
  readonly header: EventFileHeader;
  /** Events outside are corrupt; as large as the format allows where nobody says. */
  readonly bounds: SensorSize;
  /** Told of events that come before the first time of the stream: nobody knows when they were, and they are left out. */
  untimed(events: number): void;
}

/** How one format is read. To add one: its file and a line in `formats.ts`. */
export interface EventFormat {
  /** For people. */
  readonly title: string;
  /** Largest columns and rows that its records can say, plus one. */
  readonly limits: SensorSize;
  /** Reads the header, and leaves the reader at the first record. */
  readHeader(reader: ByteReader): Promise<EventFileHeader>;
  packets(decoding: Decoding): AsyncGenerator<EventPacket>;
  /** Bits of a clock in microseconds that goes round unseen where two events are more than half a turn apart. */
  readonly clockBits?: number;
  /** The bytes of a file, part by part; the events were checked. */
  encode(parts: AsyncIterable<Events>, options: EncodeOptions): AsyncGenerator<Uint8Array>;
}

export interface EncodeOptions {
  readonly sensor: SensorSize;
  /** Of packets, in AEDAT 4: lz4 when absent. */
  readonly compression?: "none" | "lz4";
}
