import { Clock, outside, wentBack } from "./clock.ts";
import type { EncodeOptions, EventFormat } from "./format.ts";
import { decodeInTurn } from "./kernel-decoding.ts";
import { packetEvents, type RecordMemory } from "./memory.ts";
import type { Events, SensorSize } from "./packet.ts";
import { readPropheseeHeader } from "./prophesee-header.ts";
import { type RecordDecoder, recordPackets } from "./records.ts";
import { textOf } from "./text-header.ts";
import { timeHighs } from "./time-highs.ts";

/** Bits 28 to 31 of a word say what it is. */
const timeHigh = 0x8;
/** Below it, 0, is an event that became darker. */
const brighter = 0x1;
/** External triggers, events of the camera's vendor, and their continuation. */
const passedOver = [0xa, 0xe, 0xf];
const lowBits = 6;
const highBits = 28;
const limits: SensorSize = { width: 2 ** 11, height: 2 ** 11 };

/**
 * Prophesee EVT 2.0: little-endian words of 32 bits. Events have the low 6 bits of their time, column and row (11 bits
 * each); the high 28 bits come in a word of their own whenever they change. Inside 64 µs events may come in any order.
 */
export const evt2: EventFormat = {
  title: "Prophesee EVT 2.0",
  limits,
  readHeader: (reader) => readPropheseeHeader(reader, "evt2"),
  packets: (decoding) => recordPackets(decoding, new Evt2Decoder(decoding, 1)),
  encode: encodeEvt2,
};

/** Prophesee EVT 2.1: as EVT 2.0, with a second word of which every bit is a column of an event. */
export const evt21: EventFormat = {
  title: "Prophesee EVT 2.1",
  limits,
  readHeader: (reader) => readPropheseeHeader(reader, "evt2.1"),
  packets: (decoding) => recordPackets(decoding, new Evt2Decoder(decoding, 2)),
  encode: encodeEvt21,
};

interface Setting {
  readonly memory: RecordMemory;
  readonly bounds: SensorSize;
  untimed(events: number): void;
}

/** Both versions: the word that EVT 2.0 has alone is the second, high one of EVT 2.1. */
export class Evt2Decoder implements RecordDecoder {
  readonly recordBytes: number;
  fault: string | undefined;
  private readonly words: Uint32Array;
  private readonly clock = new Clock(highBits);
  /** Microseconds at which the present 64 began; undefined before the first. */
  private base: number | undefined;

  constructor(
    private readonly setting: Setting,
    private readonly wordsEach: 1 | 2,
  ) {
    const { memory } = setting;
    this.recordBytes = 4 * wordsEach;
    this.words = new Uint32Array(memory.buffer, memory.at.input, memory.input.length / 4);
  }

  decode(memory: RecordMemory, from: number, to: number): number {
    this.fault = undefined;
    if (this.wordsEach === 2) return this.careful(memory, from, to).at;
    const { clock } = this;
    return decodeInTurn(
      memory,
      "evt2",
      [from, to],
      this.setting.bounds,
      () => (this.base === undefined ? undefined : { base: this.base, last: clock.last }),
      ({ base, last }) => {
        this.base = base;
        clock.last = last;
      },
      (first, end) => this.careful(memory, first, end),
    );
  }

  /** One record after another: what the kernel is tested against. */
  private careful(memory: RecordMemory, from: number, to: number) {
    const { words, wordsEach } = this;
    const { width, height } = this.setting.bounds;
    this.fault = undefined;
    let at = from;
    for (; at < to && memory.count < packetEvents; at++) {
      const word = words[at * wordsEach + wordsEach - 1]!;
      const type = word >>> 28;
      if (type > brighter) {
        this.fault = this.otherWord(type, word & 0xfffffff);
        if (this.fault !== undefined) break;
        continue;
      }
      const x = (word >>> 11) & 0x7ff;
      const y = word & 0x7ff;
      let columns = wordsEach === 1 ? 1 : words[at * 2]!;
      const last = x + 31 - Math.clz32(columns);
      if (last >= width || y >= height) {
        this.fault = outside(last, y, this.setting.bounds);
        break;
      }
      if (this.base === undefined) {
        this.setting.untimed(1);
        continue;
      }
      const time = this.base + ((word >>> 22) & 0x3f);
      while (columns !== 0) {
        const lowest = columns & -columns;
        memory.push(x + 31 - Math.clz32(lowest), y, time, type);
        columns ^= lowest;
      }
    }
    return { at, isCorrupt: this.fault !== undefined };
  }

  private otherWord(type: number, value: number): string | undefined {
    if (type === timeHigh) {
      const { last } = this.clock;
      const follows = this.clock.follows(value);
      this.base = (this.clock.epoch + value) * 2 ** lowBits;
      return follows ? undefined : wentBack(value * 2 ** lowBits, last * 2 ** lowBits);
    }
    return passedOver.includes(type) ? undefined : `unknown type of record 0x${type.toString(16)}`;
  }
}

async function* encodeEvt2(parts: AsyncIterable<Events>, { sensor }: EncodeOptions) {
  const { width, height } = sensor;
  yield textOf(
    `% evt 2.0\n% format EVT2;height=${height};width=${width}\n% geometry ${width}x${height}\n% end\n`,
  );
  let last = -1;
  for await (const { x, y, t, p, count } of parts) {
    const words: number[] = [];
    for (let i = 0; i < count; i++) {
      const high = Math.floor(t[i]! / 2 ** lowBits);
      if (high !== last)
        for (const step of timeHighs(last, high, highBits)) words.push((timeHigh << 28) | step);
      last = high;
      words.push((p[i]! << 28) | ((t[i]! % 2 ** lowBits) << 22) | (x[i]! << 11) | y[i]!);
    }
    yield new Uint8Array(Uint32Array.from(words, (word) => word >>> 0).buffer);
  }
}

/** Events that follow one another in one row, at one time, to the right, share a record. */
async function* encodeEvt21(parts: AsyncIterable<Events>, { sensor }: EncodeOptions) {
  const { width, height } = sensor;
  yield textOf(
    `% evt 2.1\n% format EVT21;height=${height};width=${width}\n% geometry ${width}x${height}\n% end\n`,
  );
  let last = -1;
  for await (const { x, y, t, p, count } of parts) {
    const words: number[] = [];
    for (let i = 0; i < count; ) {
      const high = Math.floor(t[i]! / 2 ** lowBits);
      if (high !== last)
        for (const step of timeHighs(last, high, highBits)) words.push(0, (timeHigh << 28) | step);
      last = high;
      const first = x[i]! & ~31;
      const record = (p[i]! << 28) | ((t[i]! % 2 ** lowBits) << 22) | (first << 11) | y[i]!;
      let columns = 0;
      const begin = i;
      do columns |= 1 << (x[i++]! - first);
      while (
        i < count &&
        x[i]! > x[i - 1]! &&
        x[i]! < first + 32 &&
        y[i] === y[begin] &&
        t[i] === t[begin] &&
        p[i] === p[begin]
      );
      words.push(columns, record);
    }
    yield new Uint8Array(Uint32Array.from(words, (word) => word >>> 0).buffer);
  }
}
