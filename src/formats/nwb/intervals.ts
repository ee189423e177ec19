import { DynamicTable, type TableColumn } from "./dynamic-table.ts";
import { lastName, type NwbFile, typeOf } from "./file.ts";
import { named } from "./presentations.ts";
import type { Spans } from "./responses.ts";

const invalidTimes = "/intervals/invalid_times";

/** Paths of tables of intervals but for `invalid_times`: those in `/intervals`, and those that a processing module holds. */
export function findIntervals(file: NwbFile): string[] {
  const isTable = (path: string) =>
    file.dataset(`${path}/start_time`) !== undefined && file.dataset(`${path}/stop_time`) !== undefined;
  return [
    ...file.groups("/intervals", () => true),
    ...file.groups("/processing", (group) => typeOf(group) === "TimeIntervals"),
  ]
    .map(({ path }) => path)
    .filter((path) => isTable(path) && path !== invalidTimes);
}

/**
 * The table whose rows are trials: the one asked for, else `trials`, else the only one but for `epochs`;
 * undefined when there is none, or several where something else can give the trials.
 *
 * @throws StriateError when there is none of that name.
 */
export function chooseTrialTable(
  file: NwbFile,
  wanted: string | undefined,
  others: readonly string[],
): DynamicTable | undefined {
  const tables = findIntervals(file);
  const open = (path: string) => new DynamicTable(file, file.group(path)!);
  if (wanted !== undefined) {
    const path = named(tables, wanted);
    if (path !== undefined) return open(path);
    if (named(others, wanted) !== undefined) return undefined;
    const choices = [...tables, ...others].map(lastName).join(", ");
    throw file.error(
      "/intervals",
      `has no table '${wanted}'`,
      choices === "" ? "The file has no trials" : `Choose --trials from: ${choices}`,
    );
  }
  const trials = tables.find((path) => path === "/intervals/trials");
  if (trials !== undefined) return open(trials);
  const usual = tables.filter((path) => lastName(path) !== "epochs");
  if (usual.length === 1) return open(usual[0]!);
  if (usual.length > 1 && others.length === 0)
    throw file.error(
      "/intervals",
      `holds ${usual.length} tables: ${usual.map(lastName).join(", ")}`,
      "Choose the one whose rows are trials with --trials",
    );
  return undefined;
}

const stimulusName =
  /^(external_)?(stim(ulus)?|image|img|picture|photo|scene|frame|clip|movie)_?(id|name|file|file_?name|index|number|path)?$/i;

/** The columns that may say which stimulus a row shows, by their names. */
export const stimulusColumns = (table: DynamicTable): TableColumn[] =>
  table.columns.filter(({ name, isRagged }) => !isRagged && stimulusName.test(name));

/** The paths to be loaded for `overlapsInvalid`. */
export const invalidTimePaths = (outline: NwbFile): string[] =>
  ["start_time", "stop_time"].flatMap((column) => outline.dataset(`${invalidTimes}/${column}`)?.path ?? []);

/** For each span, whether it overlaps an interval of `/intervals/invalid_times`. */
export function overlapsInvalid(file: NwbFile, { begins, ends }: Spans): boolean[] {
  const group = file.group(invalidTimes);
  if (group === undefined) return Array.from(begins, () => false);
  const table = new DynamicTable(file, group);
  const starts = table.numbers("start_time");
  const stops = table.numbers("stop_time");
  return Array.from(begins, (begin, span) =>
    starts.some((start, row) => begin < stops[row]! && start < ends[span]!),
  );
}
