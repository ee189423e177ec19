import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { StriateError } from "../../../src/error.ts";
import { eventFrames } from "../../../src/formats/nmnist.ts";
import { placeSensor } from "../../../src/recipes/stream/placement.ts";
import { type EventWindows, WindowCounter, type WindowOptions } from "../../../src/recipes/stream/windows.ts";

const input = { width: 4, height: 3 };
const options: WindowOptions = {
  window: 10,
  windows: 2,
  input,
  placement: { scale: 1, left: 0, top: 0 },
  crops: false,
};

const anyEvents = fc
  .array(fc.record({ x: fc.nat(3), y: fc.nat(2), p: fc.nat(1), gap: fc.integer({ min: 0, max: 45 }) }), {
    minLength: 1,
    maxLength: 60,
  })
  .map((events) => {
    let time = 1000;
    return events.map(({ gap, ...event }) => ({ ...event, t: (time += gap) }));
  });

const arrays = (events: readonly { x: number; y: number; t: number; p: number }[]) => ({
  x: events.map(({ x }) => x),
  y: events.map(({ y }) => y),
  t: events.map(({ t }) => t),
  p: events.map(({ p }) => p),
  count: events.length,
});

/** All windows of a recording that comes in pieces of `length` events. */
function counted(events: Parameters<typeof arrays>[0], length: number, own = options): number[] {
  const counter = new WindowCounter(own);
  const all: number[] = [];
  let next = 0;
  const take = ({ first, steps, counts }: EventWindows) => {
    expect([first, steps]).toEqual([next, own.windows]);
    next += steps;
    all.push(...counts);
  };
  for (let i = 0; i < events.length; i += length)
    for (const packet of counter.add(arrays(events.slice(i, i + length)))) take(packet);
  const last = counter.end();
  if (last !== undefined) take(last);
  return all;
}

describe("windows of events", () => {
  test("are the frames of the whole recording, however it comes", () => {
    fc.assert(
      fc.property(
        anyEvents,
        fc.integer({ min: 1, max: 7 }),
        fc.integer({ min: 1, max: 5 }),
        (events, length, windows) => {
          const all = counted(events, length, { ...options, windows });
          const { x, y, t, p } = arrays(events);
          const whole = {
            x: Uint8Array.from(x),
            y: Uint8Array.from(y),
            t: Uint32Array.from(t),
            p: Uint8Array.from(p),
          };
          const frames = eventFrames(whole, { window: 10, steps: all.length / 24, sensor: input });
          expect(all).toEqual([...frames]);
          expect(all.reduce((sum, count) => sum + count, 0)).toBe(events.length);
        },
      ),
    );
  });

  test("late events are counted in the packet that is open", () => {
    const counter = new WindowCounter(options);
    const events = [0, 25, 3].map((t) => ({ x: 1, y: 1, p: 1, t }));
    const [first] = [...counter.add(arrays(events))];
    expect(first!.events).toBe(1);
    expect(counter.late).toBe(1);
    expect(counter.end()!.counts.reduce((sum, count) => sum + count)).toBe(2);
  });

  test("scaled and moved events land where they belong, and what is outside is left out or refused", () => {
    const placement = { scale: 2, left: 1, top: 0 };
    const counter = new WindowCounter({ ...options, placement, crops: true });
    const events = [
      { x: 2, y: 5, p: 0, t: 0 },
      { x: 3, y: 4, p: 0, t: 1 },
      { x: 1, y: 0, p: 0, t: 2 },
    ];
    expect([...counter.add(arrays(events))]).toEqual([]);
    const { counts } = counter.end()!;
    expect(counts[2 * 4]).toBe(2);
    expect(counter.outside).toBe(1);
    const strict = new WindowCounter(options);
    expect(() => [...strict.add(arrays([{ x: 4, y: 0, p: 0, t: 0 }]))]).toThrow(
      /column 4, row 0.*Give --sensor/s,
    );
  });

  test("a clock that jumps ends the stream instead of filling it with silence", () => {
    const events = [0, 1e12].map((t) => ({ x: 0, y: 0, p: 0, t }));
    expect(() => counted(events, 2)).toThrow(StriateError);
  });
});

describe("a sensor and a network's input", () => {
  const network = { width: 34, height: 34 };
  test("of one size need nothing", () => {
    expect(placeSensor(network, network)).toEqual({ scale: 1, left: 0, top: 0 });
    expect(placeSensor(undefined, network)).toEqual({ scale: 1, left: 0, top: 0 });
  });

  test("of different sizes are refused with what to do", () => {
    expect(() => placeSensor({ width: 320, height: 240 }, network)).toThrow(
      /320 × 240, the network takes 34 × 34.*--downscale 10, which makes it 32 × 24/s,
    );
    expect(() => placeSensor({ width: 320, height: 240 }, network, { downscale: 2 })).toThrow(/160 × 120/);
    expect(() => placeSensor({ width: 20, height: 34 }, network)).toThrow(/Give --crop/);
    expect(() => placeSensor(undefined, network, { crop: "middle" })).toThrow(/--sensor/);
  });

  test("are fitted by scale and place", () => {
    const large = { width: 320, height: 240 };
    expect(placeSensor(large, network, { downscale: "fit" })).toEqual({ scale: 10, left: -1, top: -5 });
    expect(placeSensor(large, network, { crop: "middle" })).toEqual({ scale: 1, left: 143, top: 103 });
    expect(placeSensor(large, network, { crop: { x: 5, y: 6 } })).toEqual({ scale: 1, left: 5, top: 6 });
    expect(placeSensor(large, network, { downscale: 4, crop: "middle" })).toEqual({
      scale: 4,
      left: 23,
      top: 13,
    });
    expect(placeSensor({ width: 20, height: 20 }, network, { crop: "middle" })).toEqual({
      scale: 1,
      left: -7,
      top: -7,
    });
  });
});
