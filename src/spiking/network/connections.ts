import { StriateError } from "../../error.ts";
import type { Random } from "../../runtime/random.ts";

/** Which neurons of the source range synapse on which of the target range; numbers count from the ranges' starts. */
export type Connections =
  /** Every pair with this probability, independently. `self: false` leaves out synapses of a neuron on itself. */
  | { readonly probability: number; readonly self?: boolean }
  /** Every target gets this many sources, drawn with replacement (a pair may have several synapses). */
  | { readonly inDegree: number; readonly self?: boolean }
  /** Synapse k goes from sources[k] to targets[k]. */
  | { readonly sources: ArrayLike<number>; readonly targets: ArrayLike<number> };

/** Synapses as two lists of the same length, by source and then, where they were drawn, by target. */
export interface SynapseList {
  readonly sources: Uint32Array;
  readonly targets: Uint32Array;
}

/**
 * Draws connections between `sources` and `targets` neurons; the same stream draws the same ones on every machine.
 *
 * @param offset where target 0 lies among the sources, for `self: false`; undefined when the ranges are of two populations
 * @throws StriateError for probabilities outside 0 to 1, in-degrees that are no integers, and neurons outside the ranges
 */
export function drawConnections(
  connections: Connections,
  sources: number,
  targets: number,
  random: Random,
  offset?: number,
): SynapseList {
  if ("probability" in connections) {
    const { probability, self = true } = connections;
    if (!(probability >= 0 && probability <= 1)) {
      throw new StriateError(
        `the probability of a connection is ${probability}`,
        "Give a number from 0 to 1",
      );
    }
    return drawPairs(probability, sources, targets, random, self ? undefined : offset);
  }
  if ("inDegree" in connections) {
    const { inDegree, self = true } = connections;
    const most = self || offset === undefined ? 0 : 1;
    if (!Number.isInteger(inDegree) || inDegree < 0 || (inDegree > 0 && sources <= most)) {
      throw new StriateError(
        `an in-degree of ${inDegree} from ${sources} neurons was asked for`,
        "Give a whole number, and sources to draw from",
      );
    }
    return drawInDegree(inDegree, sources, targets, random, self ? undefined : offset);
  }
  return checkList(connections.sources, connections.targets, sources, targets);
}

/** Longest table of powers, and so the longest skip at once. */
const LONGEST = 1 << 16;

/**
 * Walks over all pairs, skipping a geometric number of them: the skip is the k with q^(k+1) < u ≤ q^k, q = 1 − p, found
 * in a table of powers. It needs no logarithm, whose last digit depends on the browser.
 */
function drawPairs(
  probability: number,
  sources: number,
  targets: number,
  random: Random,
  offset: number | undefined,
): SynapseList {
  const pairs = sources * targets;
  const drawn = new GrowingList(Math.ceil(pairs * probability * 1.02) + 1024);
  if (probability === 0) return drawn.finish();
  const powers = new Float64Array(Math.min(LONGEST, Math.ceil(8 / probability)) + 1);
  powers[0] = 1;
  for (let k = 1; k < powers.length; k++) powers[k] = powers[k - 1] * (1 - probability);
  const longest = powers.length - 1;
  let source = 0;
  let target = -1;
  while (source < sources) {
    const u = 1 - random.uniform();
    const skip = skipOf(powers, u);
    // a skip past the table starts anew from its end: what lies ahead does not depend on what was skipped
    target += skip === longest ? longest : skip + 1;
    if (target >= targets) {
      const rows = Math.floor(target / targets);
      source += rows;
      target -= rows * targets;
    }
    if (skip === longest || source >= sources) continue;
    if (offset === undefined || target + offset !== source) drawn.push(source, target);
  }
  return drawn.finish();
}

/** How many powers after the first are at least u. */
function skipOf(powers: Float64Array, u: number): number {
  let low = 0;
  let high = powers.length - 1;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if (powers[middle] >= u) low = middle;
    else high = middle - 1;
  }
  return low;
}

function drawInDegree(
  inDegree: number,
  sources: number,
  targets: number,
  random: Random,
  offset: number | undefined,
): SynapseList {
  const count = inDegree * targets;
  const from = new Uint32Array(count);
  const to = new Uint32Array(count);
  for (let synapse = 0; synapse < count; synapse++) {
    const target = Math.floor(synapse / inDegree);
    let source = random.integer(sources);
    while (offset !== undefined && source === target + offset) source = random.integer(sources);
    from[synapse] = source;
    to[synapse] = target;
  }
  const order = bySource(from, sources);
  return { sources: order.map((k) => from[k]), targets: order.map((k) => to[k]) };
}

function checkList(
  from: ArrayLike<number>,
  to: ArrayLike<number>,
  sources: number,
  targets: number,
): SynapseList {
  if (from.length !== to.length) {
    throw new StriateError(
      `${from.length} sources and ${to.length} targets are listed`,
      "Give a source and a target for each synapse",
    );
  }
  for (const [role, list, size] of [
    ["source", from, sources],
    ["target", to, targets],
  ] as const) {
    for (let k = 0; k < list.length; k++) {
      if (Number.isInteger(list[k]) && list[k] >= 0 && list[k] < size) continue;
      throw new StriateError(
        `synapse ${k} has ${role} ${list[k]}, expected 0 to ${size - 1}`,
        `Count neurons from the start of the ${role} range`,
      );
    }
  }
  return { sources: Uint32Array.from(from), targets: Uint32Array.from(to) };
}

/** The order that sorts by source and leaves synapses of one source as they were. */
export function bySource(sources: Uint32Array, count: number): Uint32Array {
  const next = rowOffsets(sources, count);
  const order = new Uint32Array(sources.length);
  for (let k = 0; k < sources.length; k++) order[next[sources[k]]++] = k;
  return order;
}

/** Where each source's synapses start when they are sorted by source, and where the last one's end. */
export function rowOffsets(sources: Uint32Array, count: number): Uint32Array {
  const offsets = new Uint32Array(count + 1);
  for (let k = 0; k < sources.length; k++) offsets[sources[k] + 1]++;
  for (let s = 0; s < count; s++) offsets[s + 1] += offsets[s];
  return offsets;
}

/** Two lists that grow together. */
export class GrowingList {
  #sources: Uint32Array;
  #targets: Uint32Array;
  #length = 0;

  constructor(capacity: number) {
    this.#sources = new Uint32Array(capacity);
    this.#targets = new Uint32Array(capacity);
  }

  push(source: number, target: number): void {
    if (this.#length === this.#sources.length) {
      const sources = new Uint32Array(2 * this.#length);
      const targets = new Uint32Array(2 * this.#length);
      sources.set(this.#sources);
      targets.set(this.#targets);
      this.#sources = sources;
      this.#targets = targets;
    }
    this.#sources[this.#length] = source;
    this.#targets[this.#length++] = target;
  }

  finish(): SynapseList {
    return {
      sources: this.#sources.subarray(0, this.#length),
      targets: this.#targets.subarray(0, this.#length),
    };
  }
}
