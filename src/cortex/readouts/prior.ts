import { constant, matmul, mul, sub, sum, type Tensor } from "../../tensor/index.ts";

/** What is known of a neuron's features before it was recorded: a normal distribution. */
export interface FeaturePrior {
  /** (width). */
  readonly mean: Float32Array;
  /** Inverse of the covariance, (width, width). */
  readonly precision: Float32Array;
}

/**
 * The normal distribution that features (neurons, width) of known neurons were drawn from. A tenth of the covariance is
 * taken to be the same in all directions, since neurons may be fewer than features.
 */
export function priorOf(features: readonly Float32Array[], width: number): FeaturePrior {
  const rows = features.flatMap((data) =>
    Array.from({ length: data.length / width }, (_, i) => data.subarray(i * width, (i + 1) * width)),
  );
  const mean = new Float32Array(width);
  for (const row of rows) for (let i = 0; i < width; i++) mean[i]! += row[i]! / rows.length;
  const covariance = new Float64Array(width * width);
  for (const row of rows)
    for (let i = 0; i < width; i++)
      for (let j = 0; j < width; j++)
        covariance[i * width + j]! += ((row[i]! - mean[i]!) * (row[j]! - mean[j]!)) / rows.length;
  let variance = 0;
  for (let i = 0; i < width; i++) variance += covariance[i * width + i]! / width;
  for (let i = 0; i < width; i++) covariance[i * width + i]! += 0.1 * variance + 1e-12;
  return { mean, precision: Float32Array.from(inverse(covariance, width)) };
}

/** Minus the logarithm of the prior of features (neurons, width), up to a constant: ½ Σ (f − m) P (f − m)ᵀ. */
export function departure(features: Tensor, { mean, precision }: FeaturePrior): Tensor {
  const width = mean.length;
  const away = sub(features, constant(mean, [1, width]));
  return mul(sum(mul(away, matmul(away, constant(precision, [width, width])))), constant(0.5));
}

/** The inverse of a positive definite matrix, by Gauss and Jordan. */
function inverse(matrix: Float64Array, n: number): Float64Array {
  const left = matrix.slice();
  const right = new Float64Array(n * n);
  for (let i = 0; i < n; i++) right[i * n + i] = 1;
  for (let pivot = 0; pivot < n; pivot++) {
    const scale = 1 / left[pivot * n + pivot]!;
    for (let j = 0; j < n; j++) {
      left[pivot * n + j]! *= scale;
      right[pivot * n + j]! *= scale;
    }
    for (let row = 0; row < n; row++) {
      const factor = left[row * n + pivot]!;
      if (row === pivot || factor === 0) continue;
      for (let j = 0; j < n; j++) {
        left[row * n + j]! -= factor * left[pivot * n + j]!;
        right[row * n + j]! -= factor * right[pivot * n + j]!;
      }
    }
  }
  return right;
}
