import { StriateError } from "../../error.ts";

/** Regions begin at multiples of this many bytes, a cache line. */
const ALIGNMENT = 64;
const PAGE = 65536;

/**
 * Lays out what the kernels work on in one WebAssembly memory, which threads share: first every region gets its address, then
 * the memory is made and filled.
 */
export class Arena {
  private end = ALIGNMENT;
  private readonly contents: { readonly address: number; readonly data: ArrayBufferView }[] = [];

  /** Room for some bytes, zeros; their address. */
  room(bytes: number): number {
    const address = this.end;
    this.end += Math.ceil(bytes / ALIGNMENT) * ALIGNMENT;
    return address;
  }

  /** Room for an array, and the array in it. */
  place(data: ArrayBufferView): number {
    const address = this.room(data.byteLength);
    this.contents.push({ address, data });
    return address;
  }

  /** Words of a record, which may be changed until the memory is made. */
  record(words: number): { readonly address: number; readonly words: Int32Array } {
    const data = new Int32Array(words);
    return { address: this.place(data), words: data };
  }

  /** @throws StriateError where there is not as much memory. */
  memory(): WebAssembly.Memory {
    const pages = Math.ceil(this.end / PAGE);
    const size = `${(this.end / 2 ** 20).toFixed(0)} MiB`;
    if (pages > 65535) {
      throw new StriateError(
        `the network, its state and its events need ${size}; one WebAssembly memory holds under 4 GiB`,
        "Take smaller batches, or the dense engine",
      );
    }
    let memory: WebAssembly.Memory;
    try {
      memory = new WebAssembly.Memory({ initial: pages, maximum: pages, shared: true });
    } catch (error) {
      throw new StriateError(
        `could not allocate ${size} of WebAssembly memory: ${(error as Error).message}`,
        "Close other programs, or take smaller batches",
      );
    }
    const bytes = new Uint8Array(memory.buffer);
    for (const { address, data } of this.contents) {
      bytes.set(new Uint8Array(data.buffer, data.byteOffset, data.byteLength), address);
    }
    return memory;
  }
}
