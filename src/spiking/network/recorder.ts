/** Spikes of a population in a run, in order of time and, within a step, of neuron. */
export interface SpikeRecord {
  /** Time of each spike in ms since the network was made: the start of the step it fell in, as in Brian2. */
  readonly times: Float64Array;
  readonly neurons: Uint32Array;
  /** How many spikes each neuron fired. */
  readonly counts: Uint32Array;
}

/** Collects spikes; with `trains` false only counts, in constant memory. */
export class Recorder {
  readonly #trains: boolean;
  readonly #counts: Uint32Array;
  #steps = new Float64Array(1024);
  #neurons = new Uint32Array(1024);
  #length = 0;

  constructor(size: number, trains: boolean) {
    this.#trains = trains;
    this.#counts = new Uint32Array(size);
  }

  add(step: number, fired: Uint32Array): void {
    for (let k = 0; k < fired.length; k++) this.#counts[fired[k]]++;
    if (!this.#trains) return;
    const end = this.#length + fired.length;
    if (end > this.#neurons.length) this.#grow(end);
    this.#neurons.set(fired, this.#length);
    this.#steps.fill(step, this.#length, end);
    this.#length = end;
  }

  #grow(least: number): void {
    const capacity = Math.max(least, 2 * this.#neurons.length);
    const steps = new Float64Array(capacity);
    const neurons = new Uint32Array(capacity);
    steps.set(this.#steps);
    neurons.set(this.#neurons);
    this.#steps = steps;
    this.#neurons = neurons;
  }

  record(step: number): SpikeRecord {
    return {
      times: this.#steps.slice(0, this.#length).map((n) => n * step),
      neurons: this.#neurons.slice(0, this.#length),
      counts: this.#counts,
    };
  }
}
