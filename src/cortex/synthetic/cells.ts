import type { Random } from "../../runtime/random.ts";
import type { Animal } from "./animal.ts";
import type { Gabor } from "./gabor.ts";
import { patchSide, visualPosition } from "./retinotopy.ts";

/** A cell of the synthetic V1. */
export interface Cell {
  readonly kind: "simple" | "complex";
  /** The receptive field; of a complex cell, one of the two that are a quarter of a cycle apart. */
  readonly field: Gabor;
  /** Micrometres in the cortex: along the surface twice, then depth. */
  readonly coordinates: readonly [number, number, number];
  /** Mean number of spikes in a trial. */
  readonly rate: number;
  /** The part of the rate that no stimulus changes. */
  readonly spontaneous: number;
  /** The drive, in means of the drive over images, at which the response is half of its greatest. */
  readonly halfDrive: number;
  /** Logarithm of the gain for one deviation of pupil size, its derivative, running speed. */
  readonly behaviorWeights: readonly [number, number, number];
}

/** Scatter of receptive fields about the map, in heights of the image. */
const scatter = 0.025;
/** Deviations of the envelope, in heights of the image: fields 6 to 14 pixels wide (4 σ) in 36. */
const [narrowest, widest] = [1.5 / 36, 3.5 / 36];

/** @returns one cell of an animal that sees images of height × width pixels */
export function drawCell(random: Random, animal: Animal, height: number, width: number): Cell {
  const between = (low: number, high: number) => low + (high - low) * random.uniform();
  const [x, y] = [between(0, patchSide), between(0, patchSide)];
  const [across, down] = visualPosition(animal.retinotopy, x, y);
  const frequency = animal.spatialFrequency * Math.exp(0.2 * random.normal());
  // 0.4 cycles in a deviation are a bandwidth of 1.5 octaves, the median of V1 (De Valois et al., Vision Res. 1982).
  const size = Math.min(widest, Math.max(narrowest, between(0.34, 0.46) / frequency));
  return {
    kind: random.uniform() < animal.simpleShare ? "simple" : "complex",
    field: {
      x: ((across + 1) / 2) * (width - 1) + scatter * height * random.normal(),
      y: ((down + 1) / 2) * (height - 1) + scatter * height * random.normal(),
      frequency: frequency / height,
      orientation: drawOrientation(random, animal),
      phase: between(0, 2 * Math.PI),
      width: size * height,
      length: size * height * between(0.9, 1.3),
    },
    coordinates: [x, y, between(150, 350)],
    rate: Math.min(5, Math.max(0.6, animal.rate * Math.exp(0.35 * random.normal()))),
    spontaneous: between(0.25, 0.55),
    halfDrive: between(0.5, 1.5),
    behaviorWeights: [
      0.06 + 0.05 * random.normal(),
      0.02 + 0.02 * random.normal(),
      0.08 + 0.06 * random.normal(),
    ],
  };
}

/** Density ∝ 1 + bias · cos 2(θ − preferred), by rejection. */
function drawOrientation(random: Random, { preferredOrientation, orientationBias }: Animal): number {
  for (;;) {
    const orientation = Math.PI * random.uniform();
    const density = 1 + orientationBias * Math.cos(2 * (orientation - preferredOrientation));
    if (2 * random.uniform() < density) return orientation;
  }
}
