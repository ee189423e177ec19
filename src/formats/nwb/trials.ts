import type { NamedImages } from "../image-files.node.ts";
import type { Tier } from "../recording.ts";
import type { DynamicTable } from "./dynamic-table.ts";
import { withImages } from "./external-pictures.ts";
import { lastName, type NwbFile } from "./file.ts";
import { chooseTrialTable, stimulusColumns } from "./intervals.ts";
import type { Part } from "./part.ts";
import type { Pictures } from "./pictures.ts";
import { findPresentations, named, presentation } from "./presentations.ts";
import { trialsByColumn, trialsByTime } from "./table-trials.ts";
import { median } from "./values.ts";

/** Which parts of a file are its trials. */
export interface TrialOptions {
  /** A table of intervals, or a series in `/stimulus/presentation` each of whose pictures is a trial. */
  readonly trials?: string | undefined;
  /** A series in `/stimulus/presentation`, or the images in `/stimulus/templates` that a column refers to. */
  readonly stimulus?: string | undefined;
  /** The column with the time at which the stimulus comes. */
  readonly onsetColumn?: string | undefined;
  /** The column that names the stimulus. */
  readonly stimulusColumn?: string | undefined;
  /** The column with each trial's tier. */
  readonly tierColumn?: string | undefined;
  /** Images that are not in the file. */
  readonly images?: NamedImages | undefined;
}

/** Trials in which a picture was shown, and what was shown. */
export interface Trials {
  /** Where they come from. */
  readonly path: string;
  readonly pictures: Pictures;
  /** When the stimulus of each came, seconds. */
  readonly onsets: readonly number[];
  /** Indices into `pictures`. */
  readonly shown: readonly number[];
  readonly tiers: readonly Tier[] | undefined;
  /** How long a stimulus lasts, seconds: the median; NaN where that is not known. */
  readonly duration: number;
  /** What was left out and why, for people. */
  readonly notes: readonly string[];
}

/** Without a table of trials it is known when pictures come, not how long each stays. */
const longestUnstated = 0.5;

/**
 * Chooses the trials: rows of a table, with the stimulus named by a column or found by its time in a presentation; or
 * each picture of a presentation.
 *
 * @throws StriateError when there are none, or it is not clear which.
 */
export function chooseTrials(file: NwbFile, options: TrialOptions): Part<Trials> {
  const presentations = findPresentations(file);
  const table = chooseTrialTable(file, options.trials, presentations);
  if (table === undefined) {
    const wanted = options.trials ?? options.stimulus;
    return trialsByPresentation(file, choosePresentation(file, presentations, wanted), options);
  }
  const column = chooseColumn(file, table, presentations, options);
  if (column !== undefined) return trialsByColumn(file, table, column, options);
  return trialsByTime(file, table, choosePresentation(file, presentations, options.stimulus, table), options);
}

/** The column that names stimuli; undefined where a presentation says what was shown. */
function chooseColumn(
  file: NwbFile,
  table: DynamicTable,
  presentations: readonly string[],
  { stimulus, stimulusColumn, images }: TrialOptions,
): string | undefined {
  if (stimulusColumn !== undefined) return stimulusColumn;
  if (stimulus !== undefined && named(presentations, stimulus) !== undefined) return undefined;
  const columns = stimulusColumns(table).map(({ name }) => name);
  if (columns.length === 1 && (images !== undefined || presentations.length === 0)) return columns[0];
  if (presentations.length > 0) return undefined;
  throw file.error(
    table.path,
    columns.length > 0
      ? `has several columns that may name stimuli: ${columns.join(", ")}`
      : `no column is called as one that names stimuli, and nothing in /stimulus/presentation shows pictures; its columns are ${table.columns.map(({ name }) => name).join(", ")}`,
    "Name the column with --stimulus-column",
  );
}

function choosePresentation(
  file: NwbFile,
  paths: readonly string[],
  wanted: string | undefined,
  table?: DynamicTable,
): string {
  const chosen = wanted === undefined ? (paths.length === 1 ? paths[0] : undefined) : named(paths, wanted);
  if (chosen !== undefined) return chosen;
  if (paths.length === 0)
    throw file.error(
      "/stimulus/presentation",
      "no series there shows pictures, and no table in /intervals has trials",
      "Give a file with an IndexSeries, an ImageSeries or a table of trials",
    );
  const names = paths.map(lastName).join(", ");
  throw file.error(
    "/stimulus/presentation",
    wanted === undefined ? `holds several series: ${names}` : `has no series of pictures '${wanted}'`,
    `Choose one of ${names} with --stimulus${table === undefined ? "" : `, or name the column of ${lastName(table.path)} with the stimuli with --stimulus-column`}`,
  );
}

function trialsByPresentation(outline: NwbFile, path: string, options: TrialOptions): Part<Trials> {
  const column = options.onsetColumn ?? options.stimulusColumn ?? options.tierColumn;
  if (column !== undefined)
    throw outline.error(
      "/intervals",
      `no table gives the trials, so there is no column '${column}'`,
      "Name the table with --trials",
    );
  const part = presentation(outline, path);
  return {
    paths: part.paths,
    read: (file) => {
      const { times, shown, pictures } = withImages(file, part.read(file), options.images);
      const kept = Array.from(shown.keys()).filter((index) => shown[index]! >= 0);
      const pauses = Array.from(times.subarray(1), (time, index) => time - times[index]!);
      const pause = median(pauses.filter((one) => one > 0));
      const blank = shown.length - kept.length;
      return {
        path,
        pictures,
        notes:
          blank === 0
            ? []
            : [`${path}: ${blank} of ${shown.length} samples show no picture; they are left out`],
        onsets: kept.map((index) => times[index]!),
        shown: kept.map((index) => shown[index]!),
        tiers: undefined,
        duration: Number.isNaN(pause) ? pause : Math.min(pause, longestUnstated),
      };
    },
  };
}
