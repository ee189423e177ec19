import {
  abs,
  add,
  constant,
  gridSample,
  matmul,
  mul,
  relu,
  reshape,
  slice,
  sub,
  sum,
  type Tensor,
  transpose,
} from "../../tensor/index.ts";
import type { FeatureMap } from "../core.ts";

/**
 * Each neuron's weighted sum of the features at its own position: Σ_c weights[k, c] · features(position k)[c].
 * Positions (N or 1, K, 2) are (x, y) from −1 (centre of the first column or row) to 1 (centre of the last); between
 * grid points features are interpolated bilinearly, beyond the grid they are 0, as torch's grid_sample with
 * align_corners. `weights` has shape (K, C). Returns (N, K).
 */
export function readAt(features: FeatureMap, positions: Tensor, weights: Tensor): Tensor {
  const [n, points] = features.values.shape as [number, number, number];
  const neurons = weights.shape[0]!;
  // Products at every grid point cost `points` products of width C; sampling costs some 40 passes over width C, mostly
  // memory traffic.
  const isDense = points * 2 <= 40 * 16 || n * points * neurons < 2 ** 22;
  return isDense ? readDense(features, positions, weights) : readSampled(features, positions, weights);
}

/** Products at every grid point, then a sum weighted by how near each point is. */
export function readDense(
  { values, grid: [rows, columns] }: FeatureMap,
  positions: Tensor,
  weights: Tensor,
): Tensor {
  const [n, points, width] = values.shape as [number, number, number];
  const neurons = weights.shape[0]!;
  const products = matmul(reshape(values, [n * points, width]), weights, { transposeB: true });
  const [across, down] = [nearness(positions, 0, columns), nearness(positions, 1, rows)];
  const batches = positions.shape[0]!;
  const byRow = sum(
    mul(reshape(products, [n, rows, columns, neurons]), reshape(across, [batches, 1, columns, neurons])),
    2,
  );
  return sum(mul(byRow, down), 1);
}

/** How near each grid line is to each position along an axis, 1 at the position and 0 from one line on: (N, lines, K). */
function nearness(positions: Tensor, axis: 0 | 1, lines: number): Tensor {
  const [batches, neurons] = positions.shape as [number, number, number];
  const along = reshape(slice(positions, [axis], [axis + 1], { axes: [2] }), [batches, 1, neurons]);
  const place = mul(add(along, constant(1)), constant((lines - 1) / 2));
  const line = constant(
    Array.from({ length: lines }, (_, i) => i),
    [1, lines, 1],
  );
  return relu(sub(constant(1), abs(sub(place, line))));
}

/** The features at each position, then one product. */
export function readSampled({ values, grid }: FeatureMap, positions: Tensor, weights: Tensor): Tensor {
  const [n, , width] = values.shape as [number, number, number];
  const neurons = weights.shape[0]!;
  const [batches] = positions.shape as [number];
  const everywhere = batches === n ? positions : add(positions, constant(new Float32Array(n), [n, 1, 1]));
  const images = reshape(transpose(values, [0, 2, 1]), [n, width, grid[0], grid[1]]);
  const sampled = reshape(gridSample(images, reshape(everywhere, [n, neurons, 1, 2])), [n, width, neurons]);
  return sum(mul(sampled, transpose(weights, [1, 0])), 1);
}
