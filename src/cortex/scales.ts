import { StriateError } from "../error.ts";
import type { Recording } from "../formats/recording.ts";

/** How a recording is standardised, measured on some of its trials. */
export interface MeasuredScales {
  /** (neurons): the population deviation of responses, at least 1 % of its mean over neurons. */
  readonly response: Float32Array;
  /** (2): mean and deviation of all pixels together. */
  readonly image: Float32Array;
  /** (3). */
  readonly behavior: Float32Array;
  /** (2, 2): means, then deviations. */
  readonly pupil: Float32Array;
  /** (neurons): mean responses in units of `response`. */
  readonly meanResponse: Float32Array;
}

/** The standardisation of Sensorium 2022 as V1T applies it, from the given trials. */
export function measureScales(recording: Recording, trials: Int32Array): MeasuredScales {
  if (trials.length === 0)
    throw new StriateError(
      `${recording.name}: no trials to fit to`,
      'Its tiers must contain "train": import it with another split',
    );
  const { neurons, responses, behavior, pupilCenter } = recording;
  const columns = Array.from({ length: neurons }, (_, neuron) =>
    momentsOf(trials, (trial) => responses[trial * neurons + neuron]!),
  );
  const mean = columns.reduce((total, { deviation }) => total + deviation, 0) / neurons;
  if (!(mean > 0))
    throw new StriateError(
      `${recording.name}: no neuron's response changes in the ${trials.length} training trials`,
      "Check the responses, or use more trials",
    );
  const response = Float32Array.from(columns, ({ deviation }) => Math.max(deviation, 0.01 * mean));
  const pupil = [0, 1].map((axis) =>
    pupilCenter ? momentsOf(trials, (trial) => pupilCenter[2 * trial + axis]!) : { mean: 0, deviation: 1 },
  );
  return {
    response,
    image: pixelMoments(recording, trials),
    behavior: Float32Array.from([0, 1, 2], (i) =>
      behavior ? momentsOf(trials, (trial) => behavior[3 * trial + i]!).deviation || 1 : 1,
    ),
    pupil: Float32Array.from([
      ...pupil.map((axis) => axis.mean),
      ...pupil.map((axis) => axis.deviation || 1),
    ]),
    meanResponse: Float32Array.from(columns, (column, neuron) => column.mean / response[neuron]!),
  };
}

/** Mean and population deviation over trials, without NaN; 0 and 0 where all are NaN. */
function momentsOf(
  trials: Int32Array,
  value: (trial: number) => number,
): { mean: number; deviation: number } {
  let count = 0;
  let mean = 0;
  let squares = 0;
  for (const trial of trials) {
    const x = value(trial);
    if (Number.isNaN(x)) continue;
    count++;
    const step = x - mean;
    mean += step / count;
    squares += step * (x - mean);
  }
  return { mean, deviation: count === 0 ? 0 : Math.sqrt(squares / count) };
}

function pixelMoments({ stimuli, stimulusOf, name }: Recording, trials: Int32Array): Float32Array {
  const pixels = stimuli.data.length / stimuli.count;
  const shown = new Set(Array.from(trials, (trial) => stimulusOf[trial]!));
  let count = 0;
  let mean = 0;
  let squares = 0;
  for (const stimulus of shown) {
    for (let i = stimulus * pixels; i < (stimulus + 1) * pixels; i++) {
      // by steps, as a difference of sums would leave a deviation above 0 to images without contrast
      const step = stimuli.data[i]! - mean;
      mean += step / ++count;
      squares += step * (stimuli.data[i]! - mean);
    }
  }
  const deviation = Math.sqrt(squares / count);
  if (!(deviation > 0))
    throw new StriateError(`${name}: all pixels of the training images are ${mean}`, "Check the images");
  return Float32Array.of(mean, deviation);
}

/** The first two cortical coordinates of each neuron, (neurons, 2), each axis with mean 0 and deviation 1. */
export function standardizeCoordinates({ coordinates, neurons, name }: Recording): Float32Array {
  if (coordinates === undefined)
    throw new StriateError(
      `${name}: no coordinates of neurons, which the model places its readout by`,
      "Give a recording with meta/neurons/cell_motor_coordinates.npy",
    );
  const all = Int32Array.from({ length: neurons }, (_, i) => i);
  const axes = [0, 1].map((axis) => momentsOf(all, (neuron) => coordinates[3 * neuron + axis]!));
  return Float32Array.from({ length: 2 * neurons }, (_, i) => {
    const { mean, deviation } = axes[i % 2]!;
    return (coordinates[3 * Math.floor(i / 2) + (i % 2)]! - mean) / (deviation || 1);
  });
}
