/** The value that a fraction, 0 to 1, of the values does not exceed, between neighbours in proportion; NaN of none. */
export function quantile(values: readonly number[], fraction: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  if (sorted.length === 0) return Number.NaN;
  const position = fraction * (sorted.length - 1);
  const below = sorted[Math.floor(position)];
  const above = sorted[Math.ceil(position)];
  return below + (position - Math.floor(position)) * (above - below);
}

export function median(values: readonly number[]): number {
  return quantile(values, 0.5);
}

/** The mean; NaN of none. */
export function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

export function finiteValues(values: ArrayLike<number>): number[] {
  return Array.from(values).filter(Number.isFinite);
}

/** The root of the mean square of the finite values; NaN of none. */
export function rootMeanSquare(values: ArrayLike<number>): number {
  return Math.sqrt(mean(finiteValues(values).map((value) => value * value)));
}
