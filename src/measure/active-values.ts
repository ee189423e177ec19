import type { Signal } from "../nn/layer.ts";
import {
  abs,
  add,
  constant,
  div,
  equal,
  greater,
  mask,
  max,
  maximum,
  minimum,
  mul,
  neg,
  round,
  sign,
  sub,
  type Tensor,
  where,
} from "../tensor/index.ts";
import { type Spikes, spikesOfSignal } from "./spike-signal.ts";

const isZero = (x: Tensor): Tensor => mask(equal(x, constant(0)));

/** 1 where x is not 0, and 0 elsewhere. */
export const binarize = (x: Tensor): Tensor => sub(constant(1), isZero(x));

/** Sums of spikes as whole numbers of spikes. An amplitude of 0 gives none. */
function inSpikes(sums: Tensor, { amplitude }: Spikes): Tensor {
  if (amplitude.length === 0) return sums;
  return round(div(sums, maximum(abs(amplitude.reduce(mul)), constant(1e-30))));
}

/**
 * At how many steps each element was not 0; the shape of one step. Spikes are summed and divided by their amplitude,
 * which takes a third of the time of looking at each.
 */
export function activeCounts(signal: Signal): Tensor {
  const last = signal.at(-1)!;
  const known = counted.get(last);
  if (known?.signal.length === signal.length && known.signal.every((step, t) => step === signal[t]))
    return known.counts;
  const counts = countActive(signal);
  counted.set(last, { signal, counts });
  return counts;
}

/** Several meters count the same spikes: one sum serves them all. */
const counted = new WeakMap<Tensor, { readonly signal: Signal; readonly counts: Tensor }>();

function countActive(signal: Signal): Tensor {
  const spikes = spikesOfSignal(signal);
  if (spikes === undefined) return sub(constant(signal.length), signal.map(isZero).reduce(add));
  return spikes.signed
    ? inSpikes(signal.map(abs).reduce(add), spikes)
    : abs(inSpikes(signal.reduce(add), spikes));
}

/** At how many steps each element was positive, less the steps at which it was negative. */
export function balances(signal: Signal): Tensor {
  const spikes = spikesOfSignal(signal);
  return spikes === undefined ? signal.map(sign).reduce(add) : inSpikes(signal.reduce(add), spikes);
}

/** Above any magnitude that counts as one. */
export const BEYOND = 3e38;

/** The least and the greatest magnitude of a non-zero value; `BEYOND` and 0 when all are 0. */
export function magnitudes(signal: Signal): { least: Tensor; greatest: Tensor } {
  const sizes = signal.map(abs);
  const lit = sizes.map((x) => where(greater(x, constant(0)), x, constant(BEYOND)));
  return { least: neg(max(neg(lit.reduce(minimum)))), greatest: max(sizes.reduce(maximum)) };
}
