/** What is changed of the synapses into one layer of neurons, to make up for errors; one number for each channel. */
export interface Correction {
  /** What the channel's weights and bias are multiplied by; 1 when absent. */
  readonly factors?: Float32Array;
  /** A current, in thresholds a step, that is added to the channel's input; none when absent. */
  readonly bias?: Float32Array;
}

export const uncorrected: Correction = {};
