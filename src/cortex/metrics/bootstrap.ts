import { StriateError } from "../../error.ts";
import { Random } from "../../runtime/random.ts";

/** A figure over neurons with its percentile bootstrap interval (Efron 1979). */
export interface Estimate {
  readonly value: number;
  readonly low: number;
  readonly high: number;
  /** Neurons it is over: those whose value is not NaN. */
  readonly neurons: number;
}

export interface BootstrapOptions {
  /** The same seed and number of neurons draw the same resamples, so that figures are resampled alike. */
  readonly seed: number;
  /** 10,000 when absent. */
  readonly resamples?: number;
  /** Share of resamples inside the interval; 0.95 when absent. */
  readonly level?: number;
}

/**
 * Mean over neurons, NaN left out, with a bootstrap interval.
 *
 * @throws StriateError when no value is left
 */
export function bootstrapMean(values: ArrayLike<number>, options: BootstrapOptions): Estimate {
  return bootstrapMeans([values], options)[0]!;
}

/**
 * `bootstrapMean` of each of several scores, with the same numbers. Scores of equally many neurons share one drawing,
 * which is half of the work.
 */
export function bootstrapMeans(
  scores: readonly ArrayLike<number>[],
  options: BootstrapOptions,
): readonly Estimate[] {
  const columns = scores.map((values) => observed([values])[0]!);
  const estimates: Estimate[] = [];
  for (const neurons of new Set(columns.map(({ length }) => length))) {
    const places = [...columns.keys()].filter((place) => columns[place]!.length === neurons);
    const sums = resampledSums(
      places.map((place) => columns[place]!),
      options,
    );
    for (const [i, place] of places.entries())
      estimates[place] = interval(
        sum(columns[place]!) / neurons,
        sums[i]!.map((drawn) => drawn / neurons),
        neurons,
        options,
      );
  }
  return estimates;
}

/**
 * Mean over neurons of a − b, two models on the same neurons, with a bootstrap interval: narrower than the intervals
 * of both means suggest, since what makes a neuron hard is shared. Neurons with a NaN in either are left out.
 *
 * @throws StriateError when the lengths differ or no neuron is left
 */
export function bootstrapDifference(
  a: ArrayLike<number>,
  b: ArrayLike<number>,
  options: BootstrapOptions,
): Estimate {
  const [first, second] = observed([a, b]);
  return bootstrapMean(
    first!.map((value, neuron) => value - second![neuron]!),
    options,
  );
}

/**
 * Mean of a over the mean of b on the same neurons, such as a model's correlation as a share of the ceiling, with a
 * bootstrap interval. Neurons with a NaN in either, or with nothing to take a share of (b not above 0), are left out.
 *
 * @throws StriateError when the lengths differ or no neuron is left
 */
export function bootstrapRatio(
  a: ArrayLike<number>,
  b: ArrayLike<number>,
  options: BootstrapOptions,
): Estimate {
  const shared = Float64Array.from(b, (value) => (value > 0 ? value : Number.NaN));
  const [over, under] = observed([a, shared]) as [Float64Array, Float64Array];
  const [overs, unders] = resampledSums([over, under], options) as [Float64Array, Float64Array];
  const ratios = overs.map((drawn, resample) => drawn / unders[resample]!);
  return interval(sum(over) / sum(under), ratios, over.length, options);
}

/** The values of neurons for which none is NaN. */
function observed(columns: readonly ArrayLike<number>[]): Float64Array[] {
  const lengths = columns.map(({ length }) => length);
  if (new Set(lengths).size > 1)
    throw new StriateError(
      `scores of ${lengths.join(" and ")} neurons were given`,
      "Compare scores of the same neurons",
    );
  const neurons = Array.from({ length: lengths[0]! }, (_, neuron) => neuron).filter((neuron) =>
    columns.every((values) => !Number.isNaN(values[neuron]!)),
  );
  if (neurons.length === 0)
    throw new StriateError("there is no neuron to average over", "Give the scores of at least one neuron");
  return columns.map((values) => Float64Array.from(neurons, (neuron) => values[neuron]!));
}

const sum = (values: Float64Array): number => values.reduce((total, value) => total + value, 0);

/** For each column, its sum over each resample: as many neurons as there are, drawn with replacement. */
function resampledSums(
  columns: readonly Float64Array[],
  { seed, resamples = 10_000 }: BootstrapOptions,
): Float64Array[] {
  if (!(Number.isInteger(resamples) && resamples > 0))
    throw new StriateError(`${resamples} resamples were asked for, expected 1 or more`);
  const neurons = columns[0]!.length;
  const sums = columns.map(() => new Float64Array(resamples));
  const random = new Random(seed).split("bootstrap over neurons");
  // Numbers are drawn for several resamples at once, which costs less than a call for each.
  const together = Math.ceil(8192 / neurons);
  const draws = new Float32Array(together * neurons);
  for (let resample = 0; resample < resamples; resample++) {
    const from = (resample % together) * neurons;
    if (from === 0) random.fillUniform(draws);
    for (const [i, values] of columns.entries()) sums[i]![resample] = sumOfDrawn(values, draws, from);
  }
  return sums;
}

function sumOfDrawn(values: Float64Array, draws: Float32Array, from: number): number {
  const { length } = values;
  let total = 0;
  // A draw is below 1, and truncation rounds it down.
  for (let i = 0; i < length; i++) total += values[(draws[from + i]! * length) | 0]!;
  return total;
}

function interval(
  value: number,
  resampled: Float64Array,
  neurons: number,
  { level = 0.95 }: BootstrapOptions,
): Estimate {
  if (!(level > 0 && level < 1))
    throw new StriateError(`an interval at level ${level} was asked for, expected between 0 and 1`);
  const sorted = resampled.sort();
  const tail = (1 - level) / 2;
  return { value, low: quantile(sorted, tail), high: quantile(sorted, 1 - tail), neurons };
}

/** Interpolated as NumPy's default does. */
function quantile(sorted: Float64Array, share: number): number {
  const place = (sorted.length - 1) * share;
  const below = Math.floor(place);
  const low = sorted[below]!;
  return place === below ? low : low + (place - below) * (sorted[below + 1]! - low);
}
