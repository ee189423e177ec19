import { StriateError } from "../error.ts";
import type { SensorSize } from "./events/packet.ts";

/** Events of an event camera, in the order of the file. */
export interface EventRecording {
  /** Column, from the left. */
  x: Uint8Array;
  /** Row, from the top. */
  y: Uint8Array;
  /** Microseconds from the start of the recording. */
  t: Uint32Array;
  /** 1 where it became brighter, 0 where darker. */
  p: Uint8Array;
}

/** The part of the ATIS camera that N-MNIST keeps. */
export const nmnistSensor: SensorSize = { width: 34, height: 34 };

const eventBytes = 5;
/** Row of the events that only say that the clock, of 13 bits, went round once more. */
const overflowRow = 240;
const overflowMicroseconds = 2 ** 13;

/**
 * Reads a recording of N-MNIST (Orchard et al., 2015), or of the same layout: five bytes an event, column, row, one bit
 * of polarity and 23 bits of microseconds, big-endian. Events of row 240 make all later ones 8.192 ms later.
 *
 * @param name what error messages call the file.
 * @throws StriateError, with the place in the file, for half an event, an event outside the sensor, and times above
 *   2³² µs.
 */
export function readNmnist(
  bytes: Uint8Array,
  name: string,
  { width, height }: SensorSize = nmnistSensor,
): EventRecording {
  const records = Math.floor(bytes.length / eventBytes);
  if (records * eventBytes !== bytes.length) {
    throw new StriateError(
      `${name}: ${bytes.length} bytes; expected five for each event, but the one at byte ${records * eventBytes} is cut short`,
      "The file is cut short, or no recording in the format of N-MNIST",
    );
  }
  let count = 0;
  for (let at = 1; at < bytes.length; at += eventBytes) if (bytes[at] !== overflowRow) count++;
  const events: EventRecording = {
    x: new Uint8Array(count),
    y: new Uint8Array(count),
    t: new Uint32Array(count),
    p: new Uint8Array(count),
  };
  let late = 0;
  let event = 0;
  for (let at = 0; at < bytes.length; at += eventBytes) {
    const [x, y, high] = [bytes[at], bytes[at + 1], bytes[at + 2]];
    if (y === overflowRow) {
      late += overflowMicroseconds;
      continue;
    }
    if (x >= width || y >= height) {
      throw new StriateError(
        `${name}: the event at byte ${at} is in column ${x}, row ${y}; the sensor has ${width} × ${height} pixels`,
        "Give the size of the sensor, or a file in the format of N-MNIST",
      );
    }
    const t = late + ((high & 0x7f) << 16) + (bytes[at + 3] << 8) + bytes[at + 4];
    if (t >= 2 ** 32) {
      throw new StriateError(
        `${name}: the event at byte ${at} is ${t} µs into the recording; at most 2³² are read`,
        "The file is damaged, or no recording in the format of N-MNIST",
      );
    }
    events.x[event] = x;
    events.y[event] = y;
    events.t[event] = t;
    events.p[event] = high >> 7;
    event++;
  }
  return events;
}

export interface EventFrameOptions {
  /** Microseconds of each frame. */
  window: number;
  /** Frames; what comes after the last is left out. */
  steps: number;
  /** Where the first frame begins, in microseconds; with the first event when absent. */
  start?: number;
  sensor?: SensorSize;
}

/** Counts of events (steps, 2, height, width) in windows of time: first those that became darker, then brighter. */
export function eventFrames(events: EventRecording, options: EventFrameOptions): Float32Array {
  const { window, steps, start = events.t[0] ?? 0, sensor = nmnistSensor } = options;
  if (!(window > 0)) {
    throw new StriateError(`the frames are ${window} µs long; expected more than 0`, "Give a window");
  }
  if (!Number.isSafeInteger(steps) || steps < 1) {
    throw new StriateError(`there are to be ${steps} frames; expected a whole number above 0`, "Give steps");
  }
  const { width, height } = sensor;
  const frames = new Float32Array(steps * 2 * height * width);
  for (let event = 0; event < events.t.length; event++) {
    const step = Math.floor((events.t[event] - start) / window);
    if (step < 0 || step >= steps) continue;
    const plane = step * 2 + events.p[event];
    frames[(plane * height + events.y[event]) * width + events.x[event]]++;
  }
  return frames;
}
