import type { Recording } from "../formats/recording.ts";
import { standardizeCoordinates } from "./scales.ts";

/** Where features lie in an image: grid point i of an axis is at pixel first + i · step of it. */
export interface Sampling {
  readonly first: number;
  readonly step: number;
}

/** Cells of the maps below along the shorter side of an image. */
const cellsAcross = 12;
/** Far more than are needed as a rule: it ends when no place moves by a fiftieth of a pixel any more. */
const mostIterations = 300;

/**
 * Estimates where in the image each neuron looks, from some trials. At every cell of a coarse grid the responses are
 * correlated with the brightness and with the contrast there; n · r² / 2 of both is what speaks for that cell, as a
 * logarithm of a likelihood. Neurons that lie near each other in the cortex see near places: places are taken to be
 * normally distributed around a smooth map of the cortex (quadratic in the coordinates; one place for all neurons where
 * there are none), which is fitted with them by expectation maximisation (Dempster et al., 1977). So a few dozen images
 * are enough when there are many neurons. Readouts start from these places: from anywhere else gradient descent rarely
 * finds them.
 *
 * @returns x and y in pixels, (neurons, 2)
 */
export function estimateCenters(recording: Recording, trials: Int32Array): Float32Array {
  const grid = new Cells(recording.stimuli.height, recording.stimuli.width);
  const likelihoods = logLikelihoods(recording, trials, grid);
  const basis = corticalBasis(recording);
  const { neurons } = recording;
  const prior = new Float64Array(2 * neurons);
  for (let i = 0; i < neurons; i++) prior.set([grid.width / 2, grid.height / 2], 2 * i);
  let variance = grid.width ** 2;
  let posterior: { means: Float64Array; variance: number } = { means: prior, variance };
  for (
    let iteration = 0, moved = Number.POSITIVE_INFINITY;
    iteration < mostIterations && moved > 0.02;
    iteration++
  ) {
    const before = prior.slice();
    posterior = posteriorOf(likelihoods, grid, prior, variance);
    fitMap(basis, posterior.means, prior);
    moved = prior.reduce((most, value, i) => Math.max(most, Math.abs(value - before[i]!)), 0);
    let residual = 0;
    for (let i = 0; i < prior.length; i++) residual += (posterior.means[i]! - prior[i]!) ** 2;
    // not below a third of a cell: the grid is no finer
    variance = Math.max((grid.side / 3) ** 2, residual / (2 * neurons) + posterior.variance);
  }
  return Float32Array.from(posterior.means, (value) => value - 0.5);
}

/** A grid of square cells over an image; what is left over at the right and the bottom belongs to none. */
class Cells {
  readonly side: number;
  readonly rows: number;
  readonly columns: number;
  readonly height: number;
  readonly width: number;

  constructor(height: number, width: number) {
    this.height = height;
    this.width = width;
    this.side = Math.max(1, Math.min(height, width) / cellsAcross);
    this.rows = Math.floor(height / this.side);
    this.columns = Math.floor(width / this.side);
  }

  get count(): number {
    return this.rows * this.columns;
  }
}

/** 1, x, y, x², xy, y² of each neuron's standardised coordinates, or fewer where neurons are few: (neurons, terms). */
function corticalBasis(recording: Recording): Float64Array[] {
  const { neurons, coordinates } = recording;
  const terms = coordinates === undefined || neurons < 12 ? 1 : neurons < 60 ? 3 : 6;
  const places = terms === 1 ? undefined : standardizeCoordinates(recording);
  return Array.from({ length: neurons }, (_, i) => {
    const [x, y] = places ? [places[2 * i]!, places[2 * i + 1]!] : [0, 0];
    return Float64Array.from([1, x, y, x * x, x * y, y * y].slice(0, terms));
  });
}

/** Means (x, y by neuron) of the distributions over cells, and their mean variance along an axis. */
function posteriorOf(
  likelihoods: Float32Array,
  { rows, columns, side, count }: Cells,
  prior: Float64Array,
  variance: number,
): { means: Float64Array; variance: number } {
  const neurons = prior.length / 2;
  const means = new Float64Array(2 * neurons);
  const weights = new Float64Array(count);
  let spread = 0;
  for (let neuron = 0; neuron < neurons; neuron++) {
    const [px, py] = [prior[2 * neuron]!, prior[2 * neuron + 1]!];
    let highest = Number.NEGATIVE_INFINITY;
    for (let cell = 0; cell < count; cell++) {
      const x = ((cell % columns) + 0.5) * side;
      const y = (Math.floor(cell / columns) + 0.5) * side;
      weights[cell] = likelihoods[neuron * count + cell]! - ((x - px) ** 2 + (y - py) ** 2) / (2 * variance);
      highest = Math.max(highest, weights[cell]!);
    }
    let [total, sumX, sumY, squares] = [0, 0, 0, 0];
    for (let cell = 0; cell < rows * columns; cell++) {
      const weight = Math.exp(weights[cell]! - highest);
      const x = ((cell % columns) + 0.5) * side;
      const y = (Math.floor(cell / columns) + 0.5) * side;
      total += weight;
      sumX += weight * x;
      sumY += weight * y;
      squares += weight * (x * x + y * y);
    }
    const [x, y] = [sumX / total, sumY / total];
    means.set([x, y], 2 * neuron);
    spread += (squares / total - x * x - y * y) / (2 * neurons);
  }
  return { means, variance: spread };
}

