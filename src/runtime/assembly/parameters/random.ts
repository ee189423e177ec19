import { endOf } from "./span";

/**
 * Random words of Philox 4×32-10 (Salmon, Moraes, Dror & Shaw, "Parallel random numbers: as easy as 1, 2, 3", SC 2011).
 *
 * A block is four words, a function of a 128-bit counter and a 64-bit key; the low half of the counter numbers the
 * blocks of a stream, the high half names the stream. Four blocks are computed at once, one in each lane, and transposed
 * so that the words of a block lie together.
 *
 * @param target address of blocks × 16 bytes, rounded up to a multiple of 64
 * @param counter0 lowest 32 bits of the first block's counter
 */
export function philoxWords(
  target: usize,
  blocks: i32,
  key0: i32,
  key1: i32,
  counter0: i32,
  counter1: i32,
  counter2: i32,
  counter3: i32,
): void {
  let number = ((<u64>(<u32>counter1)) << 32) | <u64>(<u32>counter0);
  for (let done = 0; done < blocks; done += 4) {
    const first = i32x4.splat(<i32>number);
    let word0 = i32x4.add(first, i32x4(0, 1, 2, 3));
    // a lane that wrapped below the first carries one into the high word: its comparison is −1
    let word1 = i32x4.sub(i32x4.splat(<i32>(number >> 32)), v128.lt<u32>(word0, first));
    let word2 = i32x4.splat(counter2);
    let word3 = i32x4.splat(counter3);
    let round0 = i32x4.splat(key0);
    let round1 = i32x4.splat(key1);
    for (let round = 0; round < 10; round++) {
      const m0 = i32x4.splat(0xd2511f53);
      const m1 = i32x4.splat(0xcd9e8d57);
      const low0 = i64x2.extmul_low_i32x4_u(m0, word0);
      const high0 = i64x2.extmul_high_i32x4_u(m0, word0);
      const low1 = i64x2.extmul_low_i32x4_u(m1, word2);
      const high1 = i64x2.extmul_high_i32x4_u(m1, word2);
      word0 = v128.xor(v128.xor(v128.shuffle<i32>(low1, high1, 1, 3, 5, 7), word1), round0);
      word2 = v128.xor(v128.xor(v128.shuffle<i32>(low0, high0, 1, 3, 5, 7), word3), round1);
      word1 = v128.shuffle<i32>(low1, high1, 0, 2, 4, 6);
      word3 = v128.shuffle<i32>(low0, high0, 0, 2, 4, 6);
      round0 = i32x4.add(round0, i32x4.splat(0x9e3779b9));
      round1 = i32x4.add(round1, i32x4.splat(0xbb67ae85));
    }
    const low01 = v128.shuffle<i32>(word0, word1, 0, 4, 1, 5);
    const high01 = v128.shuffle<i32>(word0, word1, 2, 6, 3, 7);
    const low23 = v128.shuffle<i32>(word2, word3, 0, 4, 1, 5);
    const high23 = v128.shuffle<i32>(word2, word3, 2, 6, 3, 7);
    v128.store(target, v128.shuffle<i32>(low01, low23, 0, 1, 4, 5));
    v128.store(target, v128.shuffle<i32>(low01, low23, 2, 3, 6, 7), 16);
    v128.store(target, v128.shuffle<i32>(high01, high23, 0, 1, 4, 5), 32);
    v128.store(target, v128.shuffle<i32>(high01, high23, 2, 3, 6, 7), 48);
    target += 64;
    number += 4;
  }
}

/** Turns random words into float32, in place: low + range · u, where u = ⌊word / 2⁸⌋ / 2²⁴ lies in [0, 1). */
export function wordsToUniform(span: usize, length: i32, low: f32, range: f32): void {
  const end = endOf(span, length);
  for (; span < end; span += 16) {
    const u = f32x4.mul(
      f32x4.convert_i32x4_s(i32x4.shr_u(v128.load(span), 8)),
      f32x4.splat(1.0 / 16777216.0),
    );
    v128.store(span, f32x4.add(f32x4.splat(low), f32x4.mul(f32x4.splat(range), u)));
  }
}
