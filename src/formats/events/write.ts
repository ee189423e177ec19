import { StriateError } from "../../error.ts";
import type { EncodeOptions, EventFormatName } from "./format.ts";
import { eventFormats } from "./formats.ts";
import { packetEvents } from "./memory.ts";
import type { Events } from "./packet.ts";

export interface WriteEventsOptions extends EncodeOptions {
  readonly format: EventFormatName;
}

/** Later times would take a long run of overflows at the start of a file to say. */
const latestTime = 2 ** 42;

/**
 * The bytes of a recording, piece by piece, from its events, part by part, in the order of time.
 *
 * @throws StriateError for events that the format cannot hold: outside the sensor or its own limits, at no whole
 *   microsecond, before the event before them, or so long after it that the format's clock would go round unseen.
 */
export async function* encodeEvents(
  parts: Iterable<Events> | AsyncIterable<Events>,
  options: WriteEventsOptions,
): AsyncGenerator<Uint8Array> {
  const { limits } = eventFormats[options.format];
  const { width, height } = options.sensor;
  if (!(width > 0 && height > 0 && width <= limits.width && height <= limits.height)) {
    throw new StriateError(
      `a sensor of ${width} × ${height} pixels; ${eventFormats[options.format].title} holds up to ${limits.width} × ${limits.height}`,
      "Choose another format",
    );
  }
  yield* eventFormats[options.format].encode(checked(parts, options), options);
}

/** The bytes of a whole recording. Throws as `encodeEvents`. */
export async function writeEvents(events: Events, options: WriteEventsOptions): Promise<Uint8Array> {
  const pieces: Uint8Array[] = [];
  for await (const piece of encodeEvents([events], options)) pieces.push(piece);
  const whole = new Uint8Array(pieces.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const piece of pieces) {
    whole.set(piece, at);
    at += piece.length;
  }
  return whole;
}

/** Parts of at most a packet's events, each event checked. */
async function* checked(
  parts: Iterable<Events> | AsyncIterable<Events>,
  { format, sensor }: WriteEventsOptions,
): AsyncGenerator<Events> {
  const { clockBits } = eventFormats[format];
  const longest = clockBits === undefined ? Number.POSITIVE_INFINITY : 2 ** (clockBits - 1);
  // the first time must be of the clock's first turn
  const latestFirst = clockBits === undefined ? (format === "aedat4" ? 2 ** 53 : latestTime) : 2 ** clockBits;
  let last: number | undefined;
  let event = 0;
  for await (const { x, y, t, p, count } of parts) {
    for (let i = 0; i < count; i++, event++) {
      const refuse = (why: string) =>
        new StriateError(`event ${event} cannot be written as ${eventFormats[format].title}: ${why}`);
      if (x[i]! >= sensor.width || y[i]! >= sensor.height)
        throw refuse(`it is in column ${x[i]}, row ${y[i]} of ${sensor.width} × ${sensor.height}`);
      if (p[i]! > 1) throw refuse(`its polarity is ${p[i]}`);
      const time = t[i]!;
      if (!Number.isSafeInteger(time) || time < 0) throw refuse(`it is at ${time} µs`);
      if (last === undefined ? time >= latestFirst : time < last || time - last >= longest)
        throw refuse(
          `it is at ${time} µs, ${last === undefined ? "the first of all" : `the one before it at ${last}`}`,
        );
      last = time;
    }
    for (let from = 0; from < count; from += packetEvents) {
      const to = Math.min(count, from + packetEvents);
      yield {
        x: x.subarray(from, to),
        y: y.subarray(from, to),
        t: t.subarray(from, to),
        p: p.subarray(from, to),
        count: to - from,
      };
    }
  }
}
