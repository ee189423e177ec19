import { StriateError } from "../../error.ts";
import type { ImageStack } from "../recording.ts";
import { greyImages, resizeImages } from "../resize-images.ts";
import type { Pictures } from "./pictures.ts";

/** How images are made alike. */
export interface PictureForm {
  /** [height, width] in pixels. */
  readonly size?: readonly [height: number, width: number] | undefined;
  readonly grey?: boolean | undefined;
}

/**
 * Stacks some of the pictures. Where grey and coloured ones are mixed, all become grey.
 *
 * @throws StriateError when they differ in size and none is given.
 */
export function stackPictures(
  name: string,
  { path, ids, picture, isWhole }: Pictures,
  chosen: readonly number[],
  { size, grey = false }: PictureForm,
): ImageStack {
  const given = chosen.map((index) => picture!(index));
  const isMixed = given.some(({ channels }) => channels !== given[0]!.channels);
  const pictures = given.map((one) => {
    const coloured = grey || isMixed ? (isWhole ? greyImages(one, `${name}: ${path}`) : luminance(one)) : one;
    return size === undefined ? coloured : resizeImages(coloured, size);
  });
  const { channels, height, width } = pictures[0]!;
  const other = pictures.findIndex((one) => one.height !== height || one.width !== width);
  if (other >= 0)
    throw new StriateError(
      `${name}: ${path}: images differ in size: '${ids[chosen[0]!]}' has ${height} × ${width} pixels, '${ids[chosen[other]!]}' has ${pictures[other]!.height} × ${pictures[other]!.width}`,
      "Bring all to one size, with --size for example",
    );
  const each = channels * height * width;
  const data = new Float32Array(pictures.length * each);
  pictures.forEach((one, index) => {
    data.set(one.data, index * each);
  });
  return { data, count: pictures.length, channels, height, width };
}

/** ITU-R 601, not rounded: for images that are stored as fractions. */
function luminance(image: ImageStack): ImageStack {
  if (image.channels === 1) return image;
  const pixels = image.height * image.width;
  const data = Float32Array.from(
    { length: pixels },
    (_, at) =>
      0.299 * image.data[at]! + 0.587 * image.data[pixels + at]! + 0.114 * image.data[2 * pixels + at]!,
  );
  return { ...image, channels: 1, data };
}
