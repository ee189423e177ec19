import { StriateError } from "../../error.ts";

/** Bytes that come one after another, from a file, a network or memory. */
export interface ByteStream {
  /** What errors call it. */
  readonly name: string;
  /** Puts the next bytes at the start of `target`; says how many, 0 at the end. */
  readInto(target: Uint8Array): Promise<number>;
  close?(): Promise<void>;
}

/** Pieces of any length, or all at once, as a stream. */
export function byteStreamOf(source: Uint8Array | AsyncIterable<Uint8Array>, name: string): ByteStream {
  const pieces = source instanceof Uint8Array ? onePiece(source) : source[Symbol.asyncIterator]();
  let piece: Uint8Array = new Uint8Array();
  return {
    name,
    async readInto(target) {
      while (piece.length === 0) {
        const { value, done } = await pieces.next();
        if (done) return 0;
        piece = value;
      }
      const length = Math.min(piece.length, target.length);
      target.set(piece.subarray(0, length));
      piece = piece.subarray(length);
      return length;
    },
    async close() {
      await pieces.return?.();
    },
  };
}

async function* onePiece(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes;
}

/** Longest packet or header that is held at once: 256 MiB. */
const mostBytes = 2 ** 28;

/** What was read of a stream and not yet taken, in a buffer that grows only as bytes come. */
export class ByteReader {
  /** Byte of the file at which `bytes` begins. */
  offset = 0;
  ended = false;
  private start = 0;
  private end = 0;

  constructor(
    private readonly stream: ByteStream,
    private buffer: Uint8Array,
  ) {}

  get name(): string {
    return this.stream.name;
  }

  /** A view of what is there: valid until more is read. */
  get bytes(): Uint8Array {
    return this.buffer.subarray(this.start, this.end);
  }

  get length(): number {
    return this.end - this.start;
  }

  take(bytes: number): void {
    this.start += bytes;
    this.offset += bytes;
  }

  /** Moves what is there to the start of the buffer. */
  align(): void {
    if (this.start === 0) return;
    this.buffer.copyWithin(0, this.start, this.end);
    this.end -= this.start;
    this.start = 0;
  }

  /** Reads once. */
  async more(): Promise<void> {
    this.align();
    if (this.end === this.buffer.length) this.grow();
    const read = await this.stream.readInto(this.buffer.subarray(this.end));
    this.end += read;
    this.ended = read === 0;
  }

  /** Reads until `length` bytes are there, or the stream ends; says whether they are. */
  async has(length: number): Promise<boolean> {
    while (this.length < length && !this.ended) await this.more();
    return this.length >= length;
  }

  /** Passes over bytes that need not be held; fewer where the stream ends. */
  async skip(bytes: number): Promise<void> {
    let left = bytes;
    for (;;) {
      const now = Math.min(left, this.length);
      this.take(now);
      left -= now;
      if (left === 0 || this.ended) return;
      await this.more();
    }
  }

  close(): Promise<void> {
    return this.stream.close?.() ?? Promise.resolve();
  }

  private grow(): void {
    if (this.buffer.length >= mostBytes) {
      throw new StriateError(
        `${this.name}: byte ${this.offset}: more than ${mostBytes} bytes without an end of the packet`,
        "The file is damaged, or of another format",
      );
    }
    const larger = new Uint8Array(this.buffer.length * 2);
    larger.set(this.buffer.subarray(0, this.end));
    this.buffer = larger;
  }
}