/** Least squares of places on the basis; writes the fitted places to `fitted`. */
function fitMap(basis: readonly Float64Array[], places: Float64Array, fitted: Float64Array): void {
  const terms = basis[0]!.length;
  for (const axis of [0, 1]) {
    const system = Array.from({ length: terms }, () => new Float64Array(terms + 1));
    basis.forEach((row, neuron) => {
      for (let i = 0; i < terms; i++) {
        for (let j = 0; j < terms; j++) system[i]![j]! += row[i]! * row[j]!;
        system[i]![terms]! += row[i]! * places[2 * neuron + axis]!;
      }
    });
    // neurons in a line would leave a term undetermined
    for (let i = 0; i < terms; i++) system[i]![i]! += 1e-6 * basis.length;
    const solution = solve(system);
    basis.forEach((row, neuron) => {
      fitted[2 * neuron + axis] = row.reduce((total, value, i) => total + value * solution[i]!, 0);
    });
  }
}

/** Gaussian elimination of a positive definite system whose last column is the right side. */
function solve(system: readonly Float64Array[]): Float64Array {
  const n = system.length;
  for (let i = 0; i < n; i++)
    for (let row = i + 1; row < n; row++) {
      const factor = system[row]![i]! / system[i]![i]!;
      for (let column = i; column <= n; column++) system[row]![column]! -= factor * system[i]![column]!;
    }
  const solution = new Float64Array(n);
  for (let i = n - 1; i >= 0; i--) {
    let value = system[i]![n]!;
    for (let column = i + 1; column < n; column++) value -= system[i]![column]! * solution[column]!;
    solution[i] = value / system[i]![i]!;
  }
  return solution;
}

/** n · r² / 2 of each neuron with brightness and with contrast in each cell, added up: (neurons, cells). */
function logLikelihoods(recording: Recording, trials: Int32Array, grid: Cells): Float32Array {
  const { neurons, responses, stimulusOf } = recording;
  const cells = grid.count;
  const features = new Map<number, Float32Array>();
  for (const trial of trials) {
    const stimulus = stimulusOf[trial]!;
    if (!features.has(stimulus)) features.set(stimulus, featuresOf(recording, stimulus, grid));
  }
  const rows = Array.from(trials, (trial) => features.get(stimulusOf[trial]!)!);
  const standard = standardizeColumns(rows, 2 * cells);
  const likelihoods = new Float32Array(neurons * cells);
  const correlations = new Float64Array(2 * cells);
  for (let neuron = 0; neuron < neurons; neuron++) {
    const values = Float64Array.from(trials, (trial) => responses[trial * neurons + neuron]!);
    const known = values.filter((value) => !Number.isNaN(value));
    const mean = known.reduce((a, b) => a + b, 0) / known.length;
    const deviation = Math.sqrt(
      known.reduce((total, value) => total + (value - mean) ** 2, 0) / known.length,
    );
    if (!(deviation > 0)) continue;
    correlations.fill(0);
    values.forEach((value, i) => {
      if (Number.isNaN(value)) return;
      const weight = (value - mean) / (deviation * known.length);
      const row = standard[i]!;
      for (let feature = 0; feature < row.length; feature++) correlations[feature]! += weight * row[feature]!;
    });
    for (let cell = 0; cell < cells; cell++)
      likelihoods[neuron * cells + cell] =
        (known.length / 2) * (correlations[cell]! ** 2 + correlations[cells + cell]! ** 2);
  }
  return likelihoods;
}

/** Mean brightness of each cell, then its mean absolute difference between neighbouring pixels. */
function featuresOf({ stimuli }: Recording, stimulus: number, grid: Cells): Float32Array {
  const { data, channels, height, width } = stimuli;
  const { side, rows, columns, count } = grid;
  const features = new Float32Array(2 * count);
  const plane = height * width;
  const grey = new Float32Array(plane);
  for (let channel = 0; channel < channels; channel++)
    for (let i = 0; i < plane; i++) grey[i]! += data[(stimulus * channels + channel) * plane + i]! / channels;
  for (let y = 0; y < Math.floor(rows * side); y++) {
    for (let x = 0; x < Math.floor(columns * side); x++) {
      const cell = Math.floor(y / side) * columns + Math.floor(x / side);
      const value = grey[y * width + x]!;
      const right = grey[y * width + Math.min(width - 1, x + 1)]!;
      const below = grey[Math.min(height - 1, y + 1) * width + x]!;
      features[cell]! += value;
      features[count + cell]! += Math.abs(right - value) + Math.abs(below - value);
    }
  }
  return features;
}

/** Every column with mean 0 and deviation 1; columns that do not change become 0. */
function standardizeColumns(rows: readonly Float32Array[], columns: number): Float32Array[] {
  const mean = new Float64Array(columns);
  const squares = new Float64Array(columns);
  for (const row of rows) for (let i = 0; i < columns; i++) mean[i]! += row[i]! / rows.length;
  for (const row of rows) for (let i = 0; i < columns; i++) squares[i]! += (row[i]! - mean[i]!) ** 2;
  const scale = squares.map((total) => (total > 0 ? 1 / Math.sqrt(total / rows.length) : 0));
  return rows.map((row) => row.map((value, i) => (value - mean[i]!) * scale[i]!));
}
