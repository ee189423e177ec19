import { Equations } from "../../runtime/assembly/points/layout.ts";
import { ModalGroup } from "./modal-group.ts";
import type { GroupSetting, NeuronGroup, PerNeuron, PointModel } from "./model.ts";
import { checkParameters, checkReset, combine } from "./parameters.ts";
import { SteppedGroup } from "./stepped-group.ts";

/** Units: ms and mV. */
export interface ExponentialCurrentsParameters {
  /** Membrane time constant. */
  readonly tau: PerNeuron;
  /** Time constants of the two synaptic currents. */
  readonly tauExcitatory: PerNeuron;
  readonly tauInhibitory: PerNeuron;
  /** What v decays to. */
  readonly rest: PerNeuron;
  /** A constant current from outside times the membrane's resistance, added to rest; 0 when absent. */
  readonly drive?: PerNeuron;
  readonly threshold: PerNeuron;
  readonly reset: PerNeuron;
  /** How long v stays at reset after a spike; 0 when absent. */
  readonly refractory?: number;
}

/**
 * Leaky integrate-and-fire neurons with exponential currents (CUBA; NEST's iaf_psc_exp), integrated exactly:
 *
 *   τ dv/dt = rest + drive − v + ge + gi,   τₑ dge/dt = −ge,   τᵢ dgi/dt = −gi;   v > threshold: spike, v = reset.
 *
 * A spike adds its synapse's weight, in mV, to ge ("excitatory") or gi ("inhibitory"); inhibitory weights are negative.
 */
export function exponentialCurrents(parameters: ExponentialCurrentsParameters): PointModel {
  return {
    name: "exponentialCurrents",
    targets: ["excitatory", "inhibitory"],
    weightUnit: "mV",
    variables: ["v", "ge", "gi"],
    refractory: parameters.refractory ?? 0,
    group: (setting) => makeGroup(parameters, setting),
  };
}

function makeGroup(parameters: ExponentialCurrentsParameters, setting: GroupSetting): NeuronGroup {
  const { size, step, name } = setting;
  const { tau, tauExcitatory, tauInhibitory, threshold, reset, refractory: _, drive = 0 } = parameters;
  const { refractory: __, ...numbers } = parameters;
  checkParameters(name, { ...numbers, drive }, ["tau", "tauExcitatory", "tauInhibitory"], size);
  checkReset(name, reset, threshold, size);
  const rest = combine(size, [parameters.rest, drive], (v, i) => v + i);
  if (isSeparable(tau, tauExcitatory, step) && isSeparable(tau, tauInhibitory, step)) {
    const currents = { excitatory: tauExcitatory as number, inhibitory: tauInhibitory as number };
    return new ModalGroup(setting, { rest, threshold, reset, tau: tau as number, currents });
  }
  const decay = (of: PerNeuron) => combine(size, [of], (t) => Math.exp(-step / t));
  const push = (of: PerNeuron) => combine(size, [tau, of], (m, s) => pushOf(m, s, step));
  return new SteppedGroup(setting, {
    variables: ["v", "ge", "gi"],
    parameters: [
      decay(tau),
      push(tauExcitatory),
      push(tauInhibitory),
      decay(tauExcitatory),
      decay(tauInhibitory),
      combine(size, [threshold, rest], (t, r) => t - r),
    ],
    origin: rest,
    initial: { v: reset, ge: 0, gi: 0, ...setting.initial },
    receivers: { excitatory: "ge", inhibitory: "gi" },
    reset,
    equations: Equations.currents,
  });
}

/** Whether modal coordinates lose no digits to speak of: the time constants are the same for all, and lie apart. */
function isSeparable(membrane: PerNeuron, current: PerNeuron, step: number): boolean {
  if (typeof membrane !== "number" || typeof current !== "number") return false;
  return Math.abs(membrane - current) > 0.1 * membrane && Math.min(membrane, current) > step;
}

/** What a current of 1 adds to v in a step; the limit where the time constants are the same. */
function pushOf(membrane: number, current: number, step: number): number {
  const difference = 1 / current - 1 / membrane;
  // ∫ e^(−(h − t)/τ) e^(−t/τₛ) dt / τ
  const x = difference * step;
  const mean = x === 0 ? 1 : -Math.expm1(-x) / x;
  return (Math.exp(-step / membrane) * step * mean) / membrane;
}
