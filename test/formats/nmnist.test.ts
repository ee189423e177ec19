import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { StriateError } from "../../src/error.ts";
import { eventFrames, readNmnist } from "../../src/formats/nmnist.ts";
import { messageOf } from "./errors.ts";

/** Five bytes: column, row, polarity and 23 bits of microseconds. */
const bytesOf = (x: number, y: number, t: number, p: number): number[] => [
  x,
  y,
  (p << 7) | (t >> 16),
  (t >> 8) & 255,
  t & 255,
];

describe("readNmnist", () => {
  it("takes the fields of every event apart", () => {
    const events = [bytesOf(0, 0, 0, 0), bytesOf(33, 12, 0x7f_ff_ff, 1), bytesOf(5, 33, 0x01_02_03, 0)];
    const read = readNmnist(Uint8Array.from(events.flat()), "a.bin");
    expect([...read.x]).toEqual([0, 33, 5]);
    expect([...read.y]).toEqual([0, 12, 33]);
    expect([...read.t]).toEqual([0, 8_388_607, 66_051]);
    expect([...read.p]).toEqual([0, 1, 0]);
  });

  it("makes events later by 8192 µs for every event of row 240 before them", () => {
    const overflow = bytesOf(0, 240, 0, 0);
    const bytes = [
      bytesOf(1, 2, 10, 1),
      overflow,
      bytesOf(3, 4, 20, 1),
      overflow,
      overflow,
      bytesOf(5, 6, 30, 0),
    ];
    const { t, x } = readNmnist(Uint8Array.from(bytes.flat()), "a.bin");
    expect([...t]).toEqual([10, 20 + 8192, 30 + 3 * 8192]);
    expect([...x]).toEqual([1, 3, 5]);
  });

  it("reads an empty file as no events, and other sensors by their size", () => {
    expect(readNmnist(new Uint8Array(), "a.bin").t).toHaveLength(0);
    const wide = Uint8Array.from(bytesOf(200, 170, 5, 1));
    expect([...readNmnist(wide, "a.bin", { width: 240, height: 180 }).x]).toEqual([200]);
  });

  it("says where a file is wrong", () => {
    expect(messageOf(() => readNmnist(new Uint8Array(13), "a.bin"))).toMatch(
      /^a\.bin: 13 bytes; expected five for each event, but the one at byte 10 is cut short/,
    );
    const outside = Uint8Array.from([...bytesOf(1, 1, 1, 1), ...bytesOf(34, 3, 2, 0)]);
    expect(messageOf(() => readNmnist(outside, "a.bin"))).toMatch(
      /event at byte 5 is in column 34, row 3; .*34 × 34/,
    );
    const overflows = new Uint8Array(5 * 524_289);
    for (let at = 1; at < overflows.length - 5; at += 5) overflows[at] = 240;
    expect(messageOf(() => readNmnist(overflows, "a.bin"))).toMatch(/event at byte 2621440 is 4294967296 µs/);
  });

  it("reads any bytes or refuses them", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        try {
          const { x, y, t, p } = readNmnist(bytes, "a.bin");
          return [x, y, t, p].every((each) => each.length === t.length) && t.length <= bytes.length / 5;
        } catch (error) {
          return error instanceof StriateError;
        }
      }),
    );
  });
});

describe("eventFrames", () => {
  const events = {
    x: Uint8Array.of(1, 1, 2, 0, 3),
    y: Uint8Array.of(0, 0, 1, 2, 2),
    t: Uint32Array.of(100, 199, 200, 399, 400),
    p: Uint8Array.of(1, 1, 0, 1, 0),
  };
  const sensor = { width: 4, height: 3 };
  const found = (frames: Float32Array) => [...frames.entries()].filter(([, count]) => count > 0);

  it("counts events in windows from the first event on", () => {
    const frames = eventFrames(events, { window: 100, steps: 3, sensor });
    expect(frames).toHaveLength(3 * 2 * 3 * 4);
    const at = (step: number, p: number, y: number, x: number) => ((step * 2 + p) * 3 + y) * 4 + x;
    expect(found(frames)).toEqual([
      [at(0, 1, 0, 1), 2],
      [at(1, 0, 1, 2), 1],
      [at(2, 1, 2, 0), 1],
    ]);
  });

  it("leaves out what is before the start and after the last frame", () => {
    expect(found(eventFrames(events, { window: 150, steps: 1, start: 200, sensor }))).toHaveLength(1);
  });

  it("refuses windows and steps that are none", () => {
    expect(messageOf(() => eventFrames(events, { window: 0, steps: 1 }))).toMatch(/0 µs long/);
    expect(messageOf(() => eventFrames(events, { window: 1, steps: 1.5 }))).toMatch(/1\.5 frames/);
  });
});
