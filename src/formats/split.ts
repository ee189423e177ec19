import { StriateError } from "../error.ts";
import { Random } from "../runtime/random.ts";
import type { Tier } from "./recording.ts";

/** Shares of the stimuli, relative to each other. */
export interface TierShares {
  readonly train: number;
  readonly validation: number;
  readonly test: number;
}

export const defaultShares: TierShares = { train: 0.8, validation: 0.1, test: 0.1 };

/**
 * A tier for each stimulus, at random: all repeats of a stimulus share its tier, so that no model is tested on an image
 * that it was fitted to. Each tier with a share above 0 has at least one stimulus.
 *
 * @param count the number of stimuli.
 * @param seed the same seed gives the same split.
 * @throws StriateError when a share is negative or not finite, all are 0, or there are fewer stimuli than tiers.
 */
export function splitStimuli(count: number, shares: TierShares = defaultShares, seed = 1): Tier[] {
  const given = Object.entries(shares) as [keyof TierShares, number][];
  const total = given.reduce((sum, [, share]) => sum + share, 0);
  if (given.some(([, share]) => !(share >= 0)) || !(total > 0) || !Number.isFinite(total))
    throw new StriateError(
      `the shares are ${given.map(([tier, share]) => `${tier} ${share}`).join(", ")}; expected numbers of 0 or more with a sum above 0`,
      "Give shares such as 0.8, 0.1 and 0.1",
    );
  const used = given.filter(([, share]) => share > 0);
  if (count < used.length)
    throw new StriateError(
      `${count} stimuli cannot be split into ${used.map(([tier]) => tier).join(", ")}`,
      "Give more stimuli, or a share of 0 to a tier that is not needed",
    );
  const sizes = used.map(([, share]) => Math.max(1, Math.floor((share / total) * count)));
  // what rounding leaves, and what it takes too much, falls to the largest tier
  const largest = sizes.indexOf(Math.max(...sizes));
  sizes[largest] += count - sizes.reduce((sum, size) => sum + size, 0);
  const tiers = used.flatMap(([tier], index) => Array<Tier>(sizes[index]).fill(tier));
  const order = new Random(seed).split("tiers").permutation(count);
  const tierOf = Array<Tier>(count);
  for (let place = 0; place < count; place++) tierOf[order[place]] = tiers[place];
  return tierOf;
}
