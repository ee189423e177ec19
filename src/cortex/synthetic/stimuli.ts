import type { Random } from "../../runtime/random.ts";

/** What a synthetic animal is shown. */
export const stimulusKinds = ["dead-leaves", "noise"] as const;

export type StimulusKind = (typeof stimulusKinds)[number];

/** Radii of leaves, in heights of the image. */
const smallestLeaf = 1 / 36;
const largestLeaf = 1 / 2;
/** Numbers for each leaf: x, y, radius, grey. */
const perLeaf = 4;
const leavesAtOnce = 512;
/** A few pixels may stay bare: they keep the grey of the ground. */
const mostLeaves = 16 * leavesAtOnce;

/**
 * One grey image, (height, width) row-major, whole numbers from 0 to 255. Contrast differs between images as it does
 * between photographs.
 */
export function drawStimulus(
  random: Random,
  kind: StimulusKind,
  height: number,
  width: number,
): Float32Array {
  const image = kind === "noise" ? drawNoise(random, height, width) : drawDeadLeaves(random, height, width);
  const mean = 100 + 56 * random.uniform();
  const deviation = 22 + 40 * random.uniform();
  return standardize(image, mean, deviation);
}

/**
 * Dead leaves: discs of uniform grey that cover one another, with density of radii ∝ r⁻³, for which the statistics
 * are the same at every scale, and the power spectrum is nearly that of photographs (Lee, Mumford & Huang, IJCV 2001).
 * Painted from the front, each pixel once, which gives exact samples (Kendall & Thönnes 1999).
 */
function drawDeadLeaves(random: Random, height: number, width: number): Float32Array {
  const grey = random.uniform();
  const image = new Float32Array(height * width).fill(grey);
  const covered = new Uint8Array(height * width);
  const numbers = new Float32Array(perLeaf * leavesAtOnce);
  const [low, high] = [1 / (smallestLeaf * height) ** 2, 1 / (largestLeaf * height) ** 2];
  // Centres fall as densely beyond the border, as far as a leaf can reach in.
  const margin = largestLeaf * height;
  let bare = height * width;
  for (let leaf = 0; bare > 0 && leaf < mostLeaves; leaf++) {
    const at = perLeaf * (leaf % leavesAtOnce);
    if (at === 0) random.fillUniform(numbers);
    const radius = 1 / Math.sqrt(low + (high - low) * numbers[at + 2]!);
    const x = numbers[at]! * (width + 2 * margin) - margin;
    const y = numbers[at + 1]! * (height + 2 * margin) - margin;
    bare -= paintDisc(image, covered, height, width, x, y, radius, numbers[at + 3]!);
  }
  return image;
}

/** Paints the bare pixels in a disc; returns how many. */
function paintDisc(
  image: Float32Array,
  covered: Uint8Array,
  height: number,
  width: number,
  x: number,
  y: number,
  radius: number,
  grey: number,
): number {
  let painted = 0;
  const bottom = Math.min(height - 1, Math.floor(y + radius));
  for (let row = Math.max(0, Math.ceil(y - radius)); row <= bottom; row++) {
    const half = Math.sqrt(Math.max(0, (radius - row + y) * (radius + row - y)));
    const right = row * width + Math.min(width - 1, Math.floor(x + half));
    for (let at = row * width + Math.max(0, Math.ceil(x - half)); at <= right; at++) {
      if (covered[at]) continue;
      covered[at] = 1;
      image[at] = grey;
      painted++;
    }
  }
  return painted;
}

/**
 * Noise whose amplitude falls as 1/f: octaves of smooth noise, each of the same variance (Field, JOSA A 1987, has
 * that for photographs), on grids with random offsets.
 */
function drawNoise(random: Random, height: number, width: number): Float32Array {
  const image = new Float32Array(height * width);
  for (let period = 2 * height; period >= 1; period /= 2) {
    const columns = Math.ceil(width / period) + 2;
    const nodes = random.fillNormal(new Float32Array((Math.ceil(height / period) + 2) * columns));
    const across = gridPlaces(width, period, random.uniform());
    const down = gridPlaces(height, period, random.uniform());
    for (let row = 0; row < height; row++) {
      const top = down.node[row]! * columns;
      for (let column = 0; column < width; column++) {
        const at = top + across.node[column]!;
        const above = nodes[at]! + across.part[column]! * (nodes[at + 1]! - nodes[at]!);
        const below =
          nodes[at + columns]! + across.part[column]! * (nodes[at + columns + 1]! - nodes[at + columns]!);
        image[row * width + column]! += above + down.part[row]! * (below - above);
      }
    }
  }
  return image;
}

/** For each pixel the node of a grid before it and the weight of the next one, which rises smoothly from 0 to 1. */
function gridPlaces(
  length: number,
  period: number,
  offset: number,
): { node: Int32Array; part: Float32Array } {
  const node = Int32Array.from({ length }, (_, pixel) => Math.floor(pixel / period + offset));
  const part = Float32Array.from({ length }, (_, pixel) => {
    const beyond = pixel / period + offset - node[pixel]!;
    return beyond * beyond * (3 - 2 * beyond);
  });
  return { node, part };
}

/** Gives an image a mean and a deviation, as near as whole numbers from 0 to 255 allow. */
function standardize(image: Float32Array, mean: number, deviation: number): Float32Array {
  let sum = 0;
  for (const value of image) sum += value;
  const average = sum / image.length;
  let squares = 0;
  for (const value of image) squares += (value - average) * (value - average);
  const scale = squares > 0 ? deviation / Math.sqrt(squares / image.length) : 0;
  for (let at = 0; at < image.length; at++)
    image[at] = Math.round(Math.min(255, Math.max(0, mean + scale * (image[at]! - average))));
  return image;
}
