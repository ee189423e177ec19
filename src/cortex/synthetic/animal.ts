import { Random } from "../../runtime/random.ts";

/** What differs between animals and holds for every cell of one; lengths are in heights of the image. */
export interface Animal {
  /** Cells of this animal prefer frequencies around this many cycles in the height of the image. */
  readonly spatialFrequency: number;
  /** The part of cells that are simple; the others are complex. */
  readonly simpleShare: number;
  /** Weight κ of the pooled local contrast in the normalisation. */
  readonly normalization: number;
  /** Deviation of the Gaussian window of that pool. */
  readonly poolWidth: number;
  /** Exponent of the output. */
  readonly exponent: number;
  /** The retina sees (grey / 255) to this power. */
  readonly luminanceExponent: number;
  /** The orientation, radians, that more cells prefer. */
  readonly preferredOrientation: number;
  /** How many more, from 0 to 1. */
  readonly orientationBias: number;
  /** Mean number of spikes in a trial of the median cell. */
  readonly rate: number;
  readonly retinotopy: Retinotopy;
}

/** A map from the cortex to the visual field; see `visualPosition`. */
export interface Retinotopy {
  /** Turn of the map, radians. */
  readonly rotation: number;
  /** −1 for the other hemisphere. */
  readonly mirror: 1 | -1;
  /** How quickly magnification falls from one side of the patch to the other. */
  readonly foveation: number;
}

/**
 * Traits of animal number `index` under a seed. Each trait walks through its range with a step of its own, an
 * irrational part of it (Weyl), so that animals with neighbouring numbers are never alike: at least 0.3 of the range
 * lies between them in every trait. Animal 5 is the same whether or not the others are made.
 */
export function drawAnimal(seed: number, index: number): Animal {
  const starts = new Random(seed).split("animals");
  const steps = [2, 7, 11, 13, 19, 29, 31, 41, 43, 69, 71, 89].map(Math.sqrt);
  let trait = 0;
  const between = (low: number, high: number) => {
    const place = starts.uniform() + index * steps[trait++]!;
    return low + (high - low) * (place - Math.floor(place));
  };
  const ratioBetween = (low: number, high: number) => Math.exp(between(Math.log(low), Math.log(high)));
  return {
    spatialFrequency: ratioBetween(4.4, 8.4),
    simpleShare: between(0.3, 0.7),
    normalization: ratioBetween(0.1, 2),
    poolWidth: ratioBetween(0.08, 0.2),
    exponent: between(0.9, 1.5),
    luminanceExponent: ratioBetween(0.6, 1.6),
    preferredOrientation: between(0, Math.PI),
    orientationBias: between(0.2, 0.9),
    rate: ratioBetween(1.5, 2.6),
    retinotopy: {
      rotation: between(-0.5, 0.5),
      mirror: between(0, 1) < 0.5 ? 1 : -1,
      foveation: between(0.2, 1),
    },
  };
}
