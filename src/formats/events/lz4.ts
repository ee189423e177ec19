import { StriateError } from "../../error.ts";

export const lz4Mark = 0x184d2204;
/** The largest blocks of the frame format, by the code of its descriptor. */
const blockBytes: Readonly<Record<number, number>> = { 4: 2 ** 16, 5: 2 ** 18, 6: 2 ** 20, 7: 2 ** 22 };

/** Unpacked bytes, in a buffer that grows as they come. */
class Output {
  bytes = new Uint8Array(2 ** 16);
  length = 0;

  constructor(private readonly most: number) {}

  room(more: number): void {
    if (this.length + more > this.most) throw broken(`it unpacks to more than ${this.most} bytes`);
    if (this.length + more <= this.bytes.length) return;
    const larger = new Uint8Array(Math.max(this.bytes.length * 2, this.length + more));
    larger.set(this.bytes.subarray(0, this.length));
    this.bytes = larger;
  }
}

const broken = (why: string) => new StriateError(`the LZ4 data is corrupt: ${why}`);

/**
 * Unpacks frames of LZ4 (frame format 1.6). Checksums are passed over.
 *
 * @param most bytes that are accepted.
 * @throws StriateError for what is no such frame.
 */
export function unpackLz4(packed: Uint8Array, most: number): Uint8Array {
  const view = new DataView(packed.buffer, packed.byteOffset, packed.byteLength);
  const need = (end: number) => {
    if (end > packed.length) throw broken("it is cut short");
  };
  const output = new Output(most);
  let at = 0;
  while (at < packed.length) {
    need(at + 7);
    if (view.getUint32(at, true) !== lz4Mark) throw broken("it has no mark of a frame");
    const flags = packed[at + 4]!;
    const most = blockBytes[(packed[at + 5]! >> 4) & 7];
    if (flags >> 6 !== 1 || most === undefined) throw broken("its descriptor is of no known version");
    if (flags & 1) throw broken("it needs a dictionary");
    at += 7 + (flags & 8 ? 8 : 0);
    for (;;) {
      need(at + 4);
      const word = view.getUint32(at, true);
      at += 4;
      if (word === 0) break;
      const size = word & 0x7fffffff;
      need(at + size);
      if (size > most) throw broken(`a block of ${size} bytes`);
      const block = packed.subarray(at, at + size);
      if (word >>> 31) {
        output.room(size);
        output.bytes.set(block, output.length);
        output.length += size;
      } else unpackBlock(block, output);
      at += size + (flags & 16 ? 4 : 0);
    }
    at += flags & 4 ? 4 : 0;
  }
  return output.bytes.subarray(0, output.length);
}

/** Literals, and copies of what came up to 64 KiB before, in turn. */
function unpackBlock(block: Uint8Array, output: Output): void {
  let at = 0;
  const long = (length: number) => {
    if (length < 15) return length;
    let byte: number;
    do {
      if (at >= block.length) throw broken("a length is cut short");
      byte = block[at++]!;
      length += byte;
    } while (byte === 255);
    return length;
  };
  while (at < block.length) {
    const token = block[at++]!;
    const literals = long(token >> 4);
    if (at + literals > block.length) throw broken("literals are cut short");
    output.room(literals);
    output.bytes.set(block.subarray(at, at + literals), output.length);
    output.length += literals;
    at += literals;
    if (at === block.length) return;
    if (at + 2 > block.length) throw broken("a distance is cut short");
    const distance = block[at]! | (block[at + 1]! << 8);
    at += 2;
    const length = long(token & 15) + 4;
    if (distance === 0 || distance > output.length) throw broken(`a copy from ${distance} bytes back`);
    output.room(length);
    const { bytes } = output;
    let to = output.length;
    output.length += length;
    if (distance >= length) bytes.copyWithin(to, to - distance, to - distance + length);
    else for (let from = to - distance; to < output.length; ) bytes[to++] = bytes[from++]!;
  }
}

const hashBits = 14;

/** Packs bytes as one frame of LZ4, in blocks of 64 KiB that stand alone. */
export function packLz4(bytes: Uint8Array): Uint8Array {
  const blockSize = blockBytes[4]!;
  const out: number[] = [];
  // version 1, blocks stand alone; blocks of 64 KiB; the second byte of the descriptor's xxHash
  out.push(0x04, 0x22, 0x4d, 0x18, 0x60, 0x40, 0x82);
  for (let from = 0; from < bytes.length; from += blockSize) {
    const block = bytes.subarray(from, from + blockSize);
    const packed = packBlock(block);
    const stored = packed.length >= block.length;
    const body = stored ? block : packed;
    out.push(body.length & 255, (body.length >> 8) & 255, body.length >> 16, stored ? 0x80 : 0);
    for (const byte of body) out.push(byte);
  }
  out.push(0, 0, 0, 0);
  return Uint8Array.from(out);
}

function packBlock(block: Uint8Array): number[] {
  const out: number[] = [];
  const seen = new Int32Array(2 ** hashBits).fill(-1);
  const view = new DataView(block.buffer, block.byteOffset, block.byteLength);
  const long = (length: number) => {
    for (length -= 15; length >= 255; length -= 255) out.push(255);
    if (length >= 0) out.push(length);
  };
  const literalsTo = (end: number, match: number) => {
    const literals = end - literalsFrom;
    out.push((Math.min(literals, 15) << 4) | Math.min(Math.max(match - 4, 0), 15));
    if (literals >= 15) long(literals);
    for (let i = literalsFrom; i < end; i++) out.push(block[i]!);
  };
  let literalsFrom = 0;
  // the format wants the last match to begin 12 bytes before the end, and the last 5 bytes to be literals
  for (let at = 0; at < block.length - 12; ) {
    const word = view.getUint32(at, true);
    const hash = Math.imul(word, 0x9e3779b1) >>> (32 - hashBits);
    const before = seen[hash]!;
    seen[hash] = at;
    if (before < 0 || view.getUint32(before, true) !== word || at - before > 0xffff) {
      at++;
      continue;
    }
    let length = 4;
    while (at + length < block.length - 5 && block[before + length] === block[at + length]) length++;
    literalsTo(at, length);
    out.push((at - before) & 255, (at - before) >> 8);
    if (length - 4 >= 15) long(length - 4);
    at += length;
    literalsFrom = at;
  }
  literalsTo(block.length, 0);
  return out;
}
