/** Pixels of a camera. */
export interface SensorSize {
  width: number;
  height: number;
}

/** Events of an event camera, in the order of the file; the arrays have `count` entries. */
export interface Events {
  /** Column, from the left as the file counts. */
  readonly x: Uint16Array;
  /** Row, from the top as the file counts. */
  readonly y: Uint16Array;
  /**
   * Microseconds, as the file counts them, clocks that went round unwrapped: whole numbers, which float64 holds up to
   * 2⁵³ (285 years) where uint32 ends after 71 minutes.
   */
  readonly t: Float64Array;
  /** 1 where it became brighter, 0 where darker. */
  readonly p: Uint8Array;
  readonly count: number;
}

/**
 * Events as they come out of a stream. The arrays are views of buffers that the next packet overwrites: copy what is to
 * outlast it (`copyEvents`).
 */
export interface EventPacket extends Events {
  /** Byte of the file at which the records of these events begin. */
  readonly offset: number;
}

export function copyEvents({ x, y, t, p, count }: Events): Events {
  return { x: x.slice(0, count), y: y.slice(0, count), t: t.slice(0, count), p: p.slice(0, count), count };
}

/** All events of a stream in one: for recordings that fit in memory, 13 bytes an event. */
export async function collectEvents(packets: AsyncIterable<Events>): Promise<Events> {
  const copies: Events[] = [];
  for await (const packet of packets) copies.push(copyEvents(packet));
  return joinEvents(copies);
}

export function joinEvents(parts: readonly Events[]): Events {
  const count = parts.reduce((sum, part) => sum + part.count, 0);
  const x = new Uint16Array(count);
  const y = new Uint16Array(count);
  const t = new Float64Array(count);
  const p = new Uint8Array(count);
  let at = 0;
  for (const part of parts) {
    x.set(part.x.subarray(0, part.count), at);
    y.set(part.y.subarray(0, part.count), at);
    t.set(part.t.subarray(0, part.count), at);
    p.set(part.p.subarray(0, part.count), at);
    at += part.count;
  }
  return { x, y, t, p, count };
}
