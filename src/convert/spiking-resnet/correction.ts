/** What is changed of the synapses into one layer of neurons, to make up for errors. */
export interface Correction {
  /** What the layer's weights and biases are multiplied by. */
  readonly factor: number;
  /** A current for each channel, in thresholds a step, that is added to its input; none when absent. */
  readonly bias?: Float32Array | undefined;
}

export const uncorrected: Correction = { factor: 1 };
