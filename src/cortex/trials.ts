import { StriateError } from "../error.ts";
import type { Recording, Tier } from "../formats/recording.ts";
import type { Core } from "./core.ts";
import { behaviorWidth } from "./cores/transformer.ts";
import { GaussianReadout } from "./readouts/gaussian.ts";
import { estimateCenters } from "./receptive-fields.ts";
import type { ResponseModel, SubjectScales } from "./response-model.ts";
import { type MeasuredScales, measureScales, standardizeCoordinates } from "./scales.ts";

/** One subject's trials as a model takes them: standardised with the scales that the model has for the subject. */
export interface SubjectTrials {
  readonly subject: string;
  readonly neurons: number;
  readonly recording: Recording;
  /** (stimuli, C, H, W). */
  readonly images: Float32Array;
  readonly pixels: number;
  /** (trials, 5), when the model is told of behaviour. */
  readonly behavior: Float32Array | undefined;
  /** (trials, 2), when readout positions move with the pupil. */
  readonly pupil: Float32Array | undefined;
  /** (trials, neurons), each neuron divided by its scale; NaN where not recorded. */
  readonly responses: Float32Array;
  /** Some responses were not recorded. */
  readonly hasMissing: boolean;
}

/** The trials of a tier, in order; all trials for undefined. */
export function trialsOf({ tierOf, trials }: Recording, tier: Tier | undefined): Int32Array {
  const all = Int32Array.from({ length: trials }, (_, i) => i);
  return tier === undefined ? all : all.filter((trial) => tierOf[trial] === tier);
}

/**
 * Sets a subject's scales alone, from training trials: for a trained model that came without them, as a state dict does
 * (`responseModelFromSensorium`).
 *
 * @throws StriateError when the recording does not fit the model
 */
export function standardize(model: ResponseModel, recording: Recording, trials: Int32Array): MeasuredScales {
  checkFit(model, recording);
  const { scales } = model.subject(recording.subject);
  const measured = measureScales(recording, trials);
  for (const name of ["response", "image", "behavior", "pupil"] as const) scales[name].take(measured[name]);
  return measured;
}

/**
 * Prepares a subject of an untrained model: its scales, where positions follow from it the neurons' place in the cortex,
 * and the biases that the readout starts with, from training trials.
 */
export function setScales(model: ResponseModel, recording: Recording, trials: Int32Array): void {
  const { coordinates, readout } = model.subject(recording.subject);
  const measured = standardize(model, recording, trials);
  if (coordinates !== undefined) coordinates.take(standardizeCoordinates(recording));
  if (readout instanceof GaussianReadout && readout.mu !== undefined)
    readout.mu.take(toGrid(estimateCenters(recording, trials), model.core));
  readout.bias.take(
    measured.meanResponse.map((mean) => (mean >= 1 ? mean - 1 : Math.log(Math.max(mean, 0.01)))),
  );
}

/** Places in an image, in pixels (x and y in turn), as positions in a core's features: −1 to 1 from first to last. */
function toGrid(
  places: Float32Array,
  { grid: [rows, columns], sampling: { first, step } }: Core,
): Float32Array {
  return places.map((pixel, i) => {
    const last = (i % 2 === 0 ? columns : rows) - 1;
    const position = last === 0 ? 0 : ((pixel - first) / (step * last)) * 2 - 1;
    return Math.max(-0.95, Math.min(0.95, position));
  });
}

/** A recording's trials, standardised for a model that has the subject. */
export function prepareTrials(model: ResponseModel, recording: Recording): SubjectTrials {
  const { subject } = recording;
  const { scales, shifter } = model.subject(subject);
  checkFit(model, recording);
  const [mean, deviation] = scales.image.data as unknown as [number, number];
  const { stimuli, neurons } = recording;
  const images = stimuli.data.map((value) => (value - mean) / deviation);
  const scale = scales.response.data;
  const responses = recording.responses.map((value, i) => value / scale[i % neurons]!);
  const pupil = recording.pupilCenter && standardizePupil(recording.pupilCenter, scales);
  return {
    subject,
    neurons,
    recording,
    images,
    pixels: images.length / stimuli.count,
    behavior: model.specification.behavior ? joinBehavior(recording, pupil, scales) : undefined,
    pupil: shifter === undefined ? undefined : pupil,
    responses,
    hasMissing: responses.some((value) => Number.isNaN(value)),
  };
}

const standardizePupil = (values: Float32Array, { pupil: { data } }: SubjectScales): Float32Array =>
  values.map((value, i) => (value - data[i % 2]!) / data[2 + (i % 2)]!);

function joinBehavior(
  { behavior, trials, name }: Recording,
  pupil: Float32Array | undefined,
  scales: SubjectScales,
): Float32Array {
  if (behavior === undefined || pupil === undefined)
    throw new StriateError(
      `${name}: no ${behavior === undefined ? "behavior" : "pupil_center"}, which the model was fitted with`,
      "Give a recording with behaviour and pupil centre, or fit a model without (--no-behavior)",
    );
  const joined = new Float32Array(trials * behaviorWidth);
  for (let trial = 0; trial < trials; trial++) {
    for (let i = 0; i < 3; i++)
      joined[trial * behaviorWidth + i] = behavior[3 * trial + i]! / scales.behavior.data[i]!;
    joined.set(pupil.subarray(2 * trial, 2 * trial + 2), trial * behaviorWidth + 3);
  }
  return joined;
}

function checkFit(model: ResponseModel, { name, neurons, stimuli, subject, pupilCenter }: Recording): void {
  const { channels, height, width } = model.specification.input;
  if (stimuli.channels !== channels || stimuli.height !== height || stimuli.width !== width)
    throw new StriateError(
      `${name}: images of ${stimuli.channels}×${stimuli.height}×${stimuli.width}, the model takes ${channels}×${height}×${width}`,
      "Read the recording at the model's size",
    );
  const parts = model.subject(subject);
  if (parts.readout.neurons !== neurons)
    throw new StriateError(
      `${name}: ${neurons} neurons, the model's readout for "${subject}" has ${parts.readout.neurons}`,
      "Is it the recording that the model was fitted to? Else give it another subject name",
    );
  if (parts.shifter !== undefined && pupilCenter === undefined)
    throw new StriateError(
      `${name}: no pupil_center, which the model was fitted with`,
      "Give a recording with the pupil's centre",
    );
}
