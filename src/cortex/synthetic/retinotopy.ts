import type { Retinotopy } from "./animal.ts";

/** Side of the patch of cortex that is recorded, micrometres. */
export const patchSide = 1000;

/** Receptive fields have their centres in this part of the image's height and width, around its middle. */
const coverage = 0.84;

/**
 * Where in the visual field the cortical map puts a cell, without scatter. The patch is turned, its horizontal axis
 * passes through the inverse of the logarithmic map of V1 (Schwartz, Biol. Cybern. 1977), and the result is stretched
 * over the image.
 *
 * @param x, y micrometres from the corner of the patch
 * @returns (x, y) from −1 to 1 over the width and the height of the image; y points down
 */
export function visualPosition(
  { rotation, mirror, foveation }: Retinotopy,
  x: number,
  y: number,
): [number, number] {
  const u = mirror * ((2 * x) / patchSide - 1);
  const v = (2 * y) / patchSide - 1;
  const [cos, sin] = [Math.cos(rotation), Math.sin(rotation)];
  const corner = Math.abs(cos) + Math.abs(sin);
  const across = (cos * u - sin * v) / corner;
  const down = (sin * u + cos * v) / corner;
  const eccentricity = Math.expm1(foveation * (across + 1)) / Math.expm1(2 * foveation);
  return [coverage * (2 * eccentricity - 1), coverage * down];
}
