import { formatShape } from "../array.ts";
import type { Description } from "../describe.ts";
import { findBehavior } from "./behavior.ts";
import { DynamicTable } from "./dynamic-table.ts";
import { NwbFile, typeOf } from "./file.ts";
import { findIntervals, stimulusColumns } from "./intervals.ts";
import { findPresentations, findTemplates } from "./presentations.ts";
import { findRoiSeries } from "./roi-responses.ts";
import { findUnits } from "./units.ts";

interface Listed {
  name: string;
  value: string;
}

/**
 * What `striate info` says of an NWB file: session, subject, responses, tables of intervals with their columns, and
 * stimuli. A table of intervals names the columns that may say which stimulus was shown.
 */
export async function describeNwb(bytes: Uint8Array, name: string): Promise<Description> {
  const file = await NwbFile.open(bytes, name);
  const session = about(file);
  const units = findUnits(file).map((path) => describeUnits(file, path));
  const rois = findRoiSeries(file).map((path) => describeSeries(file, path));
  const intervals = findIntervals(file).map((path) => describeIntervals(file, path));
  const presentations = findPresentations(file).map((path) => describeSeries(file, path));
  const templates = findTemplates(file).map((path) => describeSeries(file, path));
  const behavior = Object.entries(findBehavior(file)).flatMap(([what, path]) =>
    path === undefined ? [] : [{ what, path }],
  );
  const rows: Listed[] = [
    { name: "format", value: `NWB ${file.version} (HDF5)` },
    ...Object.entries(session).map(([key, value]) => ({ name: key, value })),
    ...units.map(({ path, units: count }) => ({ name: path, value: `${count} units` })),
    ...rois.map(({ path, what }) => ({ name: path, value: what })),
    ...intervals.map(({ path, rows: count, columns }) => ({
      name: path,
      value: `${count} rows: ${columns.map((column) => column.name).join(", ")}`,
    })),
    ...presentations.map(({ path, what }) => ({ name: path, value: what })),
    ...templates.map(({ path, what }) => ({ name: path, value: what })),
    ...behavior.map(({ what, path }) => ({ name: path, value: what })),
    { name: "bytes", value: String(bytes.length) },
  ];
  return {
    format: "hdf5",
    rows,
    json: {
      format: "nwb",
      version: file.version,
      session,
      units,
      rois,
      intervals,
      presentations,
      templates,
      behavior,
      bytes: bytes.length,
    },
  };
}

function about(file: NwbFile): Record<string, string> {
  const parts = [
    ["session description", file.text("/session_description")],
    ["session start", file.text("/session_start_time")],
    ["identifier", file.text("/identifier")],
    ["laboratory", file.text("/general/lab")],
    ["institution", file.text("/general/institution")],
    ...["subject_id", "species", "sex", "age"].map((key) => [
      key === "subject_id" ? "subject" : `subject's ${key}`,
      file.text(`/general/subject/${key}`),
    ]),
  ];
  return Object.fromEntries(parts.filter(([, value]) => value !== undefined && value !== ""));
}

function describeUnits(file: NwbFile, path: string) {
  const table = new DynamicTable(file, file.group(path)!);
  const spikes = file.dataset(`${path}/spike_times`)?.object.value.shape[0] ?? 0;
  return { path, units: table.rows, spikes, columns: table.columns.map(({ name }) => name) };
}

function describeIntervals(file: NwbFile, path: string) {
  const table = new DynamicTable(file, file.group(path)!);
  return {
    path,
    rows: table.rows,
    columns: table.columns,
    stimulusColumns: stimulusColumns(table).map(({ name }) => name),
  };
}

function describeSeries(file: NwbFile, path: string) {
  const placed = file.group(path)!;
  const type = typeOf(placed) ?? "group";
  const external = file.dataset(`${path}/external_file`)?.object.value.shape[0];
  const shape = file.dataset(`${path}/data`)?.object.value.shape;
  const pictures = file.names(path).filter((name) => name !== "order_of_images").length;
  const indexed = ["indexed_images", "indexed_timeseries"].flatMap(
    (link) => file.find(`${path}/${link}`)?.path ?? [],
  );
  const content =
    external !== undefined
      ? `${external} files outside`
      : shape === undefined
        ? `${pictures} images`
        : formatShape(shape);
  const what = [type, content, ...indexed.map((target) => `of ${target}`)].join(", ");
  return { path, type, what };
}
