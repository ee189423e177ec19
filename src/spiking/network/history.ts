import type { Arena } from "./arena.ts";

/**
 * The spikes of a population in its last steps, a list for each step, in one ring of memory. A neuron fires at most once
 * in its refractory time, which bounds what the lists can hold together.
 */
export class SpikeHistory {
  readonly address: number;
  readonly #arena: Arena;
  readonly #depth: number;
  readonly #size: number;
  readonly #capacity: number;
  readonly #starts: Float64Array;
  readonly #counts: Uint32Array;
  #words: Uint32Array | undefined;
  #slot = 0;
  #head = 0;

  /**
   * @param longest how many steps back lists are asked for
   * @param refractorySteps steps from a spike to the next possible one
   */
  constructor(arena: Arena, size: number, longest: number, refractorySteps: number) {
    this.#arena = arena;
    this.#depth = longest + 1;
    this.#size = size;
    this.#capacity = size * (Math.ceil(this.#depth / Math.max(1, refractorySteps)) + 3);
    this.address = arena.reserve(this.#capacity * 4);
    this.#starts = new Float64Array(this.#depth);
    this.#counts = new Uint32Array(this.#depth);
  }

  /** Opens the list of a new step. @returns the address that kernels write its spikes to */
  open(): number {
    this.#slot = this.#slot + 1 === this.#depth ? 0 : this.#slot + 1;
    if (this.#head + this.#size > this.#capacity) this.#head = 0;
    this.#starts[this.#slot] = this.#head;
    this.#counts[this.#slot] = 0;
    return this.address + this.#head * 4;
  }

  /** How many spikes the kernel wrote. */
  close(count: number): void {
    this.#counts[this.#slot] = count;
    this.#head += count;
  }

  #slotOf(ago: number): number {
    const slot = this.#slot - ago;
    return slot < 0 ? slot + this.#depth : slot;
  }

  count(ago: number): number {
    return this.#counts[this.#slotOf(ago)];
  }

  addressOf(ago: number): number {
    return this.address + this.#starts[this.#slotOf(ago)] * 4;
  }

  /** The numbers of the neurons that fired so many steps ago, ascending; a view. */
  list(ago: number): Uint32Array {
    this.#words ??= this.#arena.words(this.address, this.#capacity);
    const slot = this.#slotOf(ago);
    const start = this.#starts[slot];
    return this.#words.subarray(start, start + this.#counts[slot]);
  }
}
