import { Equations } from "../../runtime/assembly/points/layout.ts";
import type { PerNeuron, PointModel } from "./model.ts";
import { checkParameters, combine } from "./parameters.ts";
import { SteppedGroup } from "./stepped-group.ts";

/** Units: ms, mV, nS, pF, pA. */
export interface TraubMilesParameters {
  readonly capacitance: PerNeuron;
  readonly leak: PerNeuron;
  readonly sodium: PerNeuron;
  readonly potassium: PerNeuron;
  /** Reversal potentials. */
  readonly rest: PerNeuron;
  readonly reversalSodium: PerNeuron;
  readonly reversalPotassium: PerNeuron;
  readonly reversalExcitatory: PerNeuron;
  readonly reversalInhibitory: PerNeuron;
  readonly tauExcitatory: PerNeuron;
  readonly tauInhibitory: PerNeuron;
  /** V_T, from which the rates of the gates are measured. */
  readonly rateOrigin: PerNeuron;
  /** A constant current from outside; 0 when absent. */
  readonly current?: PerNeuron;
  /** A neuron fires when v passes this. */
  readonly threshold: PerNeuron;
  /** How long after a spike no other is counted. */
  readonly refractory: number;
}

/**
 * Hodgkin & Huxley neurons with the rates of Traub & Miles (1991) and exponential conductances (COBAHH; close to NEST's
 * hh_cond_exp_traub), by exponential Euler:
 *
 *   C dv/dt = g_L (rest − v) + ge (Eₑ − v) + gi (Eᵢ − v) + g_Na m³ h (E_Na − v) + g_K n⁴ (E_K − v) + current
 *
 * A spike adds its synapse's weight, in nS, to ge ("excitatory") or gi ("inhibitory"); weights of both are positive. Gates
 * start at 0 unless `initial` says otherwise, as in Brian2.
 */
export function traubMiles(parameters: TraubMilesParameters): PointModel {
  return {
    name: "traubMiles",
    targets: ["excitatory", "inhibitory"],
    weightUnit: "nS",
    variables: ["v", "m", "n", "h", "ge", "gi"],
    refractory: parameters.refractory,
    group: (setting) => {
      const { size, step, name } = setting;
      const { refractory: _, current = 0, ...p } = parameters;
      const positive = ["capacitance", "leak", "tauExcitatory", "tauInhibitory"];
      checkParameters(name, { ...p, current }, positive, size);
      const decay = (of: PerNeuron) => combine(size, [of], (tau) => Math.exp(-step / tau));
      return new SteppedGroup(setting, {
        variables: ["v", "m", "n", "h", "ge", "gi"],
        parameters: [
          p.rateOrigin,
          p.leak,
          combine(size, [p.leak, p.rest, current], (g, v, i) => g * v + i),
          p.reversalExcitatory,
          p.reversalInhibitory,
          p.sodium,
          p.reversalSodium,
          p.potassium,
          p.reversalPotassium,
          combine(size, [p.capacitance], (c) => -step / c),
          decay(p.tauExcitatory),
          decay(p.tauInhibitory),
          p.threshold,
        ],
        origin: 0,
        initial: { v: p.rest, m: 0, n: 0, h: 0, ge: 0, gi: 0, ...setting.initial },
        receivers: { excitatory: "ge", inhibitory: "gi" },
        equations: Equations.traubMiles,
      });
    },
  };
}
