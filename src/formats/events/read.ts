import { StriateError } from "../../error.ts";
import { ByteReader, type ByteStream, byteStreamOf } from "./byte-reader.ts";
import { Corruption, type CorruptPlace } from "./corruption.ts";
import type { EventFileHeader, EventFormatName } from "./format.ts";
import { eventFormats, sniffEvents, sniffedBytes } from "./formats.ts";
import { RecordMemory } from "./memory.ts";
import type { EventPacket, SensorSize } from "./packet.ts";

export interface ReadEventsOptions {
  /** Told from the first bytes when absent. */
  readonly format?: EventFormatName;
  /** Events outside are corrupt. What the file says when absent; else all that its records can say is inside. */
  readonly sensor?: SensorSize;
  /** Whether the first corrupt record or packet ends the reading (the default), or is left out and noted. */
  readonly onCorrupt?: "refuse" | "skip";
  /** Told of every place that is left out, as it is met. */
  readonly report?: (place: CorruptPlace) => void;
  /** False decodes without WebAssembly. */
  readonly kernels?: boolean;
}

/** An open recording: its header, and its events, once. Loop over it to the end or break, or call `close`. */
export interface EventStream extends AsyncIterable<EventPacket> {
  readonly header: EventFileHeader;
  /** What was left out so far, under onCorrupt "skip". */
  readonly corruption: Pick<Corruption, "places" | "count" | "bytes">;
  /** Events so far that came before the first time in the file: nobody knows when they were, and they are left out. */
  readonly untimed: number;
  close(): Promise<void>;
}

/**
 * Opens a recording of an event camera: ATIS .bin, AEDAT 2, 3.1 and 4, Prophesee DAT, EVT 2, 2.1 and 3. It is read piece by
 * piece, in the same few megabytes however long it is; what comes as pieces is decoded as they come.
 *
 * @param source the bytes, pieces of them, or a stream.
 * @throws StriateError, with the file and the byte, for no such file, a broken header and, unless they are to be skipped,
 *   unknown records, events outside the sensor, time that goes back, packets that do not unpack, and an end in the middle.
 */
export async function readEvents(
  source: Uint8Array | AsyncIterable<Uint8Array> | ByteStream,
  name: string,
  options: ReadEventsOptions = {},
): Promise<EventStream> {
  const stream = "readInto" in source ? source : byteStreamOf(source, name);
  const memory = RecordMemory.borrow(options.kernels ?? true);
  const reader = new ByteReader(stream, memory.input);
  let isOpen = true;
  const close = async () => {
    if (!isOpen) return;
    isOpen = false;
    memory.giveBack();
    await reader.close();
  };
  try {
    await reader.has(sniffedBytes);
    const formatName = options.format ?? sniffEvents(reader.bytes, name);
    if (formatName === undefined) {
      throw new StriateError(
        `${name}: no recording of an event camera that Striate knows; expected one of ${Object.keys(eventFormats).join(", ")}`,
        "Give the format if the file has no header",
      );
    }
    const format = eventFormats[formatName];
    const header = await format.readHeader(reader);
    const { onCorrupt, report, sensor = header.sensor ?? format.limits } = options;
    const bounds = {
      width: Math.min(sensor.width, format.limits.width),
      height: Math.min(sensor.height, format.limits.height),
    };
    const corruption = new Corruption(name, onCorrupt, report);
    let untimedEvents = 0;
    const untimed = (events: number) => {
      untimedEvents += events;
    };
    async function* packets() {
      try {
        if (isOpen) yield* format.packets({ reader, memory, corruption, header, bounds, untimed });
      } finally {
        await close();
      }
    }
    const events = packets();
    return {
      header,
      corruption,
      get untimed() {
        return untimedEvents;
      },
      close,
      [Symbol.asyncIterator]: () => events,
    };
  } catch (error) {
    await close();
    throw error;
  }
}
