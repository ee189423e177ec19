import { StriateError } from "../../error.ts";
import type { SensorSize } from "../../formats/events/packet.ts";
import type { Placement } from "./placement.ts";

/** Events in the order of the recording; the arrays have at least `count` entries. */
export interface StreamedEvents {
  readonly x: ArrayLike<number>;
  readonly y: ArrayLike<number>;
  /** Microseconds. */
  readonly t: ArrayLike<number>;
  /** 1 where it became brighter, 0 where darker. */
  readonly p: ArrayLike<number>;
  readonly count: number;
}

export interface WindowOptions {
  /** Microseconds of a window, which is a time step of the network. */
  readonly window: number;
  /** Windows of a packet. */
  readonly windows: number;
  readonly input: SensorSize;
  readonly placement: Placement;
  /** True where events outside the network's input are left out; else they are an error. */
  readonly crops: boolean;
}

/** What a camera hands over at once: the events of some windows of time. */
export interface EventWindows {
  /** Windows before this packet. */
  readonly first: number;
  readonly steps: number;
  /** Counts (steps, 2, height, width): first of what became darker, then brighter. Overwritten by the packet after the next. */
  readonly counts: Float32Array;
  readonly events: number;
}

/** Longest gap between two events, in windows: a longer one is a clock that jumped. */
const longestGap = 1e7;

/**
 * Counts events in windows of time as they come, in the memory of one packet. The first window begins with the first
 * event; windows without events are there too. Events that come late are counted in the packet that is open.
 */
export class WindowCounter {
  /** Microseconds at which the first window began. */
  start: number | undefined;
  events = 0;
  /** Events outside the network's input, and events that came after their packet was closed. */
  outside = 0;
  late = 0;
  private readonly options: WindowOptions;
  private counts: Float32Array;
  private spare: Float32Array;
  private readonly size: number;
  private first = 0;
  private last = 0;
  private inPacket = 0;

  constructor(options: WindowOptions) {
    const { input, windows } = options;
    this.options = options;
    this.size = 2 * input.height * input.width;
    this.counts = new Float32Array(windows * this.size);
    this.spare = new Float32Array(windows * this.size);
  }

  /** Counts some events; yields every packet that they complete. */
  *add({ x, y, t, p, count }: StreamedEvents): Generator<EventWindows> {
    const { window, windows, input, placement, crops } = this.options;
    const { scale, left, top } = placement;
    for (let i = 0; i < count; i++) {
      this.start ??= t[i]!;
      const at = Math.floor((t[i]! - this.start) / window);
      if (at - this.first > longestGap) {
        throw new StriateError(
          `the time jumps from ${this.start + this.last * window} to ${t[i]} µs, over more than ${longestGap} windows`,
          "The recording is damaged, or give a longer --window",
        );
      }
      while (at >= this.first + windows) yield this.close();
      if (at < this.first) this.late++;
      this.last = Math.max(this.last, at);
      this.events++;
      this.inPacket++;
      const column = Math.floor(x[i]! / scale) - left;
      const row = Math.floor(y[i]! / scale) - top;
      if (column < 0 || column >= input.width || row < 0 || row >= input.height) {
        if (!crops) {
          throw new StriateError(
            `an event is in column ${x[i]}, row ${y[i]}; the network takes ${input.width} × ${input.height}`,
            "Give --sensor, such as 346x260, and --downscale or --crop",
          );
        }
        this.outside++;
        continue;
      }
      const step = Math.max(0, at - this.first);
      this.counts[step * this.size + (p[i]! * input.height + row) * input.width + column]!++;
    }
  }

  /** The packet of the last events, as long as every other; undefined where there are none. */
  end(): EventWindows | undefined {
    return this.inPacket === 0 ? undefined : this.close();
  }

  private close(): EventWindows {
    const steps = this.options.windows;
    const packet = { first: this.first, steps, counts: this.counts, events: this.inPacket };
    this.counts = this.spare.fill(0);
    this.spare = packet.counts;
    this.first += steps;
    this.inPacket = 0;
    return packet;
  }
}
