import type { RandomGenerator } from "pure-rand/types/RandomGenerator";
import { type Kernels, kernelsOver } from "./kernels/parameters.ts";

/** Two unsigned 32-bit words. */
export type Key = readonly [number, number];

/** Words made at once for a fill; their 32 KiB stay in the first-level cache. */
const CHUNK = 8192;
/** Words kept for single draws. */
const KEPT = 256;
/** Last counter word: what a block is for, so that draws and child keys never share one. */
const DRAW = 0;
const CHILD = 1;

/**
 * The words of Philox 4×32-10 under one key, each a function of the key and its position. Word 4 b + j is word j of the
 * block with counter (b low, b high, 0, 0). Also a generator for the distributions of pure-rand.
 */
export class PhiloxStream implements RandomGenerator {
  readonly key: Key;
  /** Words drawn so far. */
  position: number;
  readonly #kept = new Int32Array(KEPT);
  #keptFrom = -1;

  constructor(key: Key, position: number) {
    this.key = key;
    this.position = position;
  }

  /** The next word, read as a signed integer. */
  next(): number {
    const offset = this.position % KEPT;
    const from = this.position - offset;
    if (from !== this.#keptFrom) {
      this.#kept.set(drawBlocks(this.key, from / 4, KEPT / 4));
      this.#keptFrom = from;
    }
    this.position += 1;
    return this.#kept[offset];
  }

  /**
   * Fills an array, one word a number from the next whole block on. `transform` turns the words at address 0 of the
   * kernels' memory into that many float32, in place.
   */
  fill(target: Float32Array, transform: (kernels: Kernels, length: number) => void): void {
    let block = Math.ceil(this.position / 4);
    for (let start = 0; start < target.length; start += CHUNK) {
      const length = Math.min(CHUNK, target.length - start);
      const blocks = Math.ceil(length / 4);
      drawBlocks(this.key, block, blocks);
      transform(workshop!.kernels, length);
      target.set(workshop!.numbers.subarray(0, length), start);
      block += blocks;
    }
    this.position = block * 4;
  }

  clone(): PhiloxStream {
    return new PhiloxStream(this.key, this.position);
  }

  getState(): readonly number[] {
    return [...this.key, this.position];
  }
}

/**
 * A key that depends on all of a key and a label: the label is absorbed eight bytes at a time by Philox itself, used as
 * a keyed hash (Claessen & Pałka, "Splittable pseudorandom number generators using cryptographic hashing", 2013).
 */
export function childKey(parent: Key, label: string): Key {
  const bytes = new TextEncoder().encode(label);
  // 0x80 does not start a character in UTF-8, so no padded label is the beginning of another
  const padded = new Uint8Array((Math.floor(bytes.length / 8) + 1) * 8);
  padded.set(bytes);
  padded[bytes.length] = 0x80;
  const chunks = new DataView(padded.buffer);
  let key = parent;
  for (let at = 0; at < padded.length; at += 8) {
    const [word0, word1] = [chunks.getUint32(at, true), chunks.getUint32(at + 4, true)];
    const hash = philox(key, word0, word1, at / 8, CHILD, 1);
    key = [hash[0] >>> 0, hash[1] >>> 0];
  }
  return key;
}

let workshop: { kernels: Kernels; words: Int32Array; numbers: Float32Array } | undefined;

function openWorkshop() {
  const memory = new WebAssembly.Memory({ initial: 1, maximum: 1 });
  const words = new Int32Array(memory.buffer);
  return { kernels: kernelsOver(memory), words, numbers: new Float32Array(memory.buffer) };
}

function drawBlocks(key: Key, block: number, count: number): Int32Array {
  return philox(key, block, Math.floor(block / 2 ** 32), 0, DRAW, count);
}

/** Consecutive blocks from a counter on; the next call overwrites the words. */
function philox(
  key: Key,
  counter0: number,
  counter1: number,
  counter2: number,
  counter3: number,
  blocks: number,
): Int32Array {
  workshop ??= openWorkshop();
  workshop.kernels.philoxWords(0, blocks, key[0], key[1], counter0, counter1, counter2, counter3);
  return workshop.words.subarray(0, blocks * 4);
}
