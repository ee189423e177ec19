import { expect, it } from "vitest";
import type { EventFormatName } from "../../../src/formats/events/format.ts";
import { collectEvents } from "../../../src/formats/events/packet.ts";
import { readEvents } from "../../../src/formats/events/read.ts";
import { writeEvents } from "../../../src/formats/events/write.ts";
import { rejectionOf } from "../errors.ts";
import { eventsOf, manyEvents, sensorOf } from "./random-events.ts";

async function both(bytes: Uint8Array, kernels = true) {
  const refused = await rejectionOf(readEvents(bytes, "a.bin", { kernels }).then(collectEvents));
  const told: number[] = [];
  const report = ({ offset }: { offset: number }) => void told.push(offset);
  const stream = await readEvents(bytes, "a.bin", { onCorrupt: "skip", report, kernels });
  const events = await collectEvents(stream);
  expect(told).toEqual(stream.corruption.places.map(({ offset }) => offset));
  return { refused, events, places: stream.corruption.places };
}

const rows = Array.from({ length: 40 }, (_, i) => [i, 2 * i, 1000 + 70 * i, i & 1] as const);
const written = (format: EventFormatName) =>
  writeEvents(eventsOf(rows), { format, sensor: sensorOf(format) });

/** What is written over the bytes of the file so far from its end, and what is then said and left out. */
const cases: readonly (readonly [
  EventFormatName,
  string,
  number,
  readonly number[],
  RegExp,
  number,
  number,
])[] = [
  [
    "atis",
    "an event outside",
    50,
    [5, 250],
    /event is in column 5, row 250; the sensor has 256 × 240/,
    5,
    39,
  ],
  ["atis", "time that goes back", 48, [0, 0, 1], /time goes back from \d+ to 1 µs/, 5, 39],
  ["aedat2", "time that goes back", 12, [0, 0, 0, 9], /time goes back from 3590 to 9 µs/, 8, 39],
  [
    "aedat2",
    "an event outside",
    16,
    [0x7f, 0xff, 0xf0, 0],
    /column 1023, row 511; the sensor has 240 × 180/,
    8,
    39,
  ],
  ["aedat3", "time that goes back", 12, [9, 0, 0, 0], /time goes back from 3590 to 9 µs/, 8, 39],
  [
    "dat",
    "an event outside",
    12,
    [0xff, 0xff, 0xff, 0x1f],
    /column 16383, row 16383; the sensor has 320 × 240/,
    8,
    39,
  ],
  ["dat", "time that goes back", 16, [9, 0, 0, 0], /time goes back from 3590 to 9 µs/, 8, 39],
  ["dat", "polarities that are none", 9, [0xf0], /polarity 15/, 8, 39],
  ["evt2", "an unknown record", 5, [0x50], /unknown type of record 0x5/, 4, 40],
  ["evt2", "time that goes back", 8, [1, 0, 0, 0x80], /time goes back from 3648 to 64 µs/, 4, 40],
  ["evt2.1", "an unknown record", 1, [0x50], /unknown type of record 0x5/, 8, 39],
  ["evt3", "an unknown record", 1, [0x90], /unknown type of record 0x9/, 2, 39],
  ["evt3", "an event outside", 2, [0xff, 0x2f], /column 2047, row 78; the sensor has 320 × 240/, 2, 39],
];

it.each(cases)("%s: %s", async (format, _, fromEnd, over, message, length, left) => {
  const bytes = await written(format);
  const last = bytes.length - fromEnd;
  bytes.set(over, last);
  for (const kernels of [true, false]) {
    const { refused, events, places } = await both(bytes, kernels);
    expect(refused).toMatch(message);
    expect(places).toHaveLength(1);
    const [{ offset, bytes: count, reason }] = places as [(typeof places)[number]];
    expect(refused).toContain(`a.bin: byte ${offset}: ${reason}`);
    expect(count).toBe(length);
    expect(last - offset).toBeGreaterThanOrEqual(0);
    expect(last - offset).toBeLessThan(length);
    expect(events.count).toBe(left);
  }
});

