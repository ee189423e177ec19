import type { Recording } from "./recording.ts";

/** Statistics of columns of values, NaN left out; NaN where a column has none. `std` is the population's. */
export interface Statistics {
  readonly mean: Float64Array;
  readonly std: Float64Array;
  readonly min: Float64Array;
  readonly max: Float64Array;
  readonly median: Float64Array;
}

/** Statistics of each column of an array (rows, columns). */
export function columnStatistics(values: Float32Array, columns: number): Statistics {
  const rows = values.length / columns;
  const statistics = emptyStatistics(columns);
  const column = new Float32Array(rows);
  for (let index = 0; index < columns; index++) {
    let count = 0;
    for (let row = 0; row < rows; row++) {
      const value = values[row * columns + index]!;
      if (!Number.isNaN(value)) column[count++] = value;
    }
    const sorted = column.slice(0, count).sort();
    let sum = 0;
    for (const value of sorted) sum += value;
    let squares = 0;
    for (const value of sorted) squares += (value - sum / count) ** 2;
    const middle = count === 0 ? Number.NaN : (sorted[(count - 1) >> 1]! + sorted[count >> 1]!) / 2;
    statistics.mean[index] = sum / count;
    statistics.std[index] = Math.sqrt(squares / count);
    statistics.min[index] = sorted[0] ?? Number.NaN;
    statistics.max[index] = sorted[count - 1] ?? Number.NaN;
    statistics.median[index] = middle;
  }
  return statistics;
}

/**
 * Scalar statistics of the pixels of all trials' images: what models standardise images by. An image that is shown in
 * several trials counts as often.
 */
export function imageStatistics({ stimuli, stimulusOf, trials }: Recording): Statistics {
  const { data, count } = stimuli;
  const pixels = data.length / count;
  const shown = new Uint32Array(count);
  for (const stimulus of stimulusOf) shown[stimulus]!++;
  const total = trials * pixels;
  const overPixels = (term: (value: number) => number) => {
    let sum = 0;
    for (let at = 0; at < data.length; at++) sum += shown[Math.floor(at / pixels)]! * term(data[at]!);
    return sum;
  };
  const isShown = (_: number, at: number) => shown[Math.floor(at / pixels)]! > 0;
  const used = shown.includes(0) ? data.filter(isShown) : data;
  const extreme = (pick: (a: number, b: number) => number) => used.reduce((best, value) => pick(best, value));
  const mean = overPixels((value) => value) / total;
  const ranked = (rank: number) => valueOfRank(data, (at) => shown[Math.floor(at / pixels)]!, rank);
  return {
    mean: Float64Array.of(mean),
    std: Float64Array.of(Math.sqrt(overPixels((value) => (value - mean) ** 2) / total)),
    min: Float64Array.of(extreme(Math.min)),
    max: Float64Array.of(extreme(Math.max)),
    median: Float64Array.of((ranked(Math.floor((total - 1) / 2)) + ranked(Math.floor(total / 2))) / 2),
  };
}

/**
 * The value at a place in ascending order, each value counted `weightOf` times, by a radix search: the bits of a
 * float32, with those of negative numbers turned round, are in the order of the numbers.
 */
function valueOfRank(values: Float32Array, weightOf: (index: number) => number, rank: number): number {
  const bits = new Uint32Array(values.buffer, values.byteOffset, values.length);
  const keyOf = (word: number) => (word & 0x80000000 ? ~word >>> 0 : (word | 0x80000000) >>> 0);
  let left = rank;
  let high = 0;
  for (const pass of [0, 1]) {
    const counts = new Float64Array(65536);
    for (let at = 0; at < bits.length; at++) {
      const key = keyOf(bits[at]!);
      if (pass === 0) counts[key >>> 16]! += weightOf(at);
      else if (key >>> 16 === high) counts[key & 0xffff]! += weightOf(at);
    }
    let bin = 0;
    while (bin < 65535 && left >= counts[bin]!) left -= counts[bin++]!;
    if (pass === 0) high = bin;
    else high = high * 65536 + bin;
  }
  const word = high >= 0x80000000 ? high & 0x7fffffff : ~high >>> 0;
  return new Float32Array(Uint32Array.of(word).buffer)[0]!;
}

function emptyStatistics(columns: number): Statistics {
  const empty = () => new Float64Array(columns);
  return { mean: empty(), std: empty(), min: empty(), max: empty(), median: empty() };
}
