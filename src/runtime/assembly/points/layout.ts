/**
 * Where things stand in the memory of the kernels of point neurons: every record is a run of 32-bit words, a field's number
 * is its word; addresses are bytes. TypeScript writes the records (src/spiking/network), the kernels read them.
 */

/** What the threads of a network tell each other. */
export enum Crew {
  /** Counts the steps of populations; threads wait for it to change. */
  generation,
  /** How many threads have finished this one. */
  finished,
  /** 1 ends the threads. */
  quit,
  threads,
  /** The population that moves. */
  task,
  size,
}

/** Equations of a population whose state is rewritten in every step. */
export enum Equations {
  currents,
  conductances,
  traubMiles,
}

/** Such a population. */
export enum Task {
  /** Length of a step in ms, as a float64: two words. */
  step,
  equations = 2,
  /** 1 for float64, 0 for float32. */
  wide,
  /** Regions of variables, each `bytes` long. */
  state,
  bytes,
  /** See lanes.ts. */
  parameters,
  stride,
  mask,
  held,
  /** A list for each thread but the first, each `listBytes` long: how many neurons fire, and which. */
  lists,
  listBytes,
  size,
}
