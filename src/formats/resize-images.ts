import { StriateError } from "../error.ts";
import type { ImageStack } from "./recording.ts";

/** The source pixels from `first` on that make up one target pixel, and their weights, which sum to 1. */
interface Taps {
  readonly first: number;
  readonly weights: Float64Array;
}

/**
 * Resizes images with a triangle filter, centres of pixels half a pixel from the edge. With `antialias` the triangle
 * widens with the reduction, as Pillow's BILINEAR and torchvision's `Resize(antialias=True)`; without it always spans
 * two pixels, as `Resize(antialias=False)` and `interpolate(mode="bilinear", align_corners=False)`, which Sensorium's
 * models use.
 *
 * @returns the stack itself where it has that size.
 */
export function resizeImages(
  images: ImageStack,
  [height, width]: readonly [height: number, width: number],
  antialias = true,
): ImageStack {
  if (images.height === height && images.width === width) return images;
  if (!(Number.isSafeInteger(height) && Number.isSafeInteger(width) && height > 0 && width > 0))
    throw new StriateError(
      `images of ${height} × ${width} were asked for`,
      "Give a height and a width above 0",
    );
  const planes = images.count * images.channels;
  const across = tapsFor(images.width, width, antialias);
  const down = tapsFor(images.height, height, antialias);
  const data = new Float32Array(planes * height * width);
  const narrowed = new Float64Array(images.height * width);
  for (let plane = 0; plane < planes; plane++) {
    const from = plane * images.height * images.width;
    for (let row = 0; row < images.height; row++) {
      const start = from + row * images.width;
      across.forEach(({ first, weights }, column) => {
        let sum = 0;
        for (let tap = 0; tap < weights.length; tap++)
          sum += weights[tap]! * images.data[start + first + tap]!;
        narrowed[row * width + column] = sum;
      });
    }
    down.forEach(({ first, weights }, row) => {
      const to = (plane * height + row) * width;
      for (let column = 0; column < width; column++) {
        let sum = 0;
        for (let tap = 0; tap < weights.length; tap++)
          sum += weights[tap]! * narrowed[(first + tap) * width + column]!;
        data[to + column] = sum;
      }
    });
  }
  return { data, count: images.count, channels: images.channels, height, width };
}

function tapsFor(from: number, to: number, antialias: boolean): Taps[] {
  const scale = from / to;
  const reach = antialias ? Math.max(1, scale) : 1;
  return Array.from({ length: to }, (_, index) => {
    const centre = (index + 0.5) * scale - 0.5;
    const first = Math.max(0, Math.floor(centre - reach) + 1);
    const last = Math.min(from - 1, Math.ceil(centre + reach) - 1);
    const weights = Float64Array.from(
      { length: last - first + 1 },
      (_, tap) => 1 - Math.abs(first + tap - centre) / reach,
    );
    const sum = weights.reduce((total, weight) => total + weight, 0);
    return { first, weights: weights.map((weight) => weight / sum) };
  });
}

/**
 * Luminance of red, green and blue: ITU-R 601, where all pixels are whole numbers in the integer arithmetic of Pillow's
 * `convert("L")`, which gives the same whole numbers. Images of one channel stay as they are.
 *
 * @throws StriateError for another number of channels.
 */
export function greyImages(images: ImageStack, name: string): ImageStack {
  const { count, channels, height, width } = images;
  if (channels === 1) return images;
  if (channels !== 3)
    throw new StriateError(
      `${name}: images of ${channels} channels have no luminance; expected 1 or 3`,
      "Leave grey out",
    );
  const pixels = height * width;
  const data = new Float32Array(count * pixels);
  const isWhole = images.data.every(Number.isInteger);
  for (let image = 0; image < count; image++) {
    const from = image * 3 * pixels;
    for (let at = 0; at < pixels; at++) {
      const red = images.data[from + at]!;
      const green = images.data[from + pixels + at]!;
      const blue = images.data[from + 2 * pixels + at]!;
      const luminance = (19595 * red + 38470 * green + 7471 * blue) / 65536;
      data[image * pixels + at] = isWhole ? Math.floor(luminance + 0.5) : luminance;
    }
  }
  return { data, count, channels: 1, height, width };
}
