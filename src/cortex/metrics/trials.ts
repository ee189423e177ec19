import { StriateError } from "../../error.ts";
import { type Recording, type Tier, tiers } from "../../formats/recording.ts";

/** The trials of one tier of a recording, grouped by the image that was shown: what every metric is computed on. */
export interface ResponseTrials {
  /** What errors call it: the recording and the tier. */
  readonly name: string;
  readonly trials: number;
  readonly neurons: number;
  /** (trials, neurons), row-major; NaN where a neuron was not recorded. */
  readonly responses: Float32Array;
  /** Each trial's place in the recording, ascending: predictions are given in this order. */
  readonly places: Int32Array;
  /** For each image, its trials: rows of `responses`. */
  readonly repeats: readonly Int32Array[];
}

/**
 * The trials of a tier in the order of the recording.
 *
 * @throws StriateError when there are none
 */
export function tierTrials(recording: Recording, tier: Tier): ResponseTrials {
  const { neurons, tierOf, stimulusOf } = recording;
  const places = Int32Array.from(tierOf.keys()).filter((place) => tierOf[place] === tier);
  if (places.length === 0) {
    const present = tiers.filter((name) => tierOf.includes(name)).join(", ") || "none";
    throw new StriateError(
      `${recording.name}: no trial has the tier "${tier}"; the tiers there are: ${present}`,
      "Choose one of those, or import the recording again with other tiers",
    );
  }
  const byImage = new Map<number, number[]>();
  for (const [row, place] of places.entries()) {
    const image = stimulusOf[place]!;
    const rows = byImage.get(image);
    if (rows) rows.push(row);
    else byImage.set(image, [row]);
  }
  const repeats = [...byImage.values()].map((rows) => Int32Array.from(rows));
  const responses = rowsOf(recording.responses, places, neurons);
  const name = `${recording.name}, tier ${tier}`;
  return { name, trials: places.length, neurons, responses, places, repeats };
}

/** The given rows of a (rows, neurons) array. */
export function rowsOf(values: Float32Array, rows: Int32Array, neurons: number): Float32Array {
  const chosen = new Float32Array(rows.length * neurons);
  for (const [to, from] of rows.entries())
    chosen.set(values.subarray(from * neurons, (from + 1) * neurons), to * neurons);
  return chosen;
}

/** @throws StriateError when predictions are not finite or not one for each trial and neuron */
export function checkPredictions(
  predictions: Float32Array,
  { name, trials, neurons }: Pick<ResponseTrials, "name" | "trials" | "neurons">,
): void {
  if (predictions.length !== trials * neurons)
    throw new StriateError(
      `${name}: ${predictions.length} predictions, expected ${trials * neurons} (${trials} trials × ${neurons} neurons)`,
      "Predict every neuron in every trial of the tier, in the order of the recording",
    );
  for (let i = 0; i < predictions.length; i++) {
    const value = predictions[i]!;
    if (!Number.isFinite(value))
      throw new StriateError(
        `${name}: the prediction for trial ${Math.floor(i / neurons)}, neuron ${i % neurons} is ${value}`,
        "The model has diverged or its input is not finite: lower the learning rate, or check the images",
      );
  }
}

/** Whether some neuron was recorded at least twice with the same image. */
export function hasRepeats({ repeats, responses, neurons }: ResponseTrials): boolean {
  return repeats.some((rows) => {
    if (rows.length < 2) return false;
    for (let neuron = 0; neuron < neurons; neuron++) {
      let observed = 0;
      for (const row of rows) if (!Number.isNaN(responses[row * neurons + neuron]!)) observed++;
      if (observed > 1) return true;
    }
    return false;
  });
}

/** @throws StriateError when no image was repeated; `what` is what needs it */
export function requireRepeats(trials: ResponseTrials, what: string): void {
  if (!hasRepeats(trials))
    throw new StriateError(
      `${trials.name}: ${what} needs images that were shown at least twice, and none was`,
      "Import the recording with --repeats, the responses to each presentation, or ask for the correlation alone",
    );
}
