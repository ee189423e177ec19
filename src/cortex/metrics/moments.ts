/** Count, mean and variance of each neuron over some trials. */
export interface Moments {
  /** Trials in which the neuron was recorded. */
  readonly counts: Float64Array;
  /** NaN where the count is 0. */
  readonly means: Float64Array;
  /** With the denominator count − 1; NaN where the count is below 2; exactly 0 for equal values. */
  readonly variances: Float64Array;
}

/**
 * Moments of a (trials, neurons) array over the given trials, NaN left out. Values are taken relative to the first one
 * of each neuron, so that equal values have a variance of exactly 0 and a large mean costs no digits.
 */
export function moments(values: Float32Array | Float64Array, rows: Int32Array, neurons: number): Moments {
  const counts = new Float64Array(neurons);
  const origins = new Float64Array(neurons);
  const means = new Float64Array(neurons);
  const variances = new Float64Array(neurons);
  for (const row of rows) {
    const start = row * neurons;
    for (let neuron = 0; neuron < neurons; neuron++) {
      const value = values[start + neuron]!;
      if (Number.isNaN(value)) continue;
      if (counts[neuron]++ === 0) origins[neuron] = value;
      const distance = value - origins[neuron]!;
      means[neuron] += distance;
      variances[neuron] += distance * distance;
    }
  }
  for (let neuron = 0; neuron < neurons; neuron++) {
    const count = counts[neuron]!;
    const sum = means[neuron]!;
    means[neuron] = count > 0 ? origins[neuron]! + sum / count : Number.NaN;
    variances[neuron] =
      count > 1 ? Math.max(0, variances[neuron]! - (sum * sum) / count) / (count - 1) : Number.NaN;
  }
  return { counts, means, variances };
}

/** 0 to n − 1: all rows. */
export const allRows = (n: number): Int32Array => Int32Array.from({ length: n }, (_, row) => row);
