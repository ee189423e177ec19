import { formatShape } from "../array.ts";
import { DynamicTable } from "./dynamic-table.ts";
import { type NwbFile, typeOf } from "./file.ts";
import type { Part } from "./part.ts";
import type { NeuronResponses, Spans } from "./responses.ts";
import { isTimeSeries, readTimeSeries, type TimeSeries, timeSeriesPaths } from "./time-series.ts";
import { firstAtLeast, numbersOf, targetsOf } from "./values.ts";

/** Paths of the series of fluorescence of regions of interest: `DfOverF`, `Fluorescence` and others. */
export function findRoiSeries(file: NwbFile): string[] {
  return file
    .groups(
      "/processing",
      (group) =>
        typeOf(group) === "RoiResponseSeries" || (isTimeSeries(group) && "rois" in group.object.children),
    )
    .map(({ path }) => path);
}

/** The mean of the samples in each span, NaN left out; NaN where there is none. */
export function roiResponses(outline: NwbFile, path: string): Part<NeuronResponses> {
  const table = targetsOf(outline.dataset(`${path}/rois`)?.object.attributes.table)?.[0];
  const ids = table === undefined ? undefined : outline.dataset(`${table}/id`)?.path;
  return {
    paths: [...timeSeriesPaths(outline, path, ["rois"]), ...(ids === undefined ? [] : [ids])],
    read: (file) => {
      const series = readTimeSeries(file, path);
      const neurons = series.shape.length === 1 ? 1 : series.shape[1]!;
      if (series.shape.length > 2 || series.shape.length === 0 || neurons === 0)
        throw file.error(
          path,
          `data is ${formatShape(series.shape)}; expected samples × regions of interest`,
          "Give a RoiResponseSeries",
        );
      return {
        what: `means of ${path}`,
        neuronIds: roiIds(file, path, table, neurons),
        respond: (spans) => meanSamples(series, neurons, spans),
      };
    },
  };
}

/** (spans, channels): the mean of the samples of each span, NaN left out. */
export function meanSamples(
  { times, data }: TimeSeries,
  channels: number,
  { begins, ends }: Spans,
): Float32Array {
  const means = new Float32Array(begins.length * channels);
  for (let span = 0; span < begins.length; span++) {
    const first = firstAtLeast(times, begins[span]!);
    const last = firstAtLeast(times, ends[span]!, first);
    for (let channel = 0; channel < channels; channel++) {
      let sum = 0;
      let count = 0;
      for (let sample = first; sample < last; sample++) {
        const value = data[sample * channels + channel]!;
        if (Number.isNaN(value)) continue;
        sum += value;
        count++;
      }
      means[span * channels + channel] = count === 0 ? Number.NaN : sum / count;
    }
  }
  return means;
}

/** The identifiers in the table that `rois` refers to, or the regions' numbers. */
function roiIds(file: NwbFile, path: string, tablePath: string | undefined, neurons: number): string[] {
  const numbers = Array.from({ length: neurons }, (_, index) => String(index));
  const rows = numbersOf(file.dataset(`${path}/rois`)?.object.value);
  const group = tablePath === undefined ? undefined : file.group(tablePath);
  if (rows?.length !== neurons || group === undefined) return numbers;
  const ids = new DynamicTable(file, group).ids();
  return numbers.map((number, index) => ids[rows[index]!] ?? number);
}
