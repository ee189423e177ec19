import { outside, wentBack } from "./clock.ts";
import type { Decoding, EncodeOptions, EventFormat } from "./format.ts";
import { packetEvents } from "./memory.ts";
import type { EventPacket, Events } from "./packet.ts";
import { resynchronise } from "./resynchronise.ts";
import { cameraSize, headerFields, readHeaderLines, textOf } from "./text-header.ts";

const headBytes = 28;
const eventBytes = 8;
const polarityType = 1;
/** Types of packets that libcaer defines are numbered to 12; a packet of frames is the longest. */
const mostTypes = 13;
const mostPacketBytes = 2 ** 28;
const endOfHeader = "!END-HEADER";

/**
 * AEDAT 3.1 (libcaer; DVS128 Gesture): lines that begin with #, then packets of one type of event each. Little-endian: a
 * head of 28 bytes; for each change of brightness a word with validity, polarity, row and column (15 bits each) and one with
 * 31 bits of microseconds, whose overflows the head counts.
 */
export const aedat3: EventFormat = {
  title: "AEDAT 3.1",
  limits: { width: 2 ** 15, height: 2 ** 15 },
  async readHeader(reader) {
    const lines = await readHeaderLines(reader, "#", (line) => line === endOfHeader);
    const source = lines.find((line) => line.startsWith("Source ")) ?? "";
    const recorded = lines
      .find((line) => line.startsWith("Start-Time:"))
      ?.slice("Start-Time:".length)
      .trim();
    return { format: "aedat3", sensor: cameraSize(source), recorded, fields: headerFields(lines) };
  },
  packets: aedat3Packets,
  encode: encodeAedat3,
};

/** What is wrong with the head of a packet; undefined where nothing is. */
function faultOfHead(head: DataView): string | undefined {
  const type = head.getUint16(0, true);
  const size = head.getUint32(4, true);
  const timeAt = head.getUint32(8, true);
  const [capacity, number, valid] = [16, 20, 24].map((at) => head.getUint32(at, true)) as [
    number,
    number,
    number,
  ];
  if (type >= mostTypes) return `a packet of type ${type}, expected less than ${mostTypes}`;
  if (type === polarityType && size !== eventBytes) return `events of ${size} bytes, expected ${eventBytes}`;
  if (size === 0 || timeAt >= size)
    return `a packet of events of ${size} bytes with their time at byte ${timeAt}`;
  if (number > capacity || valid > number || number === 0)
    return `a packet of ${number} events, ${valid} valid, with room for ${capacity}`;
  if (number * size > mostPacketBytes)
    return `a packet of ${number * size} bytes, expected at most ${mostPacketBytes}`;
  if (head.getUint32(12, true) >= 2 ** 21) return "a packet of a time that is 2⁵² µs late";
  return undefined;
}

const viewOf = (bytes: Uint8Array) => new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);

async function* aedat3Packets(decoding: Decoding): AsyncGenerator<EventPacket> {
  const { reader, corruption, memory } = decoding;
  const clock = { last: 0 };
  while (await reader.has(headBytes)) {
    const head = viewOf(reader.bytes.subarray(0, headBytes));
    const fault = faultOfHead(head);
    if (fault !== undefined) {
      await resynchronise(
        reader,
        corruption,
        fault,
        headBytes,
        (bytes) => faultOfHead(viewOf(bytes)) === undefined,
      );
      continue;
    }
    const type = head.getUint16(0, true);
    const epoch = head.getUint32(12, true) * 2 ** 31;
    const length = head.getUint32(20, true) * head.getUint32(4, true);
    const { offset } = reader;
    reader.take(headBytes);
    for (let left = length; left > 0; ) {
      const there = await reader.has(type === polarityType ? eventBytes : 1);
      if (!there) {
        const reason = `a packet of ${headBytes + length} bytes is cut short`;
        corruption.found({ offset, bytes: reader.offset + reader.length - offset, reason });
        return;
      }
      let bytes = Math.min(left, reader.length);
      if (type === polarityType) {
        bytes = Math.min(bytes - (bytes % eventBytes), packetEvents * eventBytes);
        decodeEvents(decoding, viewOf(reader.bytes.subarray(0, bytes)), epoch, clock);
      }
      reader.take(bytes);
      left -= bytes;
      if (memory.count > 0) yield { ...memory.take(), offset };
    }
  }
  if (reader.length > 0) {
    const reason = `the head of a packet is cut short: ${reader.length} of ${headBytes} bytes`;
    corruption.found({ offset: reader.offset, bytes: reader.length, reason });
  }
}

function decodeEvents(
  { reader, memory, bounds, corruption }: Decoding,
  view: DataView,
  epoch: number,
  clock: { last: number },
): void {
  for (let at = 0; at < view.byteLength; at += eventBytes) {
    const data = view.getUint32(at, true);
    if ((data & 1) === 0) continue;
    const x = data >>> 17;
    const y = (data >>> 2) & 0x7fff;
    const time = epoch + view.getUint32(at + 4, true);
    const { last } = clock;
    clock.last = time;
    if (x < bounds.width && y < bounds.height && time >= last) {
      memory.push(x, y, time, (data >>> 1) & 1);
      continue;
    }
    const reason = time < last ? wentBack(time, last) : outside(x, y, bounds);
    corruption.found({ offset: reader.offset + at, bytes: eventBytes, reason });
  }
}

/** Cameras that a header can name, by the pixels of their sensors. */
const sourceNames: Readonly<Record<string, string>> = {
  "128x128": "DVS128",
  "240x180": "DAVIS240C",
  "346x260": "DAVIS346",
};

async function* encodeAedat3(parts: AsyncIterable<Events>, { sensor }: EncodeOptions) {
  const { width, height } = sensor;
  const name = sourceNames[`${width}x${height}`];
  yield textOf(`#!AER-DAT3.1\r\n#Format: RAW\r\n#Source 1: ${name ?? "unknown"}\r\n#${endOfHeader}\r\n`);
  for await (const { x, y, t, p, count } of parts) {
    for (let from = 0; from < count; ) {
      const overflow = Math.floor(t[from]! / 2 ** 31);
      let to = from;
      while (to < count && Math.floor(t[to]! / 2 ** 31) === overflow) to++;
      const view = new DataView(new ArrayBuffer(headBytes + (to - from) * eventBytes));
      view.setUint16(0, polarityType, true);
      view.setUint16(2, 1, true);
      for (const [at, value] of [eventBytes, 4, overflow, to - from, to - from, to - from].entries())
        view.setUint32(4 + 4 * at, value, true);
      for (let i = from; i < to; i++) {
        const at = headBytes + (i - from) * eventBytes;
        view.setUint32(at, (x[i]! << 17) | (y[i]! << 2) | (p[i]! << 1) | 1, true);
        view.setUint32(at + 4, t[i]! % 2 ** 31, true);
      }
      yield new Uint8Array(view.buffer);
      from = to;
    }
  }
}
