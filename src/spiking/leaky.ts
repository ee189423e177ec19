import { StriateError } from "../error.ts";
import { add, constant, mul, stopGradient, sub, type Tensor } from "../tensor/index.ts";
import type { Neuron } from "./neuron.ts";
import { arctangent, type Surrogate, spike } from "./surrogates.ts";

export interface IntegrateAndFireOptions {
  /** Firing threshold θ; 1 when absent. */
  readonly threshold?: number;
  /** After a spike: subtract θ (a soft reset), go to this potential (a hard reset), or neither; 0 when absent. */
  readonly reset?: "subtract" | "none" | number;
  /** True to let no gradient flow through the reset. */
  readonly detachReset?: boolean;
  /**
   * True to reset in the next step, as snnTorch does, so that recorded potentials reach above θ: a soft reset then
   * comes after the decay, a hard one before it.
   */
  readonly delayReset?: boolean;
  /** True to fire only above θ; false, the default, to fire at θ too. */
  readonly strict?: boolean;
  readonly surrogate?: Surrogate;
}

export interface LeakyOptions extends IntegrateAndFireOptions {
  /** Membrane time constant τ in steps; the potential keeps 1 − 1/τ of itself a step. 2 when absent. */
  readonly tau?: number;
  /** True, the default, to divide the input by τ too. */
  readonly decayInput?: boolean;
}

interface LeakyState {
  /** undefined before the first step: the membrane is at rest. */
  readonly membrane: Tensor | undefined;
}

/**
 * Leaky integrate-and-fire with rest potential r (the hard reset's target, else 0):
 *
 *   decayed input:   H_t = V_(t−1) + (X_t − (V_(t−1) − r)) / τ
 *   undecayed input: H_t = V_(t−1) − (V_(t−1) − r) / τ + X_t
 *   S_t = [H_t ≥ θ],  V_t = H_t − θ·S_t (soft) or r·S_t + (1 − S_t)·H_t (hard)
 */
export function leakyIntegrateAndFire({
  tau = 2,
  decayInput = true,
  ...options
}: LeakyOptions = {}): Neuron<LeakyState> {
  if (!(tau >= 1)) throw new StriateError(`leakyIntegrateAndFire: τ = ${tau} steps is below 1`);
  const rest = typeof options.reset === "number" || options.reset === undefined ? (options.reset ?? 0) : 0;
  const gain = decayInput ? 1 / tau : 1;
  return define("leaky integrate-and-fire", options, (membrane, current) => {
    const scaled = gain === 1 ? current : mul(current, constant(gain));
    if (membrane === undefined) return rest === 0 ? scaled : add(scaled, constant(rest));
    const kept = tau === 1 ? mul(membrane, constant(0)) : mul(membrane, constant(1 - 1 / tau));
    const total = add(scaled, kept);
    return rest === 0 ? total : add(total, constant(rest / tau));
  });
}

/** Integrate-and-fire: H_t = V_(t−1) + X_t, then fires and resets as leakyIntegrateAndFire does. */
export function integrateAndFire(options: IntegrateAndFireOptions = {}): Neuron<LeakyState> {
  const start = typeof options.reset === "number" ? options.reset : 0;
  return define("integrate-and-fire", options, (membrane, current) => {
    if (membrane !== undefined) return add(current, membrane);
    return start === 0 ? current : add(current, constant(start));
  });
}

type Charge = (membrane: Tensor | undefined, current: Tensor) => Tensor;

function define(name: string, options: IntegrateAndFireOptions, charge: Charge): Neuron<LeakyState> {
  const { threshold = 1, reset = 0, detachReset = false, delayReset = false, strict = false } = options;
  const surrogate = options.surrogate ?? arctangent();
  const theta = constant(threshold);
  const fire = (membrane: Tensor) => spike(sub(membrane, theta), surrogate, strict);
  const resetBy = (membrane: Tensor, spikes: Tensor): Tensor => {
    if (reset === "none") return membrane;
    const fired = detachReset ? stopGradient(spikes) : spikes;
    if (reset === "subtract") return sub(membrane, threshold === 1 ? fired : mul(fired, theta));
    const drop = reset === 0 ? membrane : sub(membrane, constant(reset));
    return sub(membrane, mul(fired, drop));
  };
  return {
    name,
    initial: () => ({ membrane: undefined }),
    step: ({ membrane }, current) => {
      const earlier = delayReset && membrane !== undefined ? fire(membrane) : undefined;
      let charged: Tensor;
      if (earlier === undefined) charged = charge(membrane, current);
      else if (reset === "subtract") charged = resetBy(charge(membrane, current), earlier);
      else charged = charge(resetBy(membrane!, earlier), current);
      const output = fire(charged);
      const next = delayReset ? charged : resetBy(charged, output);
      return { output, membrane: next, state: { membrane: next } };
    },
  };
}
