import type { StriateError } from "../../error.ts";
import type { NamedImages } from "../image-files.node.ts";
import { lastName, type NwbFile } from "./file.ts";
import { PictureFinder } from "./match-pictures.ts";
import type { Pictures } from "./pictures.ts";
import type { Presentation } from "./presentations.ts";

/** Images that are not in the file. */
export function externalPictures({ images, names }: NamedImages): Pictures {
  const { channels, height, width } = images;
  const each = channels * height * width;
  return {
    path: "the images given",
    ids: names,
    picture: (index) => ({
      data: images.data.subarray(index * each, (index + 1) * each),
      count: 1,
      channels,
      height,
      width,
    }),
    isWhole: images.data.every(Number.isInteger),
  };
}

/** The error for stimuli whose images are not in the file. @param where what names them. */
export function imagesMissing(file: NwbFile, where: string, called: readonly string[]): StriateError {
  const distinct = [...new Set(called)];
  return file.error(
    where,
    `names ${distinct.length} stimuli (${distinct.slice(0, 3).join(", ")}${distinct.length > 3 ? " …" : ""}), but their images are not in the file`,
    "Give them with --images: a folder or a zip archive of files with these names, or a .npy array where they are its positions",
  );
}

/**
 * A presentation with images that lie outside of the file.
 *
 * @throws StriateError when they are needed and not given, given and not needed, or one is missing.
 */
export function withImages(
  file: NwbFile,
  found: Presentation,
  images: NamedImages | undefined,
): Presentation {
  const { path, pictures, shown } = found;
  if (pictures.picture !== undefined) {
    if (images === undefined) return found;
    throw file.error(
      path,
      "shows pictures that are in the file, but images were given",
      `Leave --images out, or name the column that refers to them with --stimulus-column`,
    );
  }
  if (images === undefined) throw imagesMissing(file, pictures.path, pictures.ids);
  const external = externalPictures(images);
  const finder = new PictureFinder(external.ids, false);
  const indices = pictures.ids.map((id) => finder.find(id) ?? -1);
  const missing = shown.find((index) => index >= 0 && indices[index]! < 0);
  if (missing === undefined)
    return { ...found, pictures: external, shown: shown.map((index) => indices[index] ?? -1) };
  throw file.error(
    path,
    `shows '${pictures.ids[missing]}', which is not among the ${external.ids.length} images given`,
    `Call them as the file does; they are called ${external.ids.slice(0, 3).join(", ")}${external.ids.length > 3 ? " …" : ""}`,
  );
}

/** @throws StriateError when a cell of a column names no picture. */
export function findPictures(
  file: NwbFile,
  where: string,
  cells: ArrayLike<string | number>,
  pictures: Pictures,
  byPosition: boolean,
): number[] {
  const finder = new PictureFinder(pictures.ids, byPosition);
  const unknown = new Set<string>();
  const found = Array.from(cells, (cell) => {
    const index = finder.find(cell);
    if (index === undefined) unknown.add(String(cell));
    return index ?? -1;
  });
  if (unknown.size === 0) return found;
  throw file.error(
    where,
    `names ${unknown.size} stimuli that are not among the ${pictures.ids.length} images of ${lastName(pictures.path)}: ${[...unknown].slice(0, 4).join(", ")}${unknown.size > 4 ? " …" : ""}`,
    `Call the images as the column does; they are called ${pictures.ids.slice(0, 3).join(", ")}${pictures.ids.length > 3 ? " …" : ""}`,
  );
}
