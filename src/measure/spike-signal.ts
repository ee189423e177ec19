import type { Signal } from "../nn/layer.ts";
import { sizeOf, type Tensor } from "../tensor/index.ts";

/** Every value is 0, or ±a for one amplitude a: the product of the scalars in `amplitude`. */
export interface Spikes {
  /** False when no two non-zero values have opposite signs. */
  readonly signed: boolean;
  readonly amplitude: readonly Tensor[];
}

/** Operators that only move, repeat or pick values. */
const MOVES = new Set(["customGradient", "reshape", "transpose", "slice", "maxPool2d"]);

/**
 * Proves from how an array is computed that it can only hold spikes: conditions turned to 0 and 1, their difference,
 * times a threshold. undefined where there is no proof, which does not mean that there are no spikes.
 */
export function spikesOf(x: Tensor): Spikes | undefined {
  const { name } = x.operator;
  const [a, b] = x.inputs as [Tensor, Tensor];
  if (name === "step") return { signed: false, amplitude: [] };
  if (name === "cast") return a.dtype === "bool" ? { signed: false, amplitude: [] } : undefined;
  if (MOVES.has(name)) return spikesOf(a);
  if (name === "sub") {
    const [up, down] = [spikesOf(a), spikesOf(b)];
    const bothUp = up !== undefined && down !== undefined && !up.signed && !down.signed;
    return bothUp && sameAmplitude(up, down) ? { ...up, signed: true } : undefined;
  }
  if (name === "mul") {
    const [left, right] = [spikesOf(a), spikesOf(b)];
    if (left !== undefined && right !== undefined) {
      return { signed: left.signed || right.signed, amplitude: [...left.amplitude, ...right.amplitude] };
    }
    if (left !== undefined && sizeOf(b.shape) === 1) return { ...left, amplitude: [...left.amplitude, b] };
    if (right !== undefined && sizeOf(a.shape) === 1) return { ...right, amplitude: [...right.amplitude, a] };
  }
  return undefined;
}

/** The same for all steps of a signal together: one amplitude, and signed if any step is. */
export function spikesOfSignal(signal: Signal): Spikes | undefined {
  const steps = signal.map(spikesOf);
  const [first] = steps;
  if (first === undefined || !steps.every((step) => step !== undefined && sameAmplitude(step, first)))
    return undefined;
  return { ...first, signed: steps.some((step) => step!.signed) };
}

const sameAmplitude = (a: Spikes, b: Spikes): boolean =>
  a.amplitude.length === b.amplitude.length && a.amplitude.every((factor, i) => factor === b.amplitude[i]);
