import type { StriateError } from "../../error.ts";
import { type Tier, tiers } from "../recording.ts";
import { DynamicTable } from "./dynamic-table.ts";
import { externalPictures, findPictures, imagesMissing, withImages } from "./external-pictures.ts";
import { lastName, type NwbFile } from "./file.ts";
import { stimulusColumns } from "./intervals.ts";
import type { Part } from "./part.ts";
import { type Pictures, picturesOf } from "./pictures.ts";
import { findTemplates, named, type Presentation, presentation } from "./presentations.ts";
import type { TrialOptions, Trials } from "./trials.ts";
import { firstAtLeast, median } from "./values.ts";

/** By how much a stimulus may come before the trial that it belongs to, seconds: one clock, two ways of rounding. */
const slack = 0.001;

/** Rows of a table; the picture of each is the one that a presentation shows between its start and stop. */
export function trialsByTime(
  outline: NwbFile,
  table: DynamicTable,
  path: string,
  options: TrialOptions,
): Part<Trials> {
  const part = presentation(outline, path);
  return {
    paths: [...part.paths, ...columnPaths(table, options)],
    read: (file) => {
      const read = part.read(file);
      const rows = new DynamicTable(file, file.group(table.path)!);
      const starts = rows.numbers("start_time");
      const stops = rows.numbers("stop_time");
      const samples = Array.from(starts, (start, row) => sampleWithin(rows, row, read, start, stops[row]!));
      if (samples.every((sample) => sample < 0)) throw noneWithin(rows, path);
      const found = withImages(file, read, options.images);
      const onsets = options.onsetColumn === undefined ? undefined : rows.numbers(options.onsetColumn);
      return rowsToTrials(rows, found.pictures, options, {
        shown: (row) => found.shown[samples[row]!] ?? -1,
        onset: (row) => onsets?.[row] ?? found.times[samples[row]!]!,
      });
    },
  };
}

function noneWithin(table: DynamicTable, presentationPath: string): StriateError {
  const columns = stimulusColumns(table).map(({ name }) => name);
  return table.file.error(
    table.path,
    `none of its ${table.rows} rows spans the time of a picture in ${presentationPath}`,
    columns.length > 0
      ? `Name the column with the stimuli instead, with --stimulus-column: ${columns.join(" or ")}`
      : "Choose another table with --trials, or another series with --stimulus",
  );
}

/** The one sample of a presentation within a trial; −1 when there is none. @throws StriateError for several. */
function sampleWithin(
  table: DynamicTable,
  row: number,
  { path, times }: Presentation,
  start: number,
  stop: number,
): number {
  if (!(stop > start)) return -1;
  const first = firstAtLeast(times, start - slack);
  const count = firstAtLeast(times, stop - slack, first) - first;
  if (count <= 1) return count === 1 ? first : -1;
  throw table.file.error(
    table.path,
    `row ${row} spans ${count} pictures of ${path}`,
    `Make each picture a trial with --trials ${lastName(path)}`,
  );
}

/** Rows of a table; the picture of each is the one that a column names: in the file, or among the images given. */
export function trialsByColumn(
  outline: NwbFile,
  table: DynamicTable,
  column: string,
  options: TrialOptions,
): Part<Trials> {
  const { images } = options;
  const templates = images === undefined ? chooseTemplates(outline, options.stimulus) : undefined;
  const inside = templates === undefined ? undefined : picturesOf(outline, templates);
  return {
    paths: [...(inside?.paths ?? []), ...columnPaths(table, options), ...table.pathsOf([column])],
    read: (file) => {
      const rows = new DynamicTable(file, file.group(table.path)!);
      const cells = rows.cells(column);
      const where = `${table.path}/${column}`;
      const pictures = images === undefined ? inside?.read(file) : externalPictures(images);
      if (pictures?.picture === undefined) throw imagesMissing(file, where, Array.from(cells, String));
      const found = findPictures(file, where, cells, pictures, images === undefined);
      const onsets = rows.numbers(options.onsetColumn ?? "start_time");
      return rowsToTrials(rows, pictures, options, {
        shown: (row) => found[row]!,
        onset: (row) => onsets[row]!,
      });
    },
  };
}

/** The path of the pictures that a column refers to; undefined when the file holds none. */
function chooseTemplates(file: NwbFile, wanted: string | undefined): string | undefined {
  const paths = findTemplates(file);
  const names = paths.map(lastName).join(", ");
  if (wanted !== undefined) {
    const path = named(paths, wanted);
    if (path !== undefined) return path;
    throw file.error(
      "/stimulus",
      `has no images '${wanted}'`,
      names === "" ? "Give the images with --images" : `Choose one of ${names} with --stimulus`,
    );
  }
  if (paths.length <= 1) return paths[0];
  throw file.error(
    "/stimulus/templates",
    `holds several sets of images: ${names}`,
    "Choose one with --stimulus",
  );
}

interface RowContent {
  /** −1: no picture. */
  readonly shown: (row: number) => number;
  readonly onset: (row: number) => number;
}

/** Rows without a picture or without an onset are left out. */
function rowsToTrials(
  table: DynamicTable,
  pictures: Pictures,
  { tierColumn }: TrialOptions,
  { shown, onset }: RowContent,
): Trials {
  const rows = Array.from({ length: table.rows }, (_, row) => row).filter(
    (row) => shown(row) >= 0 && Number.isFinite(onset(row)),
  );
  const stops = table.numbers("stop_time");
  const names = tierColumn === undefined ? undefined : table.cells(tierColumn);
  const without = table.rows - rows.length;
  return {
    path: table.path,
    pictures,
    notes:
      without === 0
        ? []
        : [
            `${table.path}: ${without} of ${table.rows} rows show no picture or have no onset; they are left out`,
          ],
    onsets: rows.map(onset),
    shown: rows.map(shown),
    tiers: names && rows.map((row) => tierCalled(table, tierColumn!, row, String(names[row]))),
    duration: median(rows.map((row) => stops[row]! - onset(row)).filter((duration) => duration > 0)),
  };
}

function tierCalled(table: DynamicTable, column: string, row: number, name: string): Tier {
  const tier = tiers.find((one) => one === name);
  if (tier !== undefined) return tier;
  throw table.file.error(
    `${table.path}/${column}`,
    `row ${row} has the tier '${name}'; expected ${tiers.join(", ")}`,
    "Rename it, or leave --tier-column out for a random split",
  );
}

const columnPaths = (table: DynamicTable, { onsetColumn, tierColumn }: TrialOptions): string[] =>
  table.pathsOf([
    "id",
    "start_time",
    "stop_time",
    ...[onsetColumn, tierColumn].filter((name) => name !== undefined),
  ]);
