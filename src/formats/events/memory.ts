import { type RecordingKernels, recordingKernelsOver } from "../../runtime/kernels/recordings.ts";
import type { Events } from "./packet.ts";

/** Bytes of a file that are read at once. */
const inputBytes = 2 ** 20;
/** Events of a packet, at most: what they fill stays in a processor's second-level cache. */
export const packetEvents = 2 ** 15;
/** Events that one record may hold more than its first: EVT 2.1 has 32. */
const spare = 64;
const stateBytes = 64;
const pageBytes = 65536;

/**
 * The buffers of one open recording, in WebAssembly's memory where kernels can reach them: state, the bytes that were
 * read, the events that were decoded. They are lent and given back, since each memory takes a large range of addresses.
 */
export class RecordMemory {
  readonly buffer: ArrayBuffer;
  /** Undefined where there is no WebAssembly, or no addresses for another memory. */
  readonly kernelMemory: WebAssembly.Memory | undefined;
  /** Byte offsets in the buffer, for kernels. */
  readonly at: { readonly state: number; readonly input: number } & Record<"x" | "y" | "t" | "p", number>;
  readonly input: Uint8Array<ArrayBuffer>;
  readonly x: Uint16Array;
  readonly y: Uint16Array;
  readonly t: Float64Array;
  readonly p: Uint8Array;
  /** Events that are decoded and not yet handed out. */
  count = 0;

  private constructor() {
    const room = packetEvents + spare;
    // a module without data of its own uses nothing, but address 0 is kept free
    let end = 1024;
    const take = (bytes: number) => {
      const start = end;
      end += Math.ceil(bytes / 64) * 64;
      return start;
    };
    this.at = {
      state: take(stateBytes),
      input: take(inputBytes),
      x: take(room * 2),
      y: take(room * 2),
      t: take(room * 8),
      p: take(room),
    };
    this.kernelMemory = kernelMemoryOf(end);
    this.buffer = this.kernelMemory?.buffer ?? new ArrayBuffer(end);
    this.input = new Uint8Array(this.buffer, this.at.input, inputBytes);
    this.x = new Uint16Array(this.buffer, this.at.x, room);
    this.y = new Uint16Array(this.buffer, this.at.y, room);
    this.t = new Float64Array(this.buffer, this.at.t, room);
    this.p = new Uint8Array(this.buffer, this.at.p, room);
  }

  /** Undefined where they cannot run, or are not wanted. */
  kernels(): RecordingKernels | undefined {
    if (this.kernelMemory === undefined || !this.usesKernels) return undefined;
    this.instance ??= recordingKernelsOver(this.kernelMemory);
    return this.instance;
  }

  private instance: RecordingKernels | undefined;
  private usesKernels = true;
  private static readonly idle: RecordMemory[] = [];

  static borrow(usesKernels: boolean): RecordMemory {
    const memory = RecordMemory.idle.pop() ?? new RecordMemory();
    memory.count = 0;
    memory.usesKernels = usesKernels;
    return memory;
  }

  giveBack(): void {
    if (RecordMemory.idle.length < 4) RecordMemory.idle.push(this);
  }

  /** Appends one event; the caller sees to it that there is room. */
  push(x: number, y: number, t: number, p: number): void {
    const i = this.count++;
    this.x[i] = x;
    this.y[i] = y;
    this.t[i] = t;
    this.p[i] = p;
  }

  /** What was decoded, as views; the next event begins the buffers again. */
  take(): Events {
    const { count } = this;
    this.count = 0;
    return {
      x: this.x.subarray(0, count),
      y: this.y.subarray(0, count),
      t: this.t.subarray(0, count),
      p: this.p.subarray(0, count),
      count,
    };
  }
}

function kernelMemoryOf(bytes: number): WebAssembly.Memory | undefined {
  if (typeof WebAssembly === "undefined") return undefined;
  try {
    return new WebAssembly.Memory({ initial: Math.ceil(bytes / pageBytes) });
  } catch (error) {
    if (error instanceof RangeError) return undefined;
    throw error;
  }
}
