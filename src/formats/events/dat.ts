import { StriateError } from "../../error.ts";
import { Clock, outside, wentBack } from "./clock.ts";
import type { EncodeOptions, EventFormat } from "./format.ts";
import { decodeInTurn } from "./kernel-decoding.ts";
import { packetEvents, type RecordMemory } from "./memory.ts";
import type { Events, SensorSize } from "./packet.ts";
import { readPropheseeHeader } from "./prophesee-header.ts";
import { type RecordDecoder, recordPackets } from "./records.ts";
import { textOf } from "./text-header.ts";

const recordBytes = 8;
/** Types of record that are changes of brightness. */
const changeTypes = [0, 12];

/**
 * Prophesee DAT: lines that begin with %, the type and size of its records in two bytes, and for each event two
 * little-endian words: microseconds; column (14 bits), row (14) and polarity (4).
 */
export const dat: EventFormat = {
  title: "Prophesee DAT",
  limits: { width: 2 ** 14, height: 2 ** 14 },
  async readHeader(reader) {
    const header = await readPropheseeHeader(reader, "dat");
    const at = reader.offset;
    if (!(await reader.has(2)))
      throw new StriateError(
        `${reader.name}: the file ends at byte ${at}, before its events`,
        "Give a whole file",
      );
    const [type, size] = reader.bytes;
    if (!changeTypes.includes(type!) || size !== recordBytes) {
      throw new StriateError(
        `${reader.name}: byte ${at}: records of type ${type} and ${size} bytes; expected type 0 or 12 and 8 bytes`,
        "Only changes of brightness (CD events) are read",
      );
    }
    reader.take(2);
    return header;
  },
  clockBits: 32,
  packets: (decoding) => recordPackets(decoding, new DatDecoder(decoding.memory, decoding.bounds)),
  encode: encodeDat,
};

export class DatDecoder implements RecordDecoder {
  readonly recordBytes = recordBytes;
  fault: string | undefined;
  private readonly words: Uint32Array;
  private readonly clock = new Clock(32);

  constructor(
    memory: RecordMemory,
    private readonly bounds: SensorSize,
  ) {
    this.words = new Uint32Array(memory.buffer, memory.at.input, memory.input.length / 4);
  }

  decode(memory: RecordMemory, from: number, to: number): number {
    const { clock } = this;
    this.fault = undefined;
    return decodeInTurn(
      memory,
      "dat",
      [from, to],
      this.bounds,
      () => ({ base: clock.epoch, last: clock.last }),
      ({ last }) => {
        clock.last = last;
      },
      (first, end) => this.careful(memory, first, end),
    );
  }

  /** One record after another: what the kernel is tested against. */
  private careful(memory: RecordMemory, from: number, to: number) {
    const { words, clock } = this;
    const { width, height } = this.bounds;
    const { x: xs, y: ys, t: ts, p: ps } = memory;
    this.fault = undefined;
    let { count } = memory;
    let at = from;
    for (; at < to && count < packetEvents; at++) {
      const time = words[2 * at]!;
      const word = words[2 * at + 1]!;
      const x = word & 0x3fff;
      const y = (word >>> 14) & 0x3fff;
      const p = word >>> 28;
      const { last } = clock;
      if (!clock.follows(time)) this.fault = wentBack(time, last);
      else if (x >= width || y >= height) this.fault = outside(x, y, this.bounds);
      else if (p > 1) this.fault = `the event has polarity ${p}, expected 0 or 1`;
      if (this.fault !== undefined) break;
      xs[count] = x;
      ys[count] = y;
      ts[count] = clock.epoch + time;
      ps[count] = p;
      count++;
    }
    memory.count = count;
    return { at, isCorrupt: this.fault !== undefined };
  }
}

async function* encodeDat(parts: AsyncIterable<Events>, { sensor }: EncodeOptions) {
  const { width, height } = sensor;
  yield textOf(`% Data file containing CD events.\n% Version 2\n% Width ${width}\n% Height ${height}\n`);
  yield Uint8Array.of(12, recordBytes);
  for await (const { x, y, t, p, count } of parts) {
    const words = new Uint32Array(2 * count);
    for (let i = 0; i < count; i++) {
      words[2 * i] = t[i]!;
      words[2 * i + 1] = x[i]! | (y[i]! << 14) | (p[i]! << 28);
    }
    yield new Uint8Array(words.buffer);
  }
}
