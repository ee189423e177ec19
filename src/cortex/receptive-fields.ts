import type { Recording } from "../formats/recording.ts";

/** Where features lie in an image: grid point i of an axis is at pixel first + i · step of it. */
export interface Sampling {
  readonly first: number;
  readonly step: number;
}

/** Side of a cell of the maps below, in pixels of the shorter side of an image over this. */
const cellsAcross = 12;
/** Responses that should take part in a neuron's map, its neighbours' counted too. */
const wantedTrials = 2000;

/**
 * Estimates where in the image each neuron looks, from some trials: at every place of a coarse grid the response is
 * correlated with the brightness and with the contrast there, and r² of both, less what chance gives, is the evidence
 * for that place. Neurons that lie near each other in the cortex see near places, so where trials are few the evidence
 * of neighbours is added. Readouts start from these places: from anywhere else gradient descent rarely finds them.
 *
 * @returns x and y in pixels, (neurons, 2)
 */
export function estimateCenters(recording: Recording, trials: Int32Array): Float32Array {
  const maps = new EvidenceMaps(recording, trials);
  const { neurons } = recording;
  const neighbours = Math.min(neurons - 1, Math.round(wantedTrials / trials.length) - 1);
  const centers = new Float32Array(2 * neurons);
  for (let neuron = 0; neuron < neurons; neuron++) {
    const evidence = maps.of(neuron).slice();
    if (neighbours > 0) maps.addNeighbours(evidence, neuron, neighbours);
    centers.set(maps.peak(evidence), 2 * neuron);
  }
  return centers;
}

/** For each neuron, how much speaks for each cell of a grid over the image. */
class EvidenceMaps {
  private readonly rows: number;
  private readonly columns: number;
  private readonly cell: number;
  private readonly maps: Float32Array;
  private readonly recording: Recording;

  constructor(recording: Recording, trials: Int32Array) {
    const { height, width } = recording.stimuli;
    this.recording = recording;
    this.cell = Math.max(1, Math.min(height, width) / cellsAcross);
    this.rows = Math.max(1, Math.floor(height / this.cell));
    this.columns = Math.max(1, Math.floor(width / this.cell));
    this.maps = this.correlate(trials);
  }

  private get cells(): number {
    return this.rows * this.columns;
  }

  of(neuron: number): Float32Array {
    return this.maps.subarray(neuron * this.cells, (neuron + 1) * this.cells);
  }

  /** Adds the maps of the nearest neurons in the cortex; of all neurons where coordinates are not known, much less. */
  addNeighbours(evidence: Float32Array, neuron: number, count: number): void {
    const { coordinates, neurons } = this.recording;
    if (coordinates === undefined) {
      for (let other = 0; other < neurons; other++) this.add(evidence, other, count / (4 * neurons));
      return;
    }
    const distance = (other: number) =>
      Math.hypot(
        coordinates[3 * other]! - coordinates[3 * neuron]!,
        coordinates[3 * other + 1]! - coordinates[3 * neuron + 1]!,
      );
    const order = Array.from({ length: neurons }, (_, other) => other)
      .filter((other) => other !== neuron)
      .sort((a, b) => distance(a) - distance(b));
    for (const other of order.slice(0, count)) this.add(evidence, other, 0.7);
  }

  /** The centre of the evidence around its highest place, in pixels. */
  peak(evidence: Float32Array): [number, number] {
    const smooth = this.blurred(evidence);
    const best = smooth.indexOf(smooth.reduce((a, b) => Math.max(a, b)));
    const [row, column] = [Math.floor(best / this.columns), best % this.columns];
    let [total, x, y] = [0, 0, 0];
    for (let i = Math.max(0, row - 1); i <= Math.min(this.rows - 1, row + 1); i++) {
      for (let j = Math.max(0, column - 1); j <= Math.min(this.columns - 1, column + 1); j++) {
        const weight = Math.max(0, smooth[i * this.columns + j]!) ** 2 + 1e-12;
        total += weight;
        x += weight * (j + 0.5);
        y += weight * (i + 0.5);
      }
    }
    return [(x / total) * this.cell - 0.5, (y / total) * this.cell - 0.5];
  }

