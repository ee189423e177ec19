import { ModalGroup } from "./modal-group.ts";
import type { PerNeuron, PointModel } from "./model.ts";
import { checkParameters, checkReset, combine } from "./parameters.ts";

/** Units: ms and mV. */
export interface DeltaSynapsesParameters {
  /** Membrane time constant, one for the population. */
  readonly tau: number;
  /** What v decays to. */
  readonly rest: PerNeuron;
  /** A constant current from outside times the membrane's resistance, added to rest; 0 when absent. */
  readonly drive?: PerNeuron;
  readonly threshold: PerNeuron;
  readonly reset: PerNeuron;
  /** How long v stays at reset after a spike, whatever comes in; 0 when absent. */
  readonly refractory?: number;
}

/**
 * Leaky integrate-and-fire neurons whose inputs are jumps of the potential (Brunel 2000; NEST's iaf_psc_delta), exact:
 *
 *   τ dv/dt = rest + drive − v;   v > threshold: spike, v = reset.
 *
 * A spike adds its synapse's weight, in mV, to v ("potential"); refractory neurons lose it. As in Brian2, what a jump
 * lifts above the threshold fires in the next step, if it is still above it then.
 */
export function deltaSynapses(parameters: DeltaSynapsesParameters): PointModel {
  return {
    name: "deltaSynapses",
    targets: ["potential"],
    weightUnit: "mV",
    variables: ["v"],
    refractory: parameters.refractory ?? 0,
    group: (setting) => {
      const { size, name } = setting;
      const { refractory: _, tau, threshold, reset, drive = 0, ...others } = parameters;
      checkParameters(name, { tau, threshold, reset, drive, ...others }, ["tau"], size);
      checkReset(name, reset, threshold, size);
      const rest = combine(size, [parameters.rest, drive], (v, i) => v + i);
      return new ModalGroup(setting, { rest, threshold, reset, tau });
    },
  };
}
