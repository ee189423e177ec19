import { basename, extname } from "node:path";
import { StriateError } from "../error.ts";
import { type ArrayFile, type ArrayFromFile, arrayNamed, readArrayFile } from "../formats/array-file.node.ts";
import { readCsvCells } from "../formats/csv.ts";
import { readFileOrExplain } from "../formats/files.node.ts";
import { asFloat32 } from "../formats/float32.ts";
import { imagesOfArray, type NamedImages, readImages } from "../formats/image-files.node.ts";
import { checkRecording, type ImageStack, type Recording, type Tier, tiers } from "../formats/recording.ts";
import { defaultShares, splitStimuli, type TierShares } from "../formats/split.ts";
import {
  type Orientation,
  rowsOfTrials,
  type Trials,
  trialsFromRepeats,
  trialsFromResponses,
} from "../formats/trials-from-arrays.ts";
import { type ProgressReporter, silent } from "./progress.ts";
import { stretch } from "./stretch.ts";

export interface ImportOptions {
  readonly subject: string;
  readonly dataset?: string | undefined;
  /** Paths; each array may also be in the .npz file of the responses, under the option's name (`pupil`: `pupil_center`). */
  readonly images?: string | undefined;
  readonly responses?: string | undefined;
  readonly repeats?: string | undefined;
  readonly behavior?: string | undefined;
  readonly pupil?: string | undefined;
  readonly coordinates?: string | undefined;
  readonly tiers?: string | undefined;
  readonly orientation?: Orientation | undefined;
  readonly shares?: TierShares | undefined;
  readonly seed?: number | undefined;
  readonly grey?: boolean | undefined;
  readonly size?: readonly [height: number, width: number] | undefined;
}

export interface ImportedRecording {
  readonly recording: Recording;
  /** Where it came from: plain JSON, for config.json. */
  readonly about: Record<string, unknown>;
  /** What a person should know. */
  readonly notes: string[];
}

/**
 * Makes a recording of what laboratories have: images, and an array of responses to them (`trialsFromResponses`) or to
 * each of their repeats (`trialsFromRepeats`), which wins where both are given. Images that no trial shows are left out.
 * Tiers are those given, one for each image, else a seeded split of the images (`splitStimuli`): repeats of an image
 * always share their tier.
 *
 * @throws StriateError, naming the file, where one cannot be read or counts do not fit.
 */
export async function importRecording(
  options: ImportOptions,
  progress: ProgressReporter = silent,
): Promise<ImportedRecording> {
  const bundle = options.responses === undefined ? new Map() : await readArrayFile(options.responses);
  const { images, names } = await readGivenImages(options, bundle, progress);
  const notes: string[] = [];
  const { trials, repeats, header } = await readTrials(options, bundle, images.count, notes);
  const rows = async (option: "behavior" | "pupil", name: string, width: number) => {
    const given = await optionalArray(options[option], bundle, name);
    return given && rowsOfTrials(given, width, images.count, trials, repeats);
  };
  const shown = [...new Set(trials.imageOf)];
  if (shown.length < images.count)
    notes.push(`${images.count - shown.length} images were not shown in any trial; they are left out`);
  const placeOf = new Map(shown.map((image, place) => [image, place]));
  const stimulusOf = trials.imageOf.map((image) => placeOf.get(image)!);
  const { shares = defaultShares, seed = 1 } = options;
  const given = await readTiers(options.tiers, bundle, images.count);
  const tierOfStimulus = given
    ? shown.map((image) => given[image]!)
    : splitStimuli(shown.length, shares, seed);
  const recording: Recording = {
    name: options.subject,
    subject: options.subject,
    dataset: options.dataset ?? "imported",
    stimuli: shown.length < images.count ? selectImages(images, shown) : images,
    stimulusIds: shown.map((image) => names[image]!),
    trials: trials.imageOf.length,
    neurons: trials.neurons,
    stimulusOf,
    tierOf: Array.from(stimulusOf, (stimulus) => tierOfStimulus[stimulus]!),
    responses: trials.responses,
    neuronIds: header ?? Array.from({ length: trials.neurons }, (_, neuron) => String(neuron)),
    coordinates: await readCoordinates(options, bundle, trials.neurons),
    behavior: await rows("behavior", "behavior", 3),
    pupilCenter: await rows("pupil", "pupil_center", 2),
  };
  notes.push(...checkRecording(recording));
  const files = (
    ["images", "responses", "repeats", "behavior", "pupil", "coordinates", "tiers"] as const
  ).flatMap((option) => (options[option] === undefined ? [] : [[option, basename(options[option])]]));
  const about = {
    from: Object.fromEntries(files),
    ...(options.grey ? { grey: true } : {}),
    ...(options.size ? { size: options.size } : {}),
    ...(given ? {} : { split: { ...shares, seed } }),
  };
  return { recording, about, notes };
}

