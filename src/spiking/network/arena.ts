import { StriateError } from "../../error.ts";
import type { Precision } from "../../runtime/kernels/points.ts";

const PAGE = 65536;
/** Where regions start: before them lie the constants of the kernels. */
const FIRST = 4096;
const MOST_BYTES = 2 ** 32 - PAGE;

/** Regions of one WebAssembly memory, reserved one after the other and then allocated at once. */
export class Arena {
  readonly precision: Precision;
  /** Bytes of a number. */
  readonly width: 4 | 8;
  #end = FIRST;
  #memory: WebAssembly.Memory | undefined;

  constructor(precision: Precision) {
    this.precision = precision;
    this.width = precision === "f64" ? 8 : 4;
  }

  /** The address of a new region, on a 64-byte boundary. */
  reserve(bytes: number): number {
    const address = this.#end;
    this.#end += Math.ceil(bytes / 64) * 64;
    if (this.#end > MOST_BYTES) {
      throw new StriateError(
        `the network needs more than ${(MOST_BYTES / 2 ** 30).toFixed(1)} GiB, which one WebAssembly memory cannot hold`,
        'Make fewer synapses or neurons, or use precision "f32"',
      );
    }
    return address;
  }

  /** Bytes of a region with a number for each of `size` neurons, padded to 64. */
  regionBytes(size: number): number {
    return Math.ceil((size * this.width) / 64) * 64;
  }

  /** Allocated at the first use; reserves nothing after it. */
  get memory(): WebAssembly.Memory {
    this.#memory ??= allocate(Math.ceil(this.#end / PAGE));
    return this.#memory;
  }

  numbers(address: number, length: number): Float32Array | Float64Array {
    const { buffer } = this.memory;
    return this.width === 8
      ? new Float64Array(buffer, address, length)
      : new Float32Array(buffer, address, length);
  }

  words(address: number, length: number): Uint32Array {
    return new Uint32Array(this.memory.buffer, address, length);
  }
}

function allocate(pages: number): WebAssembly.Memory {
  try {
    return new WebAssembly.Memory({ initial: pages, maximum: pages, shared: true });
  } catch (error) {
    throw new StriateError(
      `could not allocate ${((pages * PAGE) / 2 ** 20).toFixed(0)} MiB for the network: ${(error as Error).message}`,
      "Close other programs or make a smaller network",
    );
  }
}
