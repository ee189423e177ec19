import { StriateError } from "../../error.ts";
import type { Events, SensorSize } from "./packet.ts";

export interface EventFrameSettings {
  /** Microseconds of a frame; or `events`. */
  readonly window?: number;
  /** Events of a frame; or `window`. */
  readonly events?: number;
  /** When the first frame of time begins, in microseconds; with the first event when absent. */
  readonly start?: number;
  /**
   * How many there are at most; endless when absent. What comes after the last is left out, or, with `rest`, counted in it,
   * as SpikingJelly does where it splits a recording into a number of frames.
   */
  readonly frames?: number;
  readonly rest?: boolean;
  /** Pixels of the camera. */
  readonly sensor: SensorSize;
  /** The part of the sensor that is looked at; all when absent. */
  readonly crop?: SensorSize & { readonly x: number; readonly y: number };
  /** Pixels of a frame, in which those of the sensor are added up; as many as looked at when absent. */
  readonly size?: SensorSize;
  /** Whether a last frame that is not full is given too; true when absent. */
  readonly incomplete?: boolean;
}

export interface EventFrame {
  /** Counts (2, height, width): of events that became darker, then brighter. */
  readonly data: Float32Array;
  readonly index: number;
  /** Microseconds at which it begins: of the window, or of its first event. */
  readonly start: number;
  readonly events: number;
}

/**
 * Counts of events in frames, one after another, holding one at a time. Frames of a time follow each other without a gap,
 * also where there were no events; an event that comes late, after its frame was given out, counts in the present one.
 *
 * @throws StriateError for settings that are none.
 */
export async function* frameEvents(
  packets: Iterable<Events> | AsyncIterable<Events>,
  settings: EventFrameSettings,
): AsyncGenerator<EventFrame> {
  const {
    window,
    events: eventsEach,
    frames = Number.POSITIVE_INFINITY,
    rest = false,
    sensor,
    incomplete = true,
  } = settings;
  const { crop = { x: 0, y: 0, ...sensor } } = settings;
  const { width, height } = settings.size ?? crop;
  check(settings, { width, height });
  const columns = placesOf(sensor.width, crop.x, crop.width, width);
  const rows = placesOf(sensor.height, crop.y, crop.height, height);
  const plane = width * height;
  let data = new Float32Array(2 * plane);
  let index = 0;
  let counted = 0;
  let start = settings.start;
  const finished = (): EventFrame => {
    const frame = { data, index, start: start!, events: counted };
    data = new Float32Array(2 * plane);
    index++;
    counted = 0;
    return frame;
  };
  for await (const { x, y, t, p, count } of packets) {
    for (let i = 0; i < count; i++) {
      const time = t[i]!;
      if (start === undefined) start = time;
      if (time < start && index === 0 && window !== undefined) continue;
      if (window !== undefined) {
        while (time >= start + window && !(rest && index === frames - 1)) {
          yield finished();
          start += window;
          if (index >= frames) return;
        }
      } else if (counted === eventsEach && !(rest && index === frames - 1)) {
        yield finished();
        start = time;
        if (index >= frames) return;
      }
      counted++;
      const column = columns[x[i]!] ?? -1;
      const row = rows[y[i]!] ?? -1;
      if (column >= 0 && row >= 0) data[p[i]! * plane + row * width + column]++;
    }
  }
  if (start !== undefined && (incomplete || counted === eventsEach)) yield finished();
}

/** Where each column, or row, of the sensor lies in a frame; −1 outside. */
const placesOf = (pixels: number, from: number, length: number, size: number): Int32Array =>
  Int32Array.from({ length: pixels }, (_, i) =>
    i < from || i >= from + length ? -1 : Math.floor(((i - from) * size) / length),
  );

function check({ window, events, frames, sensor, crop }: EventFrameSettings, size: SensorSize): void {
  if ((window === undefined) === (events === undefined))
    throw new StriateError(
      "frames need either a window of time or a number of events",
      "Give one of the two",
    );
  if (window !== undefined && !(window > 0))
    throw new StriateError(`the frames are ${window} µs long; expected more than 0`, "Give a window");
  const wholes = { events: events ?? 1, frames: frames ?? 1, width: size.width, height: size.height };
  for (const [what, value] of Object.entries(wholes)) {
    if (!(Number.isSafeInteger(value) && value > 0))
      throw new StriateError(`${what} ${value}: expected a whole number above 0`, `Give ${what}`);
  }
  const inside =
    crop === undefined ||
    (crop.x >= 0 &&
      crop.y >= 0 &&
      crop.x + crop.width <= sensor.width &&
      crop.y + crop.height <= sensor.height);
  if (!inside)
    throw new StriateError(
      `the part to look at leaves the sensor of ${sensor.width} × ${sensor.height} pixels`,
    );
}
