import { Equations } from "../../runtime/assembly/points/layout.ts";
import type { PerNeuron, PointModel } from "./model.ts";
import { checkParameters, checkReset, combine } from "./parameters.ts";
import { SteppedGroup } from "./stepped-group.ts";

/** Units: ms, mV, nS, pF, pA. */
export interface ExponentialConductancesParameters {
  readonly capacitance: PerNeuron;
  readonly leak: PerNeuron;
  /** Reversal potential of the leak. */
  readonly rest: PerNeuron;
  readonly reversalExcitatory: PerNeuron;
  readonly reversalInhibitory: PerNeuron;
  readonly tauExcitatory: PerNeuron;
  readonly tauInhibitory: PerNeuron;
  /** A constant current from outside; 0 when absent. */
  readonly current?: PerNeuron;
  readonly threshold: PerNeuron;
  readonly reset: PerNeuron;
  /** How long v stays at reset after a spike; 0 when absent. */
  readonly refractory?: number;
}

/**
 * Leaky integrate-and-fire neurons with exponential conductances (COBA; NEST's iaf_cond_exp), by exponential Euler:
 *
 *   C dv/dt = g_L (rest − v) + ge (Eₑ − v) + gi (Eᵢ − v) + current;   v > threshold: spike, v = reset.
 *
 * A spike adds its synapse's weight, in nS, to ge ("excitatory") or gi ("inhibitory"); weights of both are positive.
 */
export function exponentialConductances(parameters: ExponentialConductancesParameters): PointModel {
  return {
    name: "exponentialConductances",
    targets: ["excitatory", "inhibitory"],
    weightUnit: "nS",
    variables: ["v", "ge", "gi"],
    refractory: parameters.refractory ?? 0,
    group: (setting) => {
      const { size, step, name } = setting;
      const { refractory: _, current = 0, ...p } = parameters;
      const positive = ["capacitance", "leak", "tauExcitatory", "tauInhibitory"];
      checkParameters(name, { ...p, current }, positive, size);
      checkReset(name, p.reset, p.threshold, size);
      const decay = (of: PerNeuron) => combine(size, [of], (tau) => Math.exp(-step / tau));
      return new SteppedGroup(setting, {
        variables: ["v", "ge", "gi"],
        parameters: [
          p.leak,
          combine(size, [p.leak, p.rest, current], (g, v, i) => g * v + i),
          p.reversalExcitatory,
          p.reversalInhibitory,
          combine(size, [p.capacitance], (c) => -step / c),
          decay(p.tauExcitatory),
          decay(p.tauInhibitory),
          p.threshold,
        ],
        origin: 0,
        initial: { v: p.reset, ge: 0, gi: 0, ...setting.initial },
        receivers: { excitatory: "ge", inhibitory: "gi" },
        reset: p.reset,
        equations: Equations.conductances,
      });
    },
  };
}
