import { uniformFloat64 } from "pure-rand/distribution/uniformFloat64";
import { uniformInt } from "pure-rand/distribution/uniformInt";
import { StriateError } from "../error.ts";
import { childKey, type Key, PhiloxStream } from "./philox.ts";

/** Where a stream of random numbers stands; plain JSON. */
export interface RandomState {
  readonly algorithm: "philox4x32-10";
  readonly key: Key;
  /** Words of 32 bits drawn so far. */
  readonly position: number;
}

/**
 * A seeded stream of random numbers: Philox 4×32-10 (Salmon et al., SC 2011), whose words are a function of the seed
 * and their position, made four blocks at a time in WebAssembly. The same calls give the same bits in Node and in every
 * browser: only integer arithmetic and the float operations that IEEE 754 rounds exactly are used.
 *
 * Give each use its own child, `random.split("dropout")`: then adding one use does not shift the others.
 */
export class Random {
  #stream: PhiloxStream;

  /**
   * @param seed an integer from 0 to 2⁵³ − 1
   * @throws StriateError for another seed
   */
  constructor(seed: number) {
    if (!Number.isSafeInteger(seed) || seed < 0) {
      throw new StriateError(
        `the seed is ${seed}, expected an integer from 0 to 2^53 - 1`,
        "Use such a seed, 1 for example",
      );
    }
    this.#stream = new PhiloxStream([seed >>> 0, Math.floor(seed / 2 ** 32)], 0);
  }

  /** A number in [0, 1), a multiple of 2⁻⁵³. Takes two words. */
  uniform(): number {
    return uniformFloat64(this.#stream);
  }

  /** A standard normal number with the precision of float32. Takes a block; fillNormal is quicker for many. */
  normal(): number {
    return this.fillNormal(new Float32Array(1))[0];
  }

  /**
   * An integer from 0 to n − 1, each equally likely (by rejection).
   *
   * @param n from 1 to 2⁵³ − 1
   * @throws StriateError for another n
   */
  integer(n: number): number {
    if (!Number.isSafeInteger(n) || n < 1) {
      throw new StriateError(
        `integer(${n}) was asked for`,
        "Pass the number of choices, an integer from 1 to 2^53 - 1",
      );
    }
    return uniformInt(this.#stream, 0, n - 1);
  }

  /**
   * The integers 0 to n − 1 in random order, each order equally likely (Fisher & Yates).
   *
   * @throws StriateError when n is not an integer from 0 to 2³² − 1
   */
  permutation(n: number): Uint32Array {
    if (!Number.isInteger(n) || n < 0 || n >= 2 ** 32) {
      throw new StriateError(`permutation(${n}) was asked for`, "Pass an integer from 0 to 2^32 - 1");
    }
    const order = new Uint32Array(n).map((_, index) => index);
    for (let last = n - 1; last > 0; last--) {
      const chosen = uniformInt(this.#stream, 0, last);
      const moved = order[last];
      order[last] = order[chosen];
      order[chosen] = moved;
    }
    return order;
  }

  /**
   * Fills an array with low + (high − low) · u, computed in float32, where u in [0, 1) is a multiple of 2⁻²⁴. Rounding
   * can give `high` itself, but not with the default bounds. Takes a word a number, in whole blocks of four.
   *
   * @returns the array
   */
  fillUniform(target: Float32Array, low = 0, high = 1): Float32Array {
    this.#stream.fill(target, (kernels, length) => kernels.wordsToUniform(0, length, low, high - low));
    return target;
  }

  /**
   * Fills an array with normal float32 (Box & Muller 1958), none further than 6.56 deviations from the mean. Takes a
   * word a number, in whole blocks of four.
   *
   * @returns the array
   */
  fillNormal(target: Float32Array, mean = 0, deviation = 1): Float32Array {
    this.#stream.fill(target, (kernels, length) => kernels.wordsToNormal(0, length, mean, deviation));
    return target;
  }

  /**
   * An independent stream for one use, derived from this stream's key and the label, not from its position: the same
   * label always gives the same child.
   */
  split(label: string): Random {
    return Random.#at(childKey(this.#stream.key, label), 0);
  }

  /** Where this stream stands; fromState continues it with the same bits. */
  state(): RandomState {
    const { key, position } = this.#stream;
    return { algorithm: "philox4x32-10", key: [key[0], key[1]], position };
  }

  /** @throws StriateError for a value that state() cannot have returned */
  static fromState(state: RandomState): Random {
    const isWord = (value: unknown) => Number.isInteger(value) && (value as number) >>> 0 === value;
    const { algorithm, key, position } = state ?? {};
    const fits = algorithm === "philox4x32-10" && Array.isArray(key) && key.length === 2 && key.every(isWord);
    if (!fits || !Number.isSafeInteger(position) || position < 0) {
      throw new StriateError(
        `${JSON.stringify(state)} is not the state of a random stream`,
        "Pass what Random.state() returned, unchanged",
      );
    }
    return Random.#at([key[0], key[1]], position);
  }

  static #at(key: Key, position: number): Random {
    const random = new Random(0);
    random.#stream = new PhiloxStream(key, position);
    return random;
  }
}
