import { StriateError } from "../error.ts";

function requirePositive(values: Readonly<Record<string, number>>): void {
  for (const [name, value] of Object.entries(values)) {
    if (!(Number.isFinite(value) && value > 0))
      throw new StriateError(`${name} is ${value}, expected a number above 0`);
  }
}

export interface Bits {
  /** Time steps T; 1 for a dense network. */
  readonly steps: number;
  /** Bits of a weight. */
  readonly weightBits: number;
  /** Bits of what travels at one step: 1 for a spike, 2 for a signed one, b for a b-bit activation. */
  readonly spikeBits: number;
}

/** T · bits of a weight · bits of a spike (Shen et al., CVPR 2024): one scale for spiking and quantised networks. */
export function bitBudget({ steps, weightBits, spikeBits }: Bits): number {
  requirePositive({ steps, weightBits, spikeBits });
  return steps * weightBits * spikeBits;
}

/**
 * Synaptic arithmetic computation effort, S-ACE (Shen et al., CVPR 2024, after the ACE of PokeBNN, Zhang et al., CVPR
 * 2022): Σ MACs · T · bits of a weight · bits of a spike over the layers, with the dense MACs of one step. Silent neurons
 * count as much as active ones.
 */
export const sAce = (layers: readonly (Bits & { readonly macs: number })[]): number =>
  layers.reduce((total, { macs, ...bits }) => total + macs * bitBudget(bits), 0);