  private add(evidence: Float32Array, neuron: number, weight: number): void {
    const map = this.of(neuron);
    for (let i = 0; i < evidence.length; i++) evidence[i]! += weight * map[i]!;
  }

  /** Each cell with half of each neighbour's evidence. */
  private blurred(evidence: Float32Array): Float32Array {
    return evidence.map((_, at) => {
      const [row, column] = [Math.floor(at / this.columns), at % this.columns];
      let total = 0;
      for (let i = -1; i <= 1; i++)
        for (let j = -1; j <= 1; j++) {
          const inside = row + i >= 0 && row + i < this.rows && column + j >= 0 && column + j < this.columns;
          if (inside) total += evidence[at + i * this.columns + j]! / 2 ** (Math.abs(i) + Math.abs(j));
        }
      return total;
    });
  }

  /** r² of each neuron with brightness and with contrast in each cell, less 2 / trials: (neurons, cells). */
  private correlate(trials: Int32Array): Float32Array {
    const { recording, cells } = this;
    const { neurons, responses, stimulusOf } = recording;
    const features = new Map<number, Float32Array>();
    for (const trial of trials) {
      const stimulus = stimulusOf[trial]!;
      if (!features.has(stimulus)) features.set(stimulus, this.featuresOf(stimulus));
    }
    const rows = Array.from(trials, (trial) => features.get(stimulusOf[trial]!)!);
    const standard = standardizeColumns(rows, 2 * cells);
    const maps = new Float32Array(neurons * cells);
    const sums = new Float64Array(2 * cells);
    for (let neuron = 0; neuron < neurons; neuron++) {
      const values = Float64Array.from(trials, (trial) => responses[trial * neurons + neuron]!);
      const known = values.filter((value) => !Number.isNaN(value));
      const mean = known.reduce((a, b) => a + b, 0) / known.length;
      const deviation = Math.sqrt(
        known.reduce((total, value) => total + (value - mean) ** 2, 0) / known.length,
      );
      if (!(deviation > 0)) continue;
      sums.fill(0);
      values.forEach((value, i) => {
        if (Number.isNaN(value)) return;
        const weight = (value - mean) / (deviation * known.length);
        const row = standard[i]!;
        for (let feature = 0; feature < row.length; feature++) sums[feature]! += weight * row[feature]!;
      });
      for (let cell = 0; cell < cells; cell++)
        maps[neuron * cells + cell] = sums[cell]! ** 2 + sums[cells + cell]! ** 2 - 2 / known.length;
    }
    return maps;
  }

  /** Mean brightness of each cell, then its mean absolute difference between neighbouring pixels. */
  private featuresOf(stimulus: number): Float32Array {
    const { data, channels, height, width } = this.recording.stimuli;
    const features = new Float32Array(2 * this.cells);
    const plane = height * width;
    const start = stimulus * channels * plane;
    const pixel = (y: number, x: number) => {
      let total = 0;
      for (let channel = 0; channel < channels; channel++)
        total += data[start + channel * plane + y * width + x]!;
      return total / channels;
    };
    for (let y = 0; y < Math.floor(this.rows * this.cell); y++) {
      for (let x = 0; x < Math.floor(this.columns * this.cell); x++) {
        const cell = Math.floor(y / this.cell) * this.columns + Math.floor(x / this.cell);
        const value = pixel(y, x);
        const right = pixel(y, Math.min(width - 1, x + 1));
        const below = pixel(Math.min(height - 1, y + 1), x);
        features[cell]! += value;
        features[this.cells + cell]! += Math.abs(right - value) + Math.abs(below - value);
      }
    }
    return features;
  }
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
