import fc from "fast-check";
import type { EncodeOptions, EventFormatName } from "../../../src/formats/events/format.ts";
import type { Events, SensorSize } from "../../../src/formats/events/packet.ts";

export const formatNames: readonly EventFormatName[] = [
  "atis",
  "aedat2",
  "aedat3",
  "aedat4",
  "dat",
  "evt2",
  "evt2.1",
  "evt3",
];

export const sensorOf = (format: EventFormatName): SensorSize =>
  format === "atis"
    ? { width: 200, height: 180 }
    : format === "aedat2"
      ? { width: 240, height: 180 }
      : { width: 320, height: 240 };

type Row = readonly [x: number, y: number, t: number, p: number];

export function eventsOf(rows: readonly Row[]): Events {
  return {
    x: Uint16Array.from(rows, ([x]) => x),
    y: Uint16Array.from(rows, ([, y]) => y),
    t: Float64Array.from(rows, ([, , t]) => t),
    p: Uint8Array.from(rows, ([, , , p]) => p),
    count: rows.length,
  };
}

/** Events with equal times, rows and neighbouring columns now and then, and pauses of every length that a clock bears. */
export function anyEvents(
  { width, height }: EncodeOptions["sensor"],
  longestPause = 2 ** 30,
): fc.Arbitrary<Events> {
  const step = fc.record({
    pause: fc.oneof(
      fc.constant(0),
      fc.constant(0),
      fc.integer({ min: 0, max: 100 }),
      fc.integer({ min: 0, max: longestPause }),
    ),
    move: fc.oneof(fc.integer({ min: 1, max: 4 }), fc.integer({ min: 0, max: width - 1 })),
    turn: fc.oneof(fc.constant(0), fc.integer({ min: 0, max: height - 1 })),
    flip: fc.oneof(fc.constant(0), fc.integer({ min: 0, max: 1 })),
  });
  return fc
    .tuple(fc.integer({ min: 0, max: 2 ** 23 - 1 }), fc.array(step, { maxLength: 60 }))
    .map(([start, steps]) => {
      let [x, y, t, p] = [0, 0, start, 0];
      return eventsOf(
        steps.map(({ pause, move, turn, flip }) => {
          x = (x + move) % width;
          y = (y + turn) % height;
          t += pause;
          p ^= flip;
          return [x, y, t, p];
        }),
      );
    });
}

/** Many events of a rate of about one in 1.5 µs, the same every time. */
export function manyEvents(count: number, { width, height }: SensorSize): Events {
  let state = 1;
  const random = (below: number) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
  let t = 1000;
  let [x, y, p] = [0, 0, 0];
  const rows: Row[] = [];
  for (let i = 0; i < count; i++) {
    if (random(4) === 0) {
      t += random(12);
      [x, y, p] = [random(width), random(height), random(2)];
    } else x = Math.min(width - 1, x + 1 + random(3));
    rows.push([x, y, t, p]);
  }
  return eventsOf(rows);
}
