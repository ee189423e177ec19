import { decompress } from "fzstd";
import { StriateError } from "../../error.ts";
import {
  type Aedat4Header,
  type Aedat4Stream,
  readAedat4Header,
  writeAedat4Header,
} from "./aedat4-header.ts";
import { outside, wentBack } from "./clock.ts";
import { FlatTable } from "./flatbuffer.ts";
import type { Decoding, EncodeOptions, EventFormat } from "./format.ts";
import { lz4Mark, packLz4, unpackLz4 } from "./lz4.ts";
import { packetEvents } from "./memory.ts";
import type { EventPacket, Events } from "./packet.ts";
import { resynchronise } from "./resynchronise.ts";
import { textOf } from "./text-header.ts";

const headBytes = 8;
/** As far as the marks that tell a packet from other bytes: of a compressed frame, or of a FlatBuffer. */
const markedBytes = headBytes + 12;
const eventBytes = 16;
const zstdMark = 0xfd2fb528;
/** Packets are of some milliseconds: these are 4 million events. */
const mostUnpacked = 2 ** 26;
/** A packet, packed: frames of a camera are the longest. */
const mostPacked = 2 ** 27;

/**
 * AEDAT 4.0 (iniVation's DV): a FlatBuffer that names the streams, then packets of one stream each, compressed by
 * themselves. Packets of other streams than the first of events are passed over.
 */
export const aedat4: EventFormat = {
  title: "AEDAT 4.0",
  limits: { width: 2 ** 15, height: 2 ** 15 },
  readHeader: readAedat4Header,
  packets: aedat4Packets,
  encode: encodeAedat4,
};

async function* aedat4Packets(decoding: Decoding): AsyncGenerator<EventPacket> {
  const { reader, corruption, memory } = decoding;
  const { streams, tableAt, compression } = decoding.header as Aedat4Header;
  const events = streams.find(({ type }) => type === "EVTS");
  if (events === undefined) return;
  const end = tableAt ?? Number.POSITIVE_INFINITY;
  const clock = { last: Number.NEGATIVE_INFINITY };
  const isHead = (bytes: Uint8Array, offset: number) => {
    const view = new DataView(bytes.buffer, bytes.byteOffset, headBytes);
    const size = view.getInt32(4, true);
    return (
      streams.some(({ id }) => id === view.getInt32(0, true)) &&
      size > 0 &&
      size <= mostPacked &&
      offset + headBytes + size <= end
    );
  };
  const isPacket = (bytes: Uint8Array, offset: number) =>
    isHead(bytes, offset) && beginsAs(compression!, bytes.subarray(headBytes), streams);
  while (reader.offset < end && (await reader.has(headBytes))) {
    const { offset } = reader;
    const view = new DataView(reader.bytes.buffer, reader.bytes.byteOffset, headBytes);
    const [id, size] = [view.getInt32(0, true), view.getInt32(4, true)];
    if (!isHead(reader.bytes, offset)) {
      const reason = `a packet of stream ${id} and ${size} bytes; the streams are ${streams.map((one) => one.id).join(", ")}`;
      await resynchronise(reader, corruption, reason, markedBytes, isPacket);
      continue;
    }
    if (!(await reader.has(headBytes + size))) {
      const reason = `a packet of ${headBytes + size} bytes is cut short`;
      corruption.found({ offset, bytes: reader.length, reason });
      return;
    }
    if (id === events.id) {
      try {
        const elements = elementsOf(reader.bytes.subarray(headBytes, headBytes + size), compression!);
        for (let at = 0; at < elements.byteLength; at += packetEvents * eventBytes) {
          const bytes = Math.min(packetEvents * eventBytes, elements.byteLength - at);
          decodeEvents(decoding, new DataView(elements.buffer, elements.byteOffset + at, bytes), clock);
          if (memory.count > 0) yield { ...memory.take(), offset };
        }
      } catch (error) {
        if (!(error instanceof BrokenPacket)) throw error;
        corruption.found({ offset, bytes: headBytes + size, reason: error.message });
      }
    }
    reader.take(headBytes + size);
  }
  if (reader.offset < end && reader.length > 0) {
    const reason = `the head of a packet is cut short: ${reader.length} of ${headBytes} bytes`;
    corruption.found({ offset: reader.offset, bytes: reader.length, reason });
  }
}

function beginsAs(compression: string, payload: Uint8Array, streams: readonly Aedat4Stream[]): boolean {
  const view = new DataView(payload.buffer, payload.byteOffset);
  if (compression !== "none") return view.getUint32(0, true) === (compression === "lz4" ? lz4Mark : zstdMark);
  return streams.some(({ type }) => type === String.fromCharCode(...payload.subarray(8, 12)));
}

class BrokenPacket extends Error {}

