import { readFileSync } from "node:fs";

/** An array as reference/fixture.py stores it: drawn from a seed, given in full, or sampled. */
export interface StoredArray {
  readonly shape: readonly number[];
  readonly dtype?: "float32" | "int64" | "int32" | "uint8" | "bool";
  readonly seed?: number;
  readonly low?: number;
  readonly high?: number;
  readonly data?: readonly (number | string)[];
  /** Present in a sample: `data` holds values 0, every, 2·every, … */
  readonly every?: number;
  readonly sum?: number;
  readonly sumOfSquares?: number;
  readonly max?: number;
}

export function readFixture<T>(name: string): T {
  return JSON.parse(readFileSync(new URL(`../fixtures/${name}.json`, import.meta.url), "utf8")) as T;
}

export const sizeOf = (shape: readonly number[]): number =>
  shape.reduce((product, extent) => product * extent, 1);

/** The first `count` values of reference/fixture.py's draw: mulberry32, scaled to [low, high). */
export function draw(count: number, seed: number, low = -1, high = 1): Float32Array {
  return Float32Array.from({ length: count }, (_, i) => {
    const a = (seed + Math.imul(i + 1, 0x6d2b79f5)) | 0;
    let t = Math.imul(a ^ (a >>> 15), a | 1);
    t = (t + Math.imul(t ^ (t >>> 7), t | 61)) ^ t;
    return low + (high - low) * (((t ^ (t >>> 14)) >>> 0) / 4294967296);
  });
}

/** The values of an input. */
export function valuesOf(stored: StoredArray): Float32Array {
  if (stored.seed !== undefined) return draw(sizeOf(stored.shape), stored.seed, stored.low, stored.high);
  return Float32Array.from(stored.data!, Number);
}

/**
 * The largest difference from the expected values, relative to their largest magnitude (to 1 where all are 0). Sums of
 * a sampled array are compared relative to what independent errors of that size would give.
 */
export function mismatch(actual: ArrayLike<number | bigint>, expected: StoredArray): number {
  const size = sizeOf(expected.shape);
  if (actual.length !== size) return Number.POSITIVE_INFINITY;
  const every = expected.every ?? 1;
  const largest =
    expected.max ?? expected.data!.reduce<number>((m, v) => Math.max(m, Math.abs(Number(v))), 0);
  const scale = largest === 0 ? 1 : largest;
  let worst = 0;
  for (const [i, value] of expected.data!.entries()) {
    const difference = Math.abs(Number(actual[i * every]) - Number(value)) / scale;
    worst = Math.max(worst, Number.isNaN(difference) ? Number.POSITIVE_INFINITY : difference);
  }
  if (expected.every === undefined) return worst;
  let sum = 0;
  let squares = 0;
  for (let i = 0; i < size; i++) {
    sum += Number(actual[i]);
    squares += Number(actual[i]) ** 2;
  }
  const rest = Math.max(
    Math.abs(sum - expected.sum!) / (4 * scale * Math.sqrt(size)),
    Math.abs(squares - expected.sumOfSquares!) / (4 * (expected.sumOfSquares || 1)),
  );
  return Math.max(worst, Number.isNaN(rest) ? Number.POSITIVE_INFINITY : rest);
}
