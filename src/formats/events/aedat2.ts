import { Clock, outside, wentBack } from "./clock.ts";
import type { EncodeOptions, EventFormat } from "./format.ts";
import { packetEvents, type RecordMemory } from "./memory.ts";
import type { Events, SensorSize } from "./packet.ts";
import { type RecordDecoder, recordPackets } from "./records.ts";
import { cameraSize, headerFields, readHeaderLines, textOf } from "./text-header.ts";

const recordBytes = 8;
const dvs128: SensorSize = { width: 128, height: 128 };
const davis240: SensorSize = { width: 240, height: 180 };
const davis346: SensorSize = { width: 346, height: 260 };
const davis640: SensorSize = { width: 640, height: 480 };

/**
 * AEDAT 2.0 (jAER): lines that begin with #, then for each event two big-endian words, its address and its microseconds.
 * What an address says depends on the camera that the header names; without one it is read as a DVS128's. Columns, rows and
 * polarities are the bits of the address: jAER's screen shows the DVS128's columns from the right, and calls its polarity 0
 * brighter.
 */
export const aedat2: EventFormat = {
  title: "AEDAT 2.0",
  limits: davis640,
  clockBits: 32,
  async readHeader(reader) {
    const lines = await readHeaderLines(reader, "#", (line) => /^End Of ASCII Header/i.test(line));
    const chip = lines.find((line) => /AEChip|HardwareInterface/.test(line)) ?? lines.join("\n");
    const recorded = lines.find((line) => line.startsWith("created "))?.slice("created ".length);
    return { format: "aedat2", sensor: cameraSize(chip) ?? dvs128, recorded, fields: headerFields(lines) };
  },
  packets: (decoding) => {
    const { memory, bounds, header } = decoding;
    return recordPackets(decoding, new Aedat2Decoder(memory.input, bounds, isDvs128(header.sensor!)));
  },
  encode: encodeAedat2,
};

const isDvs128 = ({ width, height }: SensorSize): boolean => width <= dvs128.width && height <= dvs128.height;

class Aedat2Decoder implements RecordDecoder {
  readonly recordBytes = recordBytes;
  fault: string | undefined;
  private readonly view: DataView;
  private readonly clock = new Clock(32);

  constructor(
    bytes: Uint8Array,
    private readonly bounds: SensorSize,
    private readonly isDvs: boolean,
  ) {
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  decode(memory: RecordMemory, from: number, to: number): number {
    const { view, isDvs, clock } = this;
    const { width, height } = this.bounds;
    this.fault = undefined;
    let at = from;
    for (; at < to && memory.count < packetEvents; at++) {
      const address = view.getUint32(at * recordBytes);
      const time = view.getUint32(at * recordBytes + 4);
      const { last } = clock;
      if (!clock.follows(time)) {
        this.fault = wentBack(time, last);
        break;
      }
      // samples of brightness and motion, and signals from outside
      if ((address & (isDvs ? 0x8000 : 0x80000400)) !== 0) continue;
      if (isDvs && address > 0xffff) {
        this.fault = `0x${address.toString(16)} is no address of a DVS128`;
        break;
      }
      const x = isDvs ? (address >>> 1) & 0x7f : (address >>> 12) & 0x3ff;
      const y = isDvs ? (address >>> 8) & 0x7f : (address >>> 22) & 0x1ff;
      const p = isDvs ? address & 1 : (address >>> 11) & 1;
      if (x >= width || y >= height) {
        this.fault = outside(x, y, this.bounds);
        break;
      }
      memory.push(x, y, clock.epoch + time, p);
    }
    return at;
  }
}

/** By the size of their sensors. */
const chips: readonly (readonly [string, SensorSize])[] = [
  ["ch.unizh.ini.jaer.chip.retina.DVS128", dvs128],
  ["eu.seebetter.ini.chips.davis.DAVIS240C", davis240],
  ["eu.seebetter.ini.chips.davis.Davis346B", davis346],
  ["eu.seebetter.ini.chips.davis.Davis640", davis640],
];

/** As of the smallest camera that has the sensor's pixels. */
async function* encodeAedat2(parts: AsyncIterable<Events>, { sensor }: EncodeOptions) {
  const isDvs = isDvs128(sensor);
  const [chip] = chips.find(([, { width, height }]) => sensor.width <= width && sensor.height <= height)!;
  yield textOf(`#!AER-DAT2.0\r\n# AEChip: ${chip}\r\n#End Of ASCII Header\r\n`);
  for await (const { x, y, t, p, count } of parts) {
    const view = new DataView(new ArrayBuffer(count * recordBytes));
    for (let i = 0; i < count; i++) {
      const address = isDvs
        ? (y[i]! << 8) | (x[i]! << 1) | p[i]!
        : (y[i]! << 22) | (x[i]! << 12) | (p[i]! << 11);
      view.setUint32(i * recordBytes, address);
      view.setUint32(i * recordBytes + 4, t[i]! % 2 ** 32);
    }
    yield new Uint8Array(view.buffer);
  }
}
