import { StriateError } from "../error.ts";
import { formatShape } from "./array.ts";
import { concurrently } from "./concurrently.ts";
import type { FileTree } from "./file-tree.ts";
import { checkRecording, type ImageStack, type Recording } from "./recording.ts";
import { resizeImages } from "./resize-images.ts";
import { recordingTree, type TrialKind, trialFile, unitIdsFile } from "./sensorium-layout.ts";
import { readMetadata } from "./sensorium-metadata.ts";
import { readNumbers } from "./sensorium-numbers.ts";

export interface ReadRecordingOptions {
  /** Height and width to bring images to while they are read, or what makes them of those that the images have. */
  readonly size?:
    | readonly [height: number, width: number]
    | ((height: number, width: number) => readonly [height: number, width: number])
    | undefined;
  /**
   * Whether the triangle filter widens with the reduction (`resizeImages`). When absent it does, except for images of
   * 144 × 256, the size of Sensorium: models of that data were made with `Resize(antialias=False)`.
   */
  readonly antialias?: boolean | undefined;
  /** Called as files are read. */
  readonly progress?: ((done: number, total: number) => void) | undefined;
  /** Gets what a person should know of the recording, such as neurons that never change. */
  readonly note?: ((line: string) => void) | undefined;
}

const filesAtOnce = 32;
const sensoriumSize = [144, 256];

/**
 * Reads a recording in the layout of Sensorium 2022 (Willeke et al., arXiv 2206.08666) or Franke et al. 2022: one .npy
 * file a trial for image, response, behaviour and pupil, with tiers and stimuli in `meta/trials`. Each distinct stimulus
 * is read once, from its first trial. `behavior`, `pupil_center`, `expected`, coordinates and config.json may be absent.
 *
 * Responses of a test tier that are all 0, as those of the competition's hidden tiers, become NaN: not recorded.
 *
 * @throws StriateError, naming the file, where one is missing or broken, or counts, shapes or tiers do not fit.
 */
export async function readSensorium(
  files: FileTree,
  { size, antialias, progress, note = () => {} }: ReadRecordingOptions = {},
): Promise<Recording> {
  const tree = recordingTree(files);
  const metadata = await readMetadata(tree, note);
  const { trials, stimulusOf, stimulusIds } = metadata;
  const kinds = (["responses", "behavior", "pupil_center", "expected"] as const).filter(
    (kind) => kind === "responses" || tree.paths.some((path) => path.startsWith(`data/${kind}/`)),
  );
  for (const kind of ["images", ...kinds] as const) requireEachTrial(tree, kind, trials);
  const total = stimulusIds.length + kinds.length * trials;
  let done = 0;
  const step = () => progress?.(++done, total);
  const stimuli = await readStimuli(tree, metadata, { size, antialias, step });
  const rows: Partial<Record<TrialKind, Float32Array>> = {};
  const width = { behavior: 3, pupil_center: 2, responses: metadata.neurons, expected: metadata.neurons };
  for (const kind of kinds) rows[kind] = await readRows(tree, kind, trials, width[kind], step);
  const responses = rows.responses!;
  const neurons = responses.length / trials;
  const recording: Recording = {
    name: tree.name,
    subject: metadata.subject,
    dataset: metadata.dataset,
    stimuli,
    stimulusIds,
    trials,
    neurons,
    stimulusOf,
    tierOf: metadata.tierOf,
    responses,
    neuronIds: metadata.neuronIds ?? Array.from({ length: neurons }, (_, neuron) => String(neuron)),
    coordinates: metadata.coordinates,
    behavior: rows.behavior,
    pupilCenter: rows.pupil_center,
    expected: rows.expected,
  };
  markHiddenTiers(recording, note);
  for (const warning of checkRecording(recording)) note(warning);
  return recording;
}

function requireEachTrial(tree: FileTree, kind: TrialKind, trials: number): void {
  const present = new Set(
    tree.paths.filter((path) => path.startsWith(`data/${kind}/`) && path.endsWith(".npy")),
  );
  let missing = 0;
  while (missing < trials && present.has(trialFile(kind, missing))) missing++;
  if (missing === trials && present.size === trials) return;
  throw new StriateError(
    `${tree.locate(`data/${kind}`)} holds ${present.size} trials, but meta/trials/tiers.npy names ${trials}${missing < trials ? `; ${missing}.npy is missing` : ""}`,
    "Copy the recording again, or leave out the trials that are not complete from both",
  );
}

