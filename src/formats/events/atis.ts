import { outside, wentBack } from "./clock.ts";
import type { EventFormat } from "./format.ts";
import { packetEvents, type RecordMemory } from "./memory.ts";
import type { Events, SensorSize } from "./packet.ts";
import { type RecordDecoder, recordPackets } from "./records.ts";

const recordBytes = 5;
/** Row of the records that only say that the clock, of 13 bits, went round once more. */
const overflowRow = 240;
const overflowMicroseconds = 2 ** 13;
const timeTurn = 2 ** 23;

/**
 * The .bin files of N-MNIST and N-Caltech101 (Orchard et al., 2015): five bytes an event, column, row, one bit of polarity
 * and 23 bits of microseconds, big-endian; no header. Records of row 240 make all later events 8.192 ms later.
 */
export const atis: EventFormat = {
  title: "ATIS (N-MNIST)",
  limits: { width: 256, height: overflowRow },
  readHeader: async () => ({ format: "atis", fields: {} }),
  packets: ({ memory, bounds, ...rest }) =>
    recordPackets({ memory, bounds, ...rest }, new AtisDecoder(memory.input, bounds)),
  encode: encodeAtis,
};

export class AtisDecoder implements RecordDecoder {
  readonly recordBytes = recordBytes;
  fault: string | undefined;
  private late = 0;
  private last = 0;

  constructor(
    private readonly bytes: Uint8Array,
    private readonly bounds: SensorSize,
  ) {}

  decode(memory: RecordMemory, from: number, to: number): number {
    const { bytes } = this;
    const { width, height } = this.bounds;
    this.fault = undefined;
    let record = from;
    for (; record < to && memory.count < packetEvents; record++) {
      const at = record * recordBytes;
      const x = bytes[at]!;
      const y = bytes[at + 1]!;
      if (y === overflowRow) {
        this.late += overflowMicroseconds;
        continue;
      }
      const high = bytes[at + 2]!;
      const time = this.late + ((high & 0x7f) << 16) + (bytes[at + 3]! << 8) + bytes[at + 4]!;
      const { last } = this;
      this.last = time;
      if (x >= width || y >= height) this.fault = outside(x, y, this.bounds);
      else if (time < last) this.fault = wentBack(time, last);
      if (this.fault !== undefined) break;
      memory.push(x, y, time, high >> 7);
    }
    return record;
  }
}

async function* encodeAtis(parts: AsyncIterable<Events>) {
  let late = 0;
  for await (const { x, y, t, p, count } of parts) {
    const bytes: number[] = [];
    for (let i = 0; i < count; i++) {
      for (; t[i]! - late >= timeTurn; late += overflowMicroseconds) bytes.push(0, overflowRow, 0, 0, 0);
      const time = t[i]! - late;
      bytes.push(x[i]!, y[i]!, (p[i]! << 7) | (time >> 16), (time >> 8) & 255, time & 255);
    }
    yield Uint8Array.from(bytes);
  }
}
