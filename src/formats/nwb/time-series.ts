import type { Hdf5Dataset, Hdf5Group } from "../hdf5/tree.ts";
import { lastName, type NwbFile, type Placed } from "./file.ts";
import { numberOf, requireNumbers } from "./values.ts";

/** Samples over time. */
export interface TimeSeries {
  readonly path: string;
  /** Seconds, ascending, one for each sample. */
  readonly times: Float64Array;
  /** Samples first. */
  readonly shape: readonly number[];
  /** In the series' unit: conversion and offset are applied. */
  readonly data: Float64Array;
}

/** The paths to be loaded for a series, links followed. */
export function timeSeriesPaths(file: NwbFile, path: string, more: readonly string[] = []): string[] {
  return ["data", "timestamps", "starting_time", ...more].flatMap(
    (part) => file.find(`${path}/${part}`)?.path ?? [],
  );
}

export function isTimeSeries({ object }: Placed<Hdf5Group>): boolean {
  return "data" in object.children && ("timestamps" in object.children || "starting_time" in object.children);
}

/**
 * Reads `data` with `timestamps`, or with `starting_time` and its attribute `rate`.
 *
 * @throws StriateError when one is missing, counts differ, or times do not ascend.
 */
export function readTimeSeries(file: NwbFile, path: string): TimeSeries {
  const dataset = requireData(file, path);
  const { shape } = dataset.object.value;
  const stored = requireNumbers(file, dataset);
  const { attributes } = dataset.object;
  const conversion = numberOf(attributes.conversion) ?? 1;
  const offset = numberOf(attributes.offset) ?? 0;
  const isPlain = conversion === 1 && offset === 0;
  const data = isPlain ? stored : stored.map((value) => value * conversion + offset);
  return { path, times: sampleTimes(file, path, shape[0] ?? 1), shape, data };
}

export function requireData(file: NwbFile, path: string): Placed<Hdf5Dataset> {
  const dataset = file.dataset(`${path}/data`);
  if (dataset !== undefined) return dataset;
  const has = file.names(path).join(", ");
  throw file.error(path, `has no data; it holds ${has || "nothing"}`, "Give a series with data");
}

/** The time of each of `count` samples, seconds. @throws StriateError as `readTimeSeries`. */
export function sampleTimes(file: NwbFile, path: string, count: number): Float64Array {
  const timestamps = file.dataset(`${path}/timestamps`);
  if (timestamps !== undefined) {
    const times = requireNumbers(file, timestamps);
    if (times.length !== count)
      throw file.error(
        path,
        `has ${times.length} timestamps for ${count} samples`,
        "The first axis of data is time: write the file again with as many timestamps",
      );
    const at = times.findIndex(
      (time, index) => !(time >= (index === 0 ? Number.NEGATIVE_INFINITY : times[index - 1]!)),
    );
    if (at >= 0)
      throw file.error(
        timestamps.path,
        `sample ${at} is at ${times[at]} s, expected times that ascend`,
        "Sort the samples by time",
      );
    return times;
  }
  const starting = file.dataset(`${path}/starting_time`);
  const start = numberOf(starting?.object.value);
  const rate = numberOf(starting?.object.attributes.rate);
  if (start === undefined || rate === undefined || !(rate > 0))
    throw file.error(
      path,
      `'${lastName(path)}' has neither timestamps nor a starting_time with a rate above 0`,
      "Say when its samples were taken",
    );
  return Float64Array.from({ length: count }, (_, index) => start + index / rate);
}
