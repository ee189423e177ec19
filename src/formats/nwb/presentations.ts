import type { TypedArray } from "../array.ts";
import { lastName, type NwbFile } from "./file.ts";
import type { Part } from "./part.ts";
import { holdsPictures, type Pictures, picturesOf } from "./pictures.ts";
import { requireData, sampleTimes, timeSeriesPaths } from "./time-series.ts";
import { requireNumbers } from "./values.ts";

/** What was on the screen when. */
export interface Presentation {
  readonly path: string;
  /** When each picture came, seconds, ascending. */
  readonly times: Float64Array;
  /** Which of `pictures` came; −1 where the screen was blank. */
  readonly shown: Int32Array;
  readonly pictures: Pictures;
}

const folder = "/stimulus/presentation";
const templates = "/stimulus/templates";

/** Paths of the series in `/stimulus/presentation` that show pictures: by index, or themselves. */
export function findPresentations(file: NwbFile): string[] {
  return file.names(folder).flatMap((name) => {
    const path = `${folder}/${name}`;
    return indexedPictures(file, path) !== undefined || isPictureSeries(file, path) ? [path] : [];
  });
}

/** Paths of what holds pictures in `/stimulus/templates`. */
export function findTemplates(file: NwbFile): string[] {
  return file
    .names(templates)
    .map((name) => `${templates}/${name}`)
    .filter((path) => holdsPictures(file, path));
}

/** The one of `paths` that is called `wanted`, by its name or path; undefined when there is none. */
export const named = (paths: readonly string[], wanted: string): string | undefined =>
  paths.find((path) => path === wanted || lastName(path) === wanted);

const isPictureSeries = (file: NwbFile, path: string): boolean =>
  (file.find(`${path}/data`) !== undefined || file.find(`${path}/external_file`) !== undefined) &&
  holdsPictures(file, path);

const indexedPictures = (file: NwbFile, path: string): string | undefined =>
  (file.group(`${path}/indexed_images`) ?? file.group(`${path}/indexed_timeseries`))?.path;

/** An `IndexSeries` on `Images` or on a series of images; or a series of images, each of which is shown once. */
export function presentation(outline: NwbFile, path: string): Part<Presentation> {
  const indexed = indexedPictures(outline, path);
  const pictures = picturesOf(outline, indexed ?? path);
  return {
    paths: [...timeSeriesPaths(outline, path), ...pictures.paths],
    read: (file) =>
      indexed === undefined
        ? readPictureSeries(file, path, pictures.read(file))
        : readIndexSeries(file, path, pictures.read(file)),
  };
}

function readIndexSeries(file: NwbFile, path: string, pictures: Pictures): Presentation {
  const numbers = requireNumbers(file, requireData(file, path));
  const count = pictures.ids.length;
  const wrong = numbers.findIndex((index) => !(Number.isInteger(index) && index < count));
  if (wrong >= 0)
    throw file.error(
      path,
      `sample ${wrong} shows picture ${numbers[wrong]}, but ${pictures.path} has ${count}`,
      "Write the file again with the pictures that were shown",
    );
  const shown = Int32Array.from(numbers, (index) => Math.max(-1, index));
  return { path, times: sampleTimes(file, path, numbers.length), shown, pictures };
}

function readPictureSeries(file: NwbFile, path: string, pictures: Pictures): Presentation {
  const count = pictures.ids.length;
  const isExternal = pictures.picture === undefined;
  const stamps = file.dataset(`${path}/timestamps`)?.object.value.shape[0] ?? count;
  if (isExternal && stamps !== count)
    throw file.error(
      path,
      `shows ${stamps} frames of ${count} files outside (${pictures.ids.slice(0, 3).join(", ")} …): which frame came when is not known here`,
      "Make a trial of each image: name a table with --trials, its column with --stimulus-column, and give --images",
    );
  const shown = isExternal ? repeats(pictures.ids) : sameFrames(file, path, count);
  return { path, times: sampleTimes(file, path, count), shown, pictures };
}

/** For each text the index of the first that is equal. */
function repeats(texts: readonly string[]): Int32Array {
  const first = new Map<string, number>();
  return Int32Array.from(texts, (text, index) => {
    if (!first.has(text)) first.set(text, index);
    return first.get(text)!;
  });
}

/** For each frame of a series the first with the same pixels: a picture that is shown again is stored again. */
function sameFrames(file: NwbFile, path: string, count: number): Int32Array {
  const { data, shape } = requireData(file, path).object.value;
  const values = data as TypedArray;
  const pixels = shape.slice(1).reduce((product, size) => product * size, 1);
  const alike = new Map<number, number[]>();
  return Int32Array.from({ length: count }, (_, frame) => {
    const own = values.subarray(frame * pixels, (frame + 1) * pixels);
    const sum = checksum(own);
    const candidates = alike.get(sum) ?? [];
    const same = candidates.find((other) => {
      for (let pixel = 0; pixel < pixels; pixel++)
        if (values[other * pixels + pixel] !== own[pixel]) return false;
      return true;
    });
    if (same !== undefined) return same;
    alike.set(sum, [...candidates, frame]);
    return frame;
  });
}

/** FNV-1a over the bytes. */
function checksum(values: TypedArray): number {
  const bytes = new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
  let hash = 0x811c9dc5;
  for (const byte of bytes) hash = Math.imul(hash ^ byte, 0x01000193);
  return hash >>> 0;
}
