import { Clock, outside, wentBack } from "./clock.ts";
import type { EncodeOptions, EventFormat } from "./format.ts";
import { decodeInTurn } from "./kernel-decoding.ts";
import { packetEvents, type RecordMemory } from "./memory.ts";
import type { Events, SensorSize } from "./packet.ts";
import { readPropheseeHeader } from "./prophesee-header.ts";
import { type RecordDecoder, recordPackets } from "./records.ts";
import { textOf } from "./text-header.ts";
import { timeHighs } from "./time-highs.ts";

/** Bits 12 to 15 of a word say what it is. */
const [row, column, vectorBase, vector12, vector8, timeLow, timeHigh] = [0, 2, 3, 4, 5, 6, 8];
/** External triggers, events of the camera's vendor, and their continuations. */
const passedOver = [0x7, 0xa, 0xe, 0xf];
const timeBits = 12;

/**
 * Prophesee EVT 3.0: little-endian words of 16 bits that each change one thing: the row, the low or the high 12 bits of
 * time, or a column, which makes an event. A vector is a base column and then words of which every bit is an event. The
 * 24 bits of time go round every 16.8 s. Inside one high time, 4 ms, events may come in any order.
 */
export const evt3: EventFormat = {
  title: "Prophesee EVT 3.0",
  limits: { width: 2 ** 11, height: 2 ** 11 },
  readHeader: (reader) => readPropheseeHeader(reader, "evt3"),
  packets: (decoding) => recordPackets(decoding, new Evt3Decoder(decoding)),
  encode: encodeEvt3,
};

interface Setting {
  readonly memory: RecordMemory;
  readonly bounds: SensorSize;
  untimed(events: number): void;
}

export class Evt3Decoder implements RecordDecoder {
  readonly recordBytes = 2;
  fault: string | undefined;
  private readonly words: Uint16Array;
  private readonly clock = new Clock(timeBits);
  /** Microseconds at which the present high time began; undefined before the first. */
  private base: number | undefined;
  private low = 0;
  /** Undefined before the first. */
  private y: number | undefined;
  private nextColumn = 0;
  private polarity = 0;

  constructor(private readonly setting: Setting) {
    const { memory } = setting;
    this.words = new Uint16Array(memory.buffer, memory.at.input, memory.input.length / 2);
  }

  decode(memory: RecordMemory, from: number, to: number): number {
    const { clock } = this;
    this.fault = undefined;
    return decodeInTurn(
      memory,
      "evt3",
      [from, to],
      this.setting.bounds,
      () => {
        const { base, y: row, low, nextColumn: column, polarity } = this;
        if (base === undefined || row === undefined) return undefined;
        return { base, last: clock.last, low, row, column, polarity };
      },
      ({ base, last, low, row, column, polarity }) => {
        this.base = base;
        clock.last = last;
        this.low = low;
        this.y = row;
        this.nextColumn = column;
        this.polarity = polarity;
      },
      (first, end) => this.careful(memory, first, end),
    );
  }

  /** One word after another: what the kernel is tested against. */
  private careful(memory: RecordMemory, from: number, to: number) {
    const { words } = this;
    this.fault = undefined;
    let at = from;
    for (; at < to && memory.count < packetEvents; at++) {
      const word = words[at]!;
      const value = word & 0xfff;
      const type = word >>> 12;
      if (type === column) {
        this.polarity = value >>> 11;
        this.columns(memory, value & 0x7ff, 1);
      } else if (type === row) this.y = value & 0x7ff;
      else if (type === vectorBase) {
        this.polarity = value >>> 11;
        this.nextColumn = value & 0x7ff;
      } else if (type === vector12) {
        this.columns(memory, this.nextColumn, value);
        this.nextColumn += 12;
      } else if (type === vector8) {
        this.columns(memory, this.nextColumn, value & 0xff);
        this.nextColumn += 8;
      } else if (type === timeLow) this.low = value;
      else if (type === timeHigh) this.setHigh(value);
      else if (!passedOver.includes(type)) this.fault = `unknown type of record 0x${type.toString(16)}`;
      if (this.fault !== undefined) break;
    }
    return { at, isCorrupt: this.fault !== undefined };
  }

  /** An event in column `x` + i for every bit i. */
  private columns(memory: RecordMemory, x: number, bits: number): void {
    const { bounds, untimed } = this.setting;
    const last = x + 31 - Math.clz32(bits);
    if (this.base === undefined || this.y === undefined) {
      for (let left = bits; left !== 0; left &= left - 1) untimed(1);
    } else if (last >= bounds.width || this.y >= bounds.height) {
      this.fault = outside(last, this.y, bounds);
    } else {
      const time = this.base + this.low;
      for (let left = bits; left !== 0; left &= left - 1) {
        memory.push(x + 31 - Math.clz32(left & -left), this.y, time, this.polarity);
      }
    }
  }

  private setHigh(value: number): void {
    const { last } = this.clock;
    if (this.base !== undefined && value === last) return;
    if (!this.clock.follows(value)) this.fault = wentBack(value * 2 ** timeBits, last * 2 ** timeBits);
    this.base = (this.clock.epoch + value) * 2 ** timeBits;
    this.low = 0;
  }
}

async function* encodeEvt3(parts: AsyncIterable<Events>, { sensor }: EncodeOptions) {
  const { width, height } = sensor;
  yield textOf(
    `% evt 3.0\n% format EVT3;height=${height};width=${width}\n% geometry ${width}x${height}\n% end\n`,
  );
  let high = -1;
  let low = 0;
  let currentRow = -1;
  for await (const { x, y, t, p, count } of parts) {
    const words: number[] = [];
    for (let i = 0; i < count; ) {
      const newHigh = Math.floor(t[i]! / 2 ** timeBits);
      if (newHigh !== high) {
        for (const step of timeHighs(high, newHigh, timeBits)) words.push((timeHigh << 12) | step);
        low = 0;
      }
      high = newHigh;
      const newLow = t[i]! % 2 ** timeBits;
      if (newLow !== low) words.push((timeLow << 12) | newLow);
      low = newLow;
      if (y[i] !== currentRow) words.push((row << 12) | y[i]!);
      currentRow = y[i]!;
      // events of one row, time and polarity, to the right
      let end = i + 1;
      while (end < count && x[end]! > x[end - 1]! && y[end] === y[i] && t[end] === t[i] && p[end] === p[i])
        end++;
      while (i < end) i = encodeColumns(words, x, i, end, p[i]!);
    }
    yield new Uint8Array(Uint16Array.from(words).buffer);
  }
}

/** Writes a first column alone, or a vector where twelve columns hold three or more. Returns the event that follows. */
function encodeColumns(words: number[], x: Uint16Array, from: number, to: number, polarity: number): number {
  let base = x[from]!;
  if (from + 2 >= to || x[from + 2]! >= base + 12) {
    words.push((column << 12) | (polarity << 11) | base);
    return from + 1;
  }
  words.push((vectorBase << 12) | (polarity << 11) | base);
  let i = from;
  while (i < to && x[i]! < base + 12) {
    let bits = 0;
    for (; i < to && x[i]! < base + 12; i++) bits |= 1 << (x[i]! - base);
    words.push(bits < 256 ? (vector8 << 12) | bits : (vector12 << 12) | bits);
    base += bits < 256 ? 8 : 12;
  }
  return i;
}
