import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { type EventFrame, type EventFrameSettings, frameEvents } from "../../../src/formats/events/frames.ts";
import type { Events } from "../../../src/formats/events/packet.ts";
import { rejectionOf } from "../errors.ts";
import { eventsOf } from "./random-events.ts";

interface Fixture {
  readonly sensor: { readonly width: number; readonly height: number };
  readonly events: readonly (readonly [number, number, number, number])[];
  readonly frames: readonly {
    readonly by: "number" | "time";
    readonly frames: number;
    readonly counts: readonly number[];
  }[];
}

const path = fileURLToPath(new URL("../../fixtures/event_frames.json", import.meta.url));
const fixture: Fixture = JSON.parse(readFileSync(path, "utf8"));

async function framed(events: Events, settings: EventFrameSettings): Promise<EventFrame[]> {
  const frames: EventFrame[] = [];
  // in parts, which must not matter
  const { x, y, t, p, count } = events;
  const parts: Events[] = [];
  for (let at = 0; at < count; at += 7) {
    const [xs, ys, ts, ps] = [
      x.slice(at, at + 7),
      y.slice(at, at + 7),
      t.slice(at, at + 7),
      p.slice(at, at + 7),
    ];
    parts.push({ x: xs, y: ys, t: ts, p: ps, count: xs.length });
  }
  for await (const frame of frameEvents(parts, settings)) frames.push(frame);
  return frames;
}

describe("frames as SpikingJelly's integrate_events_by_fixed_frames_number", () => {
  it.each(fixture.frames)("$frames by $by", async ({ by, frames, counts }) => {
    const events = eventsOf(fixture.events);
    const { count, t } = events;
    const split =
      by === "number"
        ? { events: Math.floor(count / frames) }
        : { window: Math.floor((t[count - 1]! - t[0]!) / frames) };
    const found = await framed(events, { ...split, frames, rest: true, sensor: fixture.sensor });
    expect(found.flatMap(({ data }) => [...data])).toEqual(counts);
  });
});

describe("frameEvents", () => {
  const sensor = { width: 4, height: 2 };
  const events = eventsOf([
    [0, 0, 10, 1],
    [1, 0, 19, 0],
    [3, 1, 20, 1],
    [2, 1, 55, 1],
    [2, 1, 52, 0],
  ]);

  it("gives windows without a gap, and counts what comes late in the present one", async () => {
    const found = await framed(events, { window: 10, sensor });
    expect(found.map(({ events: counted }) => counted)).toEqual([2, 1, 0, 0, 2]);
    expect(found.map(({ start }) => start)).toEqual([10, 20, 30, 40, 50]);
    expect([...found[0]!.data]).toEqual([0, 1, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0]);
  });

  it("stops after so many, begins when told, and leaves out a frame that is not full", async () => {
    expect(await framed(events, { window: 10, frames: 2, sensor })).toHaveLength(2);
    expect((await framed(events, { window: 30, start: 15, sensor }))[0]).toMatchObject({
      start: 15,
      events: 2,
    });
    expect(await framed(events, { events: 2, sensor, incomplete: false })).toHaveLength(2);
    expect(await framed(events, { events: 2, sensor })).toHaveLength(3);
  });

  it("looks at a part, in fewer pixels", async () => {
    const [frame] = await framed(events, {
      events: 5,
      sensor,
      crop: { x: 2, y: 0, width: 2, height: 2 },
      size: { width: 1, height: 1 },
    });
    expect([...frame!.data]).toEqual([1, 2]);
  });

  it("refuses settings that are none", async () => {
    const first = (settings: EventFrameSettings) => rejectionOf(frameEvents([], settings).next());
    expect(await first({ sensor })).toMatch(/either a window/);
    expect(await first({ sensor, window: 0 })).toMatch(/0 µs long/);
    expect(await first({ sensor, events: 1.5 })).toMatch(/events 1\.5/);
    expect(await first({ sensor, events: 1, crop: { x: 3, y: 0, width: 2, height: 1 } })).toMatch(
      /leaves the sensor/,
    );
  });
});