async function readGivenImages(
  { images, grey, size }: ImportOptions,
  bundle: ArrayFile,
  progress: ProgressReporter,
): Promise<NamedImages> {
  const inBundle = bundle.get("images");
  if (images === undefined) {
    if (inBundle) return imagesOfArray(inBundle.array, inBundle.file, { grey, size });
    throw new StriateError(
      "there are no images",
      "Give a folder, a zip archive or a .npy file with --images",
    );
  }
  if (extname(images).toLowerCase() === ".npz") {
    const { array, file } = arrayNamed(await readArrayFile(images), "images", images);
    return imagesOfArray(array, file, { grey, size });
  }
  const reading = stretch(progress, "reading images", "images");
  const read = await readImages(images, { grey, size, progress: reading.step });
  reading.end(`${read.images.count} images`);
  return read;
}

async function readTrials(
  options: ImportOptions,
  bundle: ArrayFile,
  images: number,
  notes: string[],
): Promise<{ trials: Trials; repeats?: number; header?: readonly string[] | undefined }> {
  const { responses: path, orientation } = options;
  const repeated = await optionalArray(options.repeats, bundle, "repeats");
  if (repeated !== undefined) {
    const trials = trialsFromRepeats(repeated, images, orientation);
    if (path !== undefined && (options.repeats === undefined ? bundle.has("responses") : true))
      notes.push("responses and repeats are both given: the repeats are taken, the responses are not");
    const [first, second, third] = repeated.array.shape;
    return { trials, repeats: (first! * second! * third!) / (images * trials.neurons) };
  }
  if (path === undefined)
    throw new StriateError(
      "there are no responses",
      "Give a .npy, .npz or .csv file with --responses or --repeats",
    );
  const given = arrayNamed(bundle, "responses", path);
  const trials = trialsFromResponses(given, images, orientation);
  const header = given.header?.length === trials.neurons ? given.header : undefined;
  return { trials, header };
}

async function readCoordinates(options: ImportOptions, bundle: ArrayFile, neurons: number) {
  const given = await optionalArray(options.coordinates, bundle, "coordinates");
  if (given === undefined) return undefined;
  const { shape, data } = given.array;
  if (!Array.isArray(data) && shape.length === 2 && shape[0] === neurons && shape[1] === 3)
    return asFloat32(data);
  throw new StriateError(
    `${given.file}: holds ${shape.join(" × ")} ${given.array.dtype}, expected ${neurons} neurons × 3 numbers`,
    "Save x, y and z in micrometres for each neuron",
  );
}

async function readTiers(
  path: string | undefined,
  bundle: ArrayFile,
  images: number,
): Promise<Tier[] | undefined> {
  const file = path ?? bundle.get("tiers")?.file;
  if (file === undefined) return undefined;
  const isText = path !== undefined && /\.(csv|tsv|txt)$/i.test(path);
  const labels = isText
    ? readCsvCells(await readFileOrExplain(path)).map((cells) => cells.at(-1)!)
    : Array.from<unknown, string>((await optionalArray(path, bundle, "tiers"))!.array.data, String);
  const known: readonly string[] = tiers;
  if (isText && labels.length === images + 1 && !known.includes(labels[0]!)) labels.shift();
  if (labels.length !== images)
    throw new StriateError(
      `${file}: holds ${labels.length} tiers, but there are ${images} images`,
      "Give one for each image, in the order of the images",
    );
  const wrong = labels.findIndex((label) => !known.includes(label));
  if (wrong >= 0)
    throw new StriateError(
      `${file}: image ${wrong} has the tier "${labels[wrong]}"; expected one of ${tiers.join(", ")}`,
      "Rename that tier",
    );
  return labels as Tier[];
}

/** The array in the file of an option, or that of the .npz file of responses; undefined where neither is. */
async function optionalArray(
  path: string | undefined,
  bundle: ArrayFile,
  name: string,
): Promise<ArrayFromFile | undefined> {
  return path === undefined ? bundle.get(name) : arrayNamed(await readArrayFile(path), name, path);
}

function selectImages(images: ImageStack, chosen: readonly number[]): ImageStack {
  const pixels = images.data.length / images.count;
  const data = new Float32Array(chosen.length * pixels);
  chosen.forEach((image, place) => {
    data.set(images.data.subarray(image * pixels, (image + 1) * pixels), place * pixels);
  });
  return { ...images, data, count: chosen.length };
}
