import type { Tier } from "../../formats/recording.ts";
import type { Random } from "../../runtime/random.ts";

/** Which images an animal sees, when, and what for. */
export interface Presentation {
  /** Numbers of the images, each once: first those for tests, then for validation, then for training. */
  readonly shown: readonly number[];
  /** (trials): index into `shown`. */
  readonly stimulusOf: Int32Array;
  readonly tierOf: readonly Tier[];
}

/** Training images of all animals come from a pool of so many times what one sees. */
const poolFactor = 2;

/** Draws an animal's training images, repeats the images for tests, and shuffles all trials. */
export function planPresentation(
  random: Random,
  { images, repeats, shareImages }: { images: number; repeats: number; shareImages: boolean },
): Presentation {
  const test = Math.min(100, Math.max(20, Math.round(0.05 * images)));
  const validation = Math.max(1, Math.round(0.1 * images));
  const common = test + validation;
  const training = images - common;
  const drawn = shareImages
    ? Array.from({ length: training }, (_, index) => index)
    : [...random.permutation(poolFactor * training).subarray(0, training)];
  const shown = Array.from({ length: common }, (_, index) => index);
  for (const number of drawn) shown.push(common + number);
  const ordered = shown.flatMap((_, index) => Array<number>(index < test ? repeats : 1).fill(index));
  const stimulusOf = Int32Array.from(random.permutation(ordered.length), (place) => ordered[place]!);
  const tierOf = Array.from(
    stimulusOf,
    (index): Tier => (index < test ? "test" : index < common ? "validation" : "train"),
  );
  return { shown, stimulusOf, tierOf };
}
