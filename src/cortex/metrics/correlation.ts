import { StriateError } from "../../error.ts";

type Values = Float32Array | Float64Array;

/** Rows summed at a time: as many cache lines of both arrays as a core keeps at hand. */
const ROWS = 16;
/** Sums kept for each neuron: count, Σp, Σr, Σp², Σr², Σpr. */
const SUMS = 6;

/**
 * Pearson correlation of each neuron over trials: the mean of z(r)·z(p) with population deviations. Trials whose
 * response is NaN are left out. 0 where a deviation is 0 or fewer than two trials are left.
 *
 * neuralpredictors 0.3 adds 1e-8 to each deviation in place of the rule for 0: the same number to that precision, and
 * 0 for constant neurons too, but a neuron whose deviation is itself near 1e-8 comes out smaller there.
 *
 * @param predictions (trials, neurons), row-major, finite
 * @param responses (trials, neurons), row-major
 * @throws StriateError for a prediction that is not finite where there is a response
 */
export function correlations(
  predictions: Values,
  responses: Values,
  trials: number,
  neurons: number,
): Float64Array {
  const originP = new Float64Array(neurons);
  const originR = new Float64Array(neurons);
  for (let neuron = 0; neuron < neurons; neuron++) {
    let first = neuron;
    while (first < responses.length && Number.isNaN(responses[first]!)) first += neurons;
    if (first >= responses.length) continue;
    originP[neuron] = predictions[first]!;
    originR[neuron] = responses[first]!;
  }
  const sums = new Float64Array(neurons * SUMS);
  for (let trial = 0; trial < trials; trial += ROWS) {
    const start = trial * neurons;
    const end = Math.min(trial + ROWS, trials) * neurons;
    for (let neuron = 0; neuron < neurons; neuron++)
      addRows(predictions, responses, start + neuron, end, neurons, originP[neuron]!, originR[neuron]!, sums);
  }
  return originP.map((_, neuron) => {
    const at = neuron * SUMS;
    const n = sums[at]!;
    const p = sums[at + 1]!;
    const r = sums[at + 2]!;
    if (!Number.isFinite(sums[at + 3]!)) throw notFinite(predictions, responses, neuron, neurons);
    const varianceP = sums[at + 3]! - (p * p) / n;
    const varianceR = sums[at + 4]! - (r * r) / n;
    if (!(varianceP > 0 && varianceR > 0)) return 0;
    const correlation = (sums[at + 5]! - (p * r) / n) / Math.sqrt(varianceP * varianceR);
    return Math.min(1, Math.max(-1, correlation));
  });
}

/**
 * Adds one neuron's rows to its sums. Values are taken relative to the neuron's first pair, so that the variance of a
 * constant is exactly 0 and a large mean costs no digits.
 */
function addRows(
  predictions: Values,
  responses: Values,
  from: number,
  end: number,
  neurons: number,
  originP: number,
  originR: number,
  sums: Float64Array,
): void {
  let n = 0;
  let sumP = 0;
  let sumR = 0;
  let sumPP = 0;
  let sumRR = 0;
  let sumPR = 0;
  for (let i = from; i < end; i += neurons) {
    const r = responses[i]! - originR;
    if (Number.isNaN(r)) continue;
    const p = predictions[i]! - originP;
    n++;
    sumP += p;
    sumR += r;
    sumPP += p * p;
    sumRR += r * r;
    sumPR += p * r;
  }
  const to = (from % neurons) * SUMS;
  sums[to] += n;
  sums[to + 1] += sumP;
  sums[to + 2] += sumR;
  sums[to + 3] += sumPP;
  sums[to + 4] += sumRR;
  sums[to + 5] += sumPR;
}

function notFinite(predictions: Values, responses: Values, neuron: number, neurons: number): StriateError {
  let i = neuron;
  while (Number.isFinite(predictions[i]!) || Number.isNaN(responses[i]!)) i += neurons;
  return new StriateError(
    `the prediction for trial ${Math.floor(i / neurons)}, neuron ${neuron} is ${predictions[i]}`,
    "The model has diverged or its input is not finite: lower the learning rate, or check the images",
  );
}

/**
 * The mean over neurons of `correlations`: what early stopping watches.
 *
 * @throws StriateError for a prediction that is not finite
 */
export function meanCorrelation(
  predictions: Float32Array,
  responses: Float32Array,
  trials: number,
  neurons: number,
): number {
  return correlations(predictions, responses, trials, neurons).reduce((sum, r) => sum + r, 0) / neurons;
}
