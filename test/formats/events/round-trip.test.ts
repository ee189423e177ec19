import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { collectEvents } from "../../../src/formats/events/packet.ts";
import { readEvents } from "../../../src/formats/events/read.ts";
import { encodeEvents, writeEvents } from "../../../src/formats/events/write.ts";
import { rejectionOf } from "../errors.ts";
import { anyEvents, eventsOf, formatNames, manyEvents, sensorOf } from "./random-events.ts";

async function* inPieces(bytes: Uint8Array, lengths: readonly number[]) {
  for (let at = 0, i = 0; at < bytes.length; i++) {
    const length = lengths[i % lengths.length]!;
    yield bytes.subarray(at, at + length);
    at += length;
  }
}

describe.each(formatNames)("%s", (format) => {
  const sensor = sensorOf(format);

  it("reads back the events that were written, cut anywhere", async () => {
    await fc.assert(
      fc.asyncProperty(
        anyEvents(sensor, format === "atis" ? 2 ** 24 : undefined),
        fc.array(fc.integer({ min: 1, max: 200 }), { minLength: 1, maxLength: 5 }),
        fc.boolean(),
        async (events, lengths, kernels) => {
          const bytes = await writeEvents(events, { format, sensor });
          const stream = await readEvents(inPieces(bytes, lengths), "a.bin", { kernels });
          expect(stream.header.format).toBe(format);
          expect(await collectEvents(stream)).toEqual(events);
          expect(stream.untimed).toBe(0);
        },
      ),
      { numRuns: 60, seed: 3 },
    );
  });

  it("reads files of several packets, in any pieces and both ways", async () => {
    const events = manyEvents(150_000, sensor);
    const bytes = await writeEvents(events, { format, sensor });
    for (const lengths of [[bytes.length], [65_537], [3_000_001, 7]]) {
      for (const kernels of [true, false]) {
        const read = await collectEvents(await readEvents(inPieces(bytes, lengths), "a.bin", { kernels }));
        expect(read.count).toBe(events.count);
        for (const array of ["x", "y", "t", "p"] as const) {
          expect(Buffer.compare(Buffer.from(read[array].buffer), Buffer.from(events[array].buffer))).toBe(0);
        }
      }
    }
  });

  it("knows no later event when the file is cut, and says where it was", async () => {
    const events = manyEvents(1000, sensor);
    const bytes = await writeEvents(events, { format, sensor });
    const whole = format === "evt3" ? 1 : 3;
    const cut = bytes.subarray(0, bytes.length - whole);
    expect(await rejectionOf(readEvents(cut, "cut.bin").then(collectEvents))).toMatch(
      /^cut\.bin: byte \d+: .*cut short/,
    );
    const stream = await readEvents(cut, "cut.bin", { onCorrupt: "skip" });
    const { count, t } = await collectEvents(stream);
    expect(stream.corruption.count).toBe(1);
    const [{ offset, bytes: length }] = stream.corruption.places as [
      (typeof stream.corruption.places)[number],
    ];
    expect(offset + length).toBe(cut.length);
    expect(count).toBeLessThan(1000);
    expect(t).toEqual(events.t.subarray(0, count));
  });

  it("keeps times above 2³² µs", async () => {
    const hours = Array.from({ length: 600 }, (_, i) => [i % 30, i % 20, i * 2 ** 24, i & 1] as const);
    const events = eventsOf(hours);
    const read = await collectEvents(
      await readEvents(await writeEvents(events, { format, sensor }), "a.bin"),
    );
    expect(read).toEqual(events);
    expect(read.t.at(-1)).toBeGreaterThan(2 ** 33);
  });

  it("refuses events that it cannot hold", async () => {
    const write = (row: readonly [number, number, number, number]) =>
      rejectionOf(writeEvents(eventsOf([[1, 1, 100, 1], row]), { format, sensor }));
    expect(await write([sensor.width, 1, 100, 0])).toMatch(/event 1 cannot be written.*column/);
    expect(await write([1, 1, 99, 0])).toMatch(/it is at 99 µs, the one before it at 100/);
    expect(await write([1, 1, 100.5, 0])).toMatch(/it is at 100\.5 µs/);
    expect(await write([1, 1, 100, 2])).toMatch(/polarity is 2/);
    const none = encodeEvents([], { format, sensor: { width: 2 ** 16, height: 4 } });
    expect(await rejectionOf(none.next())).toMatch(/65536 × 4 pixels/);
  });

  it("reads a file without events", async () => {
    const bytes = await writeEvents(eventsOf([]), { format, sensor });
    expect((await collectEvents(await readEvents(bytes, "a.bin"))).count).toBe(0);
  });
});
