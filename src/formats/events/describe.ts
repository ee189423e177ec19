import type { Description } from "../describe.ts";
import { eventFormats } from "./formats.ts";
import { type EventStream, readEvents } from "./read.ts";

/** How often each pixel became darker and brighter, rows from the top. */
export interface EventPicture {
  readonly width: number;
  readonly height: number;
  readonly darker: Uint32Array;
  readonly brighter: Uint32Array;
}

/** Corrupt places that are set out. */
const placesShown = 10;

export const describeEventBytes = async (bytes: Uint8Array, name: string): Promise<Description> =>
  describeEvents(await readEvents(bytes, name, { onCorrupt: "skip" }), bytes.length);

/** Reads a recording through, opened with onCorrupt "skip". */
export async function describeEvents(stream: EventStream, bytes: number): Promise<Description> {
  const { format, sensor, recorded, compression, fields } = stream.header;
  const { limits, title } = eventFormats[format];
  const { width, height } = sensor ?? {
    width: Math.min(limits.width, 2048),
    height: Math.min(limits.height, 2048),
  };
  const darker = new Uint32Array(width * height);
  const brighter = new Uint32Array(width * height);
  let [count, on, first, last, right, bottom] = [0, 0, Number.NaN, Number.NaN, 0, 0];
  for await (const { x, y, t, p, count: events } of stream) {
    if (count === 0) first = t[0]!;
    last = t[events - 1]!;
    count += events;
    for (let i = 0; i < events; i++) {
      const [column, row] = [x[i]!, y[i]!];
      if (column > right) right = column;
      if (row > bottom) bottom = row;
      on += p[i]!;
      if (column < width && row < height) (p[i] === 1 ? brighter : darker)[row * width + column]++;
    }
  }
  const { corruption, untimed } = stream;
  const seconds = (last - first) / 1e6;
  const has = count > 0;
  const extent = { width: right + 1, height: bottom + 1 };
  const rows = [
    { name: "format", value: title },
    ...(compression === undefined ? [] : [{ name: "compression", value: compression }]),
    { name: "sensor", value: sensor ? `${sensor.width} × ${sensor.height}` : "not said" },
    ...(has ? [{ name: "events within", value: `${extent.width} × ${extent.height}` }] : []),
    ...(recorded === undefined ? [] : [{ name: "recorded", value: recorded }]),
    { name: "events", value: count.toLocaleString("en") },
    ...(has
      ? [
          { name: "from", value: `${first} µs` },
          { name: "duration", value: `${seconds} s` },
          {
            name: "rate",
            value: seconds > 0 ? `${Math.round(count / seconds).toLocaleString("en")} events/s` : "–",
          },
          { name: "brighter", value: `${((100 * on) / count).toFixed(1)} %` },
        ]
      : []),
    ...(untimed > 0 ? [{ name: "events before the first time, left out", value: String(untimed) }] : []),
    {
      name: "corrupt places",
      value: corruption.count === 0 ? "none" : `${corruption.count}, ${corruption.bytes} bytes left out`,
    },
    ...corruption.places
      .slice(0, placesShown)
      .map(({ offset, reason }) => ({ name: `at byte ${offset}`, value: reason })),
    { name: "bytes", value: String(bytes) },
  ];
  const numbers = has
    ? { first, last, rate: seconds > 0 ? count / seconds : null, brighter: on / count, extent }
    : {};
  const json = {
    format,
    sensor: sensor ?? null,
    recorded,
    compression,
    fields,
    events: count,
    ...numbers,
    untimed,
    corrupt: { count: corruption.count, bytes: corruption.bytes, places: corruption.places },
    bytes,
  };
  const shown = sensor ?? extent;
  const cropped = (all: Uint32Array) =>
    Uint32Array.from(
      { length: shown.width * shown.height },
      (_, i) => all[Math.floor(i / shown.width) * width + (i % shown.width)]!,
    );
  const events = { ...shown, darker: cropped(darker), brighter: cropped(brighter) };
  return { format: "events", rows, json: JSON.parse(JSON.stringify(json)), events };
}
