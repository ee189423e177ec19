import { StriateError } from "../error.ts";
import { behaviorOf } from "./nwb/behavior.ts";
import { NwbFile } from "./nwb/file.ts";
import { invalidTimePaths, overlapsInvalid } from "./nwb/intervals.ts";
import { chooseResponses, type Spans } from "./nwb/responses.ts";
import { type PictureForm, stackPictures } from "./nwb/stack.ts";
import { chooseTrials, type TrialOptions, type Trials } from "./nwb/trials.ts";
import { checkRecording, type Recording, type Tier } from "./recording.ts";
import { splitStimuli, type TierShares } from "./split.ts";

/** Which parts of an NWB file make up the recording; what is not said is taken where there is only one choice. */
export interface NwbOptions extends TrialOptions, PictureForm {
  /** "units", or the name or path of a RoiResponseSeries. */
  readonly responses?: string | undefined;
  /** Seconds after the stimulus' onset. By default from 0 for as long as stimuli last, or 0.5 where that is not known. */
  readonly window?: readonly [begin: number, end: number] | undefined;
  /** Of stimuli, where no column gives tiers. */
  readonly shares?: TierShares | undefined;
  readonly seed?: number | undefined;
  /** By default the subject's identifier and the session's. */
  readonly subject?: string | undefined;
  /** By default the laboratory, or the institution. */
  readonly dataset?: string | undefined;
  /** Takes what a person should know: what was chosen, what was left out. */
  readonly note?: ((line: string) => void) | undefined;
}

/**
 * Reads an NWB 2 file: for each trial the stimulus, and in a window after its onset the spike counts of units, or the mean
 * fluorescence of regions of interest, with pupil and running speed where the file has them.
 *
 * Trials without a picture (blank, omitted) and those whose window overlaps `invalid_times` are left out. A window outside
 * a unit's `obs_intervals`, or without a sample, gives NaN.
 *
 * @throws StriateError that names the file and the group in it when a part is missing, broken, or one of several.
 */
export async function readNwb(bytes: Uint8Array, name: string, options: NwbOptions = {}): Promise<Recording> {
  const outline = await NwbFile.open(bytes, name);
  const parts = [
    chooseResponses(outline, options.responses),
    chooseTrials(outline, options),
    behaviorOf(outline),
  ] as const;
  const file = await outline.load([...parts.flatMap(({ paths }) => paths), ...invalidTimePaths(outline)]);
  const neurons = parts[0].read(file);
  const all = parts[1].read(file);
  const { note = () => {} } = options;
  for (const line of all.notes) note(`${name}: ${line}`);
  const length = windowOf(options.window, all.duration);
  const trials = withoutInvalid(file, all, length);
  const invalid = all.onsets.length - trials.onsets.length;
  if (invalid > 0) note(`${name}: trials that overlap invalid_times are left out: ${invalid}`);
  note(
    `${name}: ${neurons.what} from ${length[0]} to ${Number(length[1].toPrecision(4))} s after the onset, trials of ${all.path}`,
  );
  if (trials.onsets.length === 0)
    throw file.error(all.path, "gives no trial in which a picture was shown", "Choose other trials");
  const spans = spansOf(trials, length);
  const used = [...new Set(trials.shown)].sort((a, b) => a - b);
  const places = new Map(used.map((picture, place) => [picture, place]));
  const stimulusOf = Int32Array.from(trials.shown, (picture) => places.get(picture)!);
  const split = trials.tiers === undefined ? tiersOf(name, used.length, options) : [];
  const recording: Recording = {
    name,
    subject: options.subject ?? subjectOf(file),
    dataset: options.dataset ?? file.text("/general/lab") ?? file.text("/general/institution") ?? "nwb",
    stimuli: stackPictures(name, trials.pictures, used, options),
    stimulusIds: used.map((picture) => trials.pictures.ids[picture]!),
    trials: trials.onsets.length,
    neurons: neurons.neuronIds.length,
    stimulusOf,
    tierOf: trials.tiers ?? Array.from(stimulusOf, (stimulus): Tier => split[stimulus]!),
    responses: neurons.respond(spans),
    neuronIds: neurons.neuronIds,
    coordinates: neurons.coordinates,
    ...parts[2].read(file)(spans),
  };
  for (const warning of checkRecording(recording)) note(warning);
  return recording;
}

function tiersOf(name: string, stimuli: number, { shares, seed }: NwbOptions): Tier[] {
  try {
    return splitStimuli(stimuli, shares, seed);
  } catch (error) {
    throw error instanceof StriateError ? new StriateError(`${name}: ${error.message}`) : error;
  }
}

function windowOf(given: NwbOptions["window"], duration: number): readonly [number, number] {
  if (given === undefined) return [0, duration > 0 ? duration : 0.5];
  const [begin, end] = given;
  if (Number.isFinite(begin) && Number.isFinite(end) && end > begin) return given;
  throw new StriateError(
    `the window is ${begin} to ${end}; expected two times in seconds, the second later`,
    "Give a window such as 0.05 to 0.25",
  );
}

function spansOf({ onsets }: Trials, [begin, end]: readonly [number, number]): Spans {
  return {
    begins: Float64Array.from(onsets, (onset) => onset + begin),
    ends: Float64Array.from(onsets, (onset) => onset + end),
  };
}

function withoutInvalid(file: NwbFile, trials: Trials, length: readonly [number, number]): Trials {
  const isInvalid = overlapsInvalid(file, spansOf(trials, length));
  const kept = <Value>(values: readonly Value[]) => values.filter((_, trial) => !isInvalid[trial]);
  return {
    ...trials,
    onsets: kept(trials.onsets),
    shown: kept(trials.shown),
    tiers: trials.tiers && kept(trials.tiers),
  };
}

function subjectOf(file: NwbFile): string {
  const subject = file.text("/general/subject/subject_id");
  const session = file.text("/general/session_id");
  const parts = [subject, session].filter((part) => part !== undefined && part !== "");
  return parts.length > 0 ? parts.join("-") : (file.text("/identifier") ?? "subject");
}