async function readStimuli(
  tree: FileTree,
  { stimulusIds, stimulusOf }: { stimulusIds: readonly string[]; stimulusOf: Int32Array },
  {
    size,
    antialias,
    step,
  }: { size: ReadRecordingOptions["size"]; antialias: boolean | undefined; step: () => void },
): Promise<ImageStack> {
  const firstTrial = new Int32Array(stimulusIds.length).fill(-1);
  stimulusOf.forEach((stimulus, trial) => {
    if (firstTrial[stimulus] === -1) firstTrial[stimulus] = trial;
  });
  let stack: ImageStack | undefined;
  let stored = "";
  const read = async (index: number) => {
    const path = trialFile("images", firstTrial[index]!);
    const { shape, data } = await readNumbers(tree, path);
    if (stack !== undefined && formatShape(shape) !== stored) {
      throw new StriateError(
        `${tree.locate(path)}: an image of ${formatShape(shape)}, but ${trialFile("images", firstTrial[0]!)} is ${stored}`,
        "All images of a recording must have one shape: mend or leave out that trial",
      );
    }
    const image = resized(asImage(shape, data, tree.locate(path)), size, antialias);
    if (stack === undefined) {
      stored = formatShape(shape);
      const all = new Float32Array(stimulusIds.length * image.data.length);
      stack = { ...image, data: all, count: stimulusIds.length };
    }
    const bad = data.findIndex((value) => !Number.isFinite(value));
    if (bad >= 0)
      throw new StriateError(
        `${tree.locate(path)}: the image has the value ${data[bad]} at position ${bad}`,
        "Mend the file, or leave that trial out of the recording",
      );
    stack.data.set(image.data, index * image.data.length);
    step();
  };
  await read(0);
  await concurrently(stimulusIds.length - 1, filesAtOnce, (index) => read(index + 1));
  return stack!;
}

function asImage(shape: readonly number[], data: Float32Array, name: string): ImageStack {
  const [channels, height, width] = shape.length === 2 ? [1, ...shape] : shape;
  if ((shape.length !== 2 && shape.length !== 3) || data.length === 0)
    throw new StriateError(
      `${name}: an array of ${formatShape(shape)}, expected an image of channels × height × width`,
      "Save each image in that shape",
    );
  return { data, count: 1, channels: channels!, height: height!, width: width! };
}

function resized(image: ImageStack, size: ReadRecordingOptions["size"], antialias: boolean | undefined) {
  if (size === undefined) return image;
  const target = typeof size === "function" ? size(image.height, image.width) : size;
  const isSensorium = image.height === sensoriumSize[0] && image.width === sensoriumSize[1];
  return resizeImages(image, target, antialias ?? !isSensorium);
}

/** One row a trial. `width` is undefined where only the files say how many values there are. */
async function readRows(
  tree: FileTree,
  kind: TrialKind,
  trials: number,
  width: number | undefined,
  step: () => void,
): Promise<Float32Array> {
  let rows: Float32Array | undefined;
  const read = async (trial: number) => {
    const path = trialFile(kind, trial);
    const { data, shape } = await readNumbers(tree, path);
    rows ??= new Float32Array(trials * (width ?? data.length));
    if (data.length * trials !== rows.length || data.length === 0)
      throw new StriateError(
        `${tree.locate(path)}: holds ${formatShape(shape)} values, expected ${rows.length / trials}${width === undefined ? `, as in ${trialFile(kind, 0)}` : kind === "responses" ? `, the neurons of ${unitIdsFile}` : ""}`,
        `Save ${rows.length / trials} values for each trial, NaN for responses that were not recorded`,
      );
    rows.set(data, trial * data.length);
    step();
  };
  await read(0);
  await concurrently(trials - 1, filesAtOnce, (index) => read(index + 1));
  return rows!;
}

function markHiddenTiers(
  { name, tierOf, responses, neurons }: Recording,
  note: (line: string) => void,
): void {
  for (const tier of ["test", "final_test"] as const) {
    const shown = tierOf.flatMap((each, trial) => (each === tier ? [trial] : []));
    const row = (trial: number) => responses.subarray(trial * neurons, (trial + 1) * neurons);
    if (shown.length === 0 || !shown.every((trial) => row(trial).every((value) => value === 0))) continue;
    for (const trial of shown) row(trial).fill(Number.NaN);
    note(
      `${name}: all responses of tier ${tier} are 0, as where a competition hides them; they count as not recorded`,
    );
  }
}
