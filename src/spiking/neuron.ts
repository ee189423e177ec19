import type { Tensor } from "../tensor/index.ts";

/** A spiking neuron as a map from one step to the next, element by element over arrays of any one shape. */
export interface Neuron<State> {
  readonly name: string;
  /** The state before the first step, for a current like this one. */
  initial(current: Tensor): State;
  /** One step: the output that travels on, the membrane potential to record, and the next state. */
  step(
    state: State,
    current: Tensor,
  ): { readonly output: Tensor; readonly membrane: Tensor; readonly state: State };
}

/** What a neuron did: one array for each step. */
export interface Trace {
  readonly outputs: Tensor[];
  readonly membranes: Tensor[];
}

/** Runs a neuron for `steps` steps on a current: one array that stays the same, or one array for each step. */
export function simulate<State>(neuron: Neuron<State>, current: readonly Tensor[], steps: number): Trace {
  let state = neuron.initial(current[0]!);
  const trace: Trace = { outputs: [], membranes: [] };
  for (let t = 0; t < steps; t++) {
    const result = neuron.step(state, current[current.length === 1 ? 0 : t]!);
    trace.outputs.push(result.output);
    trace.membranes.push(result.membrane);
    state = result.state;
  }
  return trace;
}