it("aedat4: a packet that does not unpack is left out whole, and the next is read", async () => {
  const sensor = sensorOf("aedat4");
  const events = manyEvents(100_000, sensor);
  const bytes = await writeEvents(events, { format: "aedat4", sensor });
  const frame = [0x04, 0x22, 0x4d, 0x18];
  const starts: number[] = [];
  for (let at = 0; at < bytes.length; at++)
    if (frame.every((byte, i) => bytes[at + i] === byte)) starts.push(at);
  expect(starts).toHaveLength(4);
  bytes[starts[1]! + 4] = 0xff;
  const { refused, events: read, places } = await both(bytes);
  expect(refused).toMatch(new RegExp(`a\\.bin: byte ${starts[1]! - 8}: the LZ4 data is corrupt`));
  expect(places).toHaveLength(1);
  expect(places[0]).toMatchObject({ offset: starts[1]! - 8, bytes: starts[2]! - starts[1]! });
  expect(read.count).toBe(100_000 - 2 ** 15);
  expect(read.t.at(-1)).toBe(events.t.at(-1));
});

it.each(["aedat3", "aedat4"] as const)(
  "%s: reading goes on at the next packet after a length that is none",
  async (format) => {
    const sensor = sensorOf(format);
    const bytes = await writeEvents(manyEvents(100_000, sensor), { format, sensor, compression: "none" });
    const head = format === "aedat3" ? [1, 0, 1, 0, 8, 0, 0, 0] : undefined;
    const starts: number[] = [];
    for (let at = 4; at < bytes.length; at++) {
      const isHere =
        head?.every((byte, i) => bytes[at + i] === byte) ??
        new TextDecoder().decode(bytes.subarray(at, at + 4)) === "EVTS";
      if (isHere) starts.push(head === undefined ? at - 16 : at);
    }
    const packets = starts.slice(-4);
    bytes.set([0xff, 0xff, 0xff, 0xff], packets[1]! + 4);
    const { refused, events, places } = await both(bytes);
    expect(refused).toContain(`a.bin: byte ${packets[1]}: `);
    expect(places[0]).toMatchObject({ offset: packets[1] });
    // what the rest of the broken packet holds is no packet
    expect(events.count).toBe(100_000 - 2 ** 15);
  },
);

it("goes on after a time of the far future or past with the loss of one record", async () => {
  for (const format of ["dat", "aedat2"] as const) {
    const bytes = await written(format);
    bytes.set([0x7f, 0x7f, 0x7f, 0x7f], bytes.length - 20 * 8 + (format === "dat" ? 0 : 4));
    const { events, places } = await both(bytes);
    // the event with the wrong time comes through, the one after it is found to go back
    expect([events.count, places.length]).toEqual([39, 1]);
  }
});

it("leaves out events before the first time, and counts them", async () => {
  const sensor = sensorOf("evt2");
  const bytes = await writeEvents(eventsOf(rows), { format: "evt2", sensor });
  const first = new TextDecoder("latin1").decode(bytes).indexOf("% end\n") + 6;
  const withoutTime = new Uint8Array([...bytes.subarray(0, first), ...bytes.subarray(first + 4)]);
  const stream = await readEvents(withoutTime, "a.raw");
  expect((await collectEvents(stream)).count).toBe(39);
  expect(stream.untimed).toBe(1);
});

it("refuses what is no recording", async () => {
  expect(await rejectionOf(readEvents(new Uint8Array([1, 2, 3]), "a.txt"))).toMatch(/a\.txt: no recording/);
  const long = new TextEncoder().encode("% a line\n".repeat(10_000));
  expect(await rejectionOf(readEvents(long, "a.dat"))).toMatch(/goes on for more than 65536 bytes/);
});