/** The vector of events in a packet. Throws BrokenPacket. */
function elementsOf(packed: Uint8Array, compression: "none" | "lz4" | "zstd"): DataView {
  try {
    const bytes = unpack(packed, compression);
    if (bytes.length < 4) throw new StriateError(`the packet unpacks to ${bytes.length} bytes`);
    const { start, count } = FlatTable.root(bytes.subarray(4), "EVTS").vector(0, eventBytes);
    return new DataView(bytes.buffer, bytes.byteOffset + 4 + start, count * eventBytes);
  } catch (error) {
    if (error instanceof StriateError) throw new BrokenPacket(error.message);
    throw error;
  }
}

function unpack(packed: Uint8Array, compression: "none" | "lz4" | "zstd"): Uint8Array {
  if (compression === "none") return packed;
  if (compression === "lz4") return unpackLz4(packed, mostUnpacked);
  checkZstd(packed);
  try {
    return decompress(packed);
  } catch (error) {
    throw new StriateError(`the Zstandard data is corrupt: ${(error as Error).message}`);
  }
}

/** The library makes room for what a frame (RFC 8878) says it holds and looks back on: that must be within reason. */
function checkZstd(packed: Uint8Array): void {
  const view = new DataView(packed.buffer, packed.byteOffset, packed.byteLength);
  if (packed.length < 18 || view.getUint32(0, true) !== zstdMark)
    throw new StriateError("the Zstandard data has no mark of a frame");
  const flags = packed[4]!;
  const isSingle = (flags & 32) !== 0;
  const exponent = packed[5]! >> 3;
  const window = isSingle ? 0 : 2 ** (10 + exponent) * (1 + (packed[5]! & 7) / 8);
  const at = (isSingle ? 5 : 6) + [0, 1, 2, 4][flags & 3]!;
  const sizes = [
    () => (isSingle ? packed[at]! : 0),
    () => view.getUint16(at, true) + 256,
    () => view.getUint32(at, true),
    () => Number(view.getBigUint64(at, true)),
  ];
  const content = sizes[flags >> 6]!();
  // at best, a block of 128 KiB takes four bytes
  if (Math.max(window, content) > mostUnpacked || content > packed.length * 2 ** 15)
    throw new StriateError(`the Zstandard data is to unpack to ${content} bytes and look back on ${window}`);
}

function decodeEvents(
  { reader, memory, bounds, corruption }: Decoding,
  view: DataView,
  clock: { last: number },
): void {
  let first: string | undefined;
  let wrong = 0;
  for (let at = 0; at < view.byteLength; at += eventBytes) {
    const time = view.getUint32(at, true) + view.getInt32(at + 4, true) * 2 ** 32;
    const x = view.getUint16(at + 8, true);
    const y = view.getUint16(at + 10, true);
    const { last } = clock;
    clock.last = time;
    if (
      x < bounds.width &&
      y < bounds.height &&
      time >= last &&
      time >= 0 &&
      time <= Number.MAX_SAFE_INTEGER
    ) {
      memory.push(x, y, time, view.getUint8(at + 12) & 1);
      continue;
    }
    wrong++;
    first ??=
      x < bounds.width && y < bounds.height
        ? time < last
          ? wentBack(time, last)
          : `an event is at ${time} µs`
        : outside(x, y, bounds);
  }
  if (first === undefined) return;
  const more = wrong === 1 ? "" : `, and ${wrong - 1} more events like it`;
  corruption.found({ offset: reader.offset, bytes: 0, reason: `in the packet, ${first}${more}` });
}

async function* encodeAedat4(parts: AsyncIterable<Events>, { sensor, compression = "lz4" }: EncodeOptions) {
  yield writeAedat4Header(sensor, compression);
  const elementsAt = 32;
  for await (const { x, y, t, p, count } of parts) {
    const bytes = new Uint8Array(elementsAt + count * eventBytes);
    const view = new DataView(bytes.buffer);
    view.setUint32(0, bytes.length - 4, true);
    view.setUint32(4, 16, true);
    bytes.set(textOf("EVTS"), 8);
    // the layout of the table: its bytes, those of an entry, and where its one field is
    for (const [i, value] of [6, 8, 4].entries()) view.setUint16(14 + 2 * i, value, true);
    view.setInt32(20, 6, true);
    view.setUint32(24, 4, true);
    view.setUint32(28, count, true);
    for (let i = 0; i < count; i++) {
      const at = elementsAt + i * eventBytes;
      view.setUint32(at, t[i]! % 2 ** 32, true);
      view.setUint32(at + 4, t[i]! / 2 ** 32, true);
      view.setUint16(at + 8, x[i]!, true);
      view.setUint16(at + 10, y[i]!, true);
      view.setUint8(at + 12, p[i]!);
    }
    const payload = compression === "lz4" ? packLz4(bytes) : bytes;
    const packet = new Uint8Array(headBytes + payload.length);
    new DataView(packet.buffer).setInt32(4, payload.length, true);
    packet.set(payload, headBytes);
    yield packet;
  }
}
