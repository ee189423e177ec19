import { StriateError } from "../error.ts";
import type { Recording } from "../formats/recording.ts";
import type { Parameter } from "../nn/parameter.ts";
import { Random } from "../runtime/random.ts";
import { sizeOf } from "../tensor/index.ts";
import { copyCore } from "./model-file.ts";
import { defaultPathWidth } from "./paths/index.ts";
import type { PathKind, PathSpecification } from "./paths/path.ts";
import type { Readout } from "./readout.ts";
import { GaussianReadout } from "./readouts/gaussian.ts";
import { priorOf } from "./readouts/prior.ts";
import { ResponseModel } from "./response-model.ts";
import type { ResponseModelSpecification, SubjectSpecification } from "./specification.ts";
import { setScales, trialsOf } from "./trials.ts";

/** What trains when a model is adapted: paths and readouts, readouts alone, everything, or everything anew. */
export type AdaptationArm =
  | { readonly train: "paths"; readonly paths: readonly PathKind[] }
  | { readonly train: "readout" }
  | { readonly train: "all" }
  | { readonly train: "scratch" };

export interface AdaptationStart {
  readonly model: ResponseModel;
  /** What trains. */
  readonly parameters: readonly Parameter[];
}

/** How a model with this readout describes the subject of a recording; `shifter` is whether it may have one. */
export const subjectOf = (
  { subject, dataset, neurons, coordinates, pupilCenter }: Recording,
  readout: ResponseModelSpecification["readout"],
  shifter: boolean,
): SubjectSpecification => {
  const isGaussian = readout.kind === "gaussian";
  return {
    name: subject,
    dataset,
    neurons,
    coordinates: isGaussian && readout.coordinates && coordinates !== undefined,
    shifter: isGaussian && shifter && pupilCenter !== undefined,
  };
};

/**
 * A model for other subjects, data sets or stimuli around the core of `base`, before any training: it gets a readout for
 * each recording (the base's own where it has one for the subject) and untrained paths. `trials` are those that each
 * recording is standardised by.
 */
export function startAdaptation(
  base: ResponseModel,
  recordings: readonly Recording[],
  arm: AdaptationArm,
  seed: number,
  trials: (recording: Recording) => Int32Array = (recording) => trialsOf(recording, "train"),
): AdaptationStart {
  const { specification } = base;
  const hasShifter = specification.subjects.some(({ shifter }) => shifter);
  const paths = arm.train === "paths" ? arm.paths.map((kind) => describePath(kind, recordings)) : [];
  const model = new ResponseModel(
    {
      ...specification,
      subjects: recordings.map(
        (recording) =>
          base.subjects.get(recording.subject)?.specification ??
          subjectOf(recording, specification.readout, hasShifter),
      ),
    },
    seed,
    paths,
  );
  if (paths.length > 0 && model.core.stages === 0)
    throw new StriateError(
      "a linear-nonlinear model has no core that paths could adapt",
      "Adapt a model with a core",
    );
  if (arm.train !== "scratch") copyCore(base, model);
  for (const recording of recordings) {
    setScales(model, recording, trials(recording));
    if (arm.train === "scratch") continue;
    const own = model.subject(recording.subject);
    const known = base.subjects.get(recording.subject);
    if (known === undefined) expectKnownFeatures(own.readout, base);
    else
      own.parameters.forEach((parameter, i) => {
        parameter.take(known.parameters[i]!.data);
      });
  }
  const readouts = [...model.subjects.values()].flatMap(({ parameters }) => parameters);
  const isAll = arm.train === "all" || arm.train === "scratch";
  const parameters = isAll
    ? model.parameters
    : [...readouts, ...model.paths.flatMap((path) => path.parameters)];
  return { model, parameters: parameters.filter(isFitted) };
}

/** New neurons are expected to be like those that the core was fitted with, and start as the mean of them. */
function expectKnownFeatures(readout: Readout, base: ResponseModel): void {
  if (!(readout instanceof GaussianReadout)) return;
  const { width } = base.core;
  const known = [...base.subjects.values()].flatMap(({ readout: other }) =>
    other instanceof GaussianReadout ? [other.features.data] : [],
  );
  readout.prior = priorOf(known, width);
  const { mean } = readout.prior;
  readout.features.take(readout.features.data.map((_, i) => mean[i % width]!));
}

function describePath(kind: PathKind, recordings: readonly Recording[]): PathSpecification {
  const members = {
    subject: recordings.map(({ subject }) => subject),
    dataset: [...new Set(recordings.map(({ dataset }) => dataset))],
  };
  return {
    kind,
    members: kind === "subject" || kind === "dataset" ? members[kind] : [],
    width: defaultPathWidth[kind],
  };
}

/** The values that training changes. */
export const countParameters = (parameters: readonly Parameter[]): number =>
  parameters.filter(isFitted).reduce((total, { shape }) => total + sizeOf(shape), 0);

/** Neither a running statistic nor a threshold of the quantisation, which response models do not have. */
const isFitted = ({ role }: Parameter): boolean => role === "weight" || role === "bias";

/** The training trials of `images` distinct stimuli, drawn by the seed; all training trials for undefined. */
export function chooseImages(recording: Recording, images: number | undefined, seed: number): Int32Array {
  const trials = trialsOf(recording, "train");
  if (images === undefined) return trials;
  const stimuli = [...new Set(Array.from(trials, (trial) => recording.stimulusOf[trial]!))];
  if (images > stimuli.length)
    throw new StriateError(
      `${recording.name}: ${images} images were asked for, the training tier has ${stimuli.length}`,
      "Ask for fewer",
    );
  const order = new Random(seed).split(`images of ${recording.subject}`).permutation(stimuli.length);
  const chosen = new Set(Array.from(order.subarray(0, images), (index) => stimuli[index]!));
  return trials.filter((trial) => chosen.has(recording.stimulusOf[trial]!));
}
