import {
  add,
  both,
  constant,
  greater,
  greaterEqual,
  lessEqual,
  mask,
  mul,
  stepAbove,
  stepFrom,
  sub,
  type Tensor,
} from "../../tensor/index.ts";
import { type Firing, type NeuronNode, type Numbers, scalar } from "../graph/index.ts";
import { isAll, type Parameters } from "./parameters.ts";

/** How the linear part of a membrane is carried over one time step. */
export type Integration =
  /** As the differential equation says for an input that stays the same during the step. */
  | "exponential"
  /** Forward Euler; of a current-based neuron the current first, as snnTorch does. */
  | "euler";

/** Names of the arrays that a neuron keeps from step to step. */
export type StateName = "membrane" | "current" | "count";

export type NeuronState = Readonly<Partial<Record<StateName, Tensor>>>;

/** One step of a layer of neurons. */
export interface NeuronStep {
  /** What the neurons keep, and its value before the first step. */
  readonly initial: Readonly<Partial<Record<StateName, Numbers>>>;
  /** `inputs` are summed. */
  step(
    state: NeuronState,
    inputs: readonly Tensor[],
  ): { readonly output: Tensor; readonly state: NeuronState };
}

/** Builds the step of a neuron node for a time step of `dt` seconds. */
export function neuronStep(
  name: string,
  { membrane, firing, start }: NeuronNode,
  dt: number,
  integration: Integration,
  parameters: Parameters,
): NeuronStep {
  const own = (numbers: Numbers, field: string) => parameters.tensor(numbers, `${name}/${field}`);
  const times = (x: Tensor, factor: Numbers, field: string) =>
    isAll(factor, 1) ? x : mul(x, own(factor, field));
  const fire = firing && firingStep(firing, own);
  const counts = firing?.takesBackAt !== undefined ? { count: scalar(0) } : {};

  let charge: (state: NeuronState, inputs: readonly Tensor[]) => { charged: Tensor; current?: Tensor };
  let kept: NeuronStep["initial"] = { membrane: start, ...counts };
  if (membrane.kind === "integrator") {
    const gain = map((r) => r * dt, membrane.r);
    charge = (state, inputs) => ({
      charged: isAll(gain, 1)
        ? inputs.reduce(add, state.membrane!)
        : add(state.membrane!, times(inputs.reduce(add), gain, "gain")),
    });
  } else if (membrane.kind === "leaky") {
    const decay = map((tau) => decayOf(dt, tau, integration), membrane.tau);
    const gain = map((a, r) => (1 - a) * r, decay, membrane.r);
    const rest = map((a, v) => (1 - a) * v, decay, membrane.vLeak);
    charge = (state, inputs) => {
      const decayed = times(state.membrane!, decay, "decay");
      const driven = add(decayed, times(inputs.reduce(add), gain, "gain"));
      return { charged: isAll(rest, 0) ? driven : add(driven, own(rest, "rest")) };
    };
  } else {
    kept = { ...kept, current: scalar(0) };
    const { tauSyn, tauMem, r, vLeak, wIn } = membrane;
    const synaptic = map((tau) => decayOf(dt, tau, integration), tauSyn);
    const decay = map((tau) => decayOf(dt, tau, integration), tauMem);
    const gain = map((a, w) => (1 - a) * w, synaptic, wIn);
    const rest = map((a, v) => (1 - a) * v, decay, vLeak);
    // v ← a·v + (1 − a)·v_leak + late·i(t + dt) + early·i(t)
    const late = map((s, m, scale) => scale * lateWeight(dt, s, m, integration), tauSyn, tauMem, r);
    const early = map((s, m, scale) => scale * earlyWeight(dt, s, m, integration), tauSyn, tauMem, r);
    charge = (state, inputs) => {
      const driven = times(inputs.reduce(add), gain, "gain");
      const current = add(times(state.current!, synaptic, "synaptic"), driven);
      let charged = add(times(state.membrane!, decay, "decay"), times(current, late, "late"));
      if (!isAll(early, 0)) charged = add(charged, times(state.current!, early, "early"));
      return { charged: isAll(rest, 0) ? charged : add(charged, own(rest, "rest")), current };
    };
  }
  return {
    initial: kept,
    step: (state, inputs) => {
      const { charged, current } = charge(state, inputs);
      const carried = current === undefined ? {} : { current };
      if (fire === undefined) return { output: charged, state: { membrane: charged, ...carried } };
      const { output, next, count } = fire(charged, state.count);
      return {
        output,
        state: { membrane: next, ...carried, ...(count === undefined ? {} : { count }) },
      };
    },
  };
}

type Fire = (
  charged: Tensor,
  count: Tensor | undefined,
) => { output: Tensor; next: Tensor; count?: Tensor | undefined };

function firingStep(
  { threshold, strict, reset, takesBackAt }: Firing,
  own: (numbers: Numbers, field: string) => Tensor,
): Fire {
  const theta = own(threshold, "threshold");
  const isUnit = isAll(threshold, 1);
  const step = strict ? stepAbove : stepFrom;
  const spikesOf = (charged: Tensor) =>
    threshold.data.length === 1 ? step(charged, threshold.data[0]) : step(sub(charged, theta));
  if (takesBackAt !== undefined) {
    return (charged, count) => {
      const up = mask((strict ? greater : greaterEqual)(charged, theta));
      const down = mask(both(lessEqual(charged, constant(takesBackAt)), greater(count!, constant(0.5))));
      const output = sub(up, down);
      const next = sub(charged, isUnit ? output : mul(output, theta));
      return { output, next, count: add(count!, output) };
    };
  }
  if (reset === "subtract") {
    return (charged) => {
      const output = spikesOf(charged);
      return { output, next: sub(charged, isUnit ? output : mul(output, theta)) };
    };
  }
  const target = own(reset, "reset");
  const toZero = isAll(reset, 0);
  return (charged) => {
    const output = spikesOf(charged);
    const drop = toZero ? charged : sub(charged, target);
    return { output, next: sub(charged, mul(output, drop)) };
  };
}

/** What is left of a quantity with this time constant after one step. */
const decayOf = (dt: number, tau: number, integration: Integration): number =>
  integration === "euler" ? 1 - dt / tau : Math.exp(-dt / tau);

/**
 * Over one step, i goes from i₀ to i₁ as S + (i₀ − S)·e^(−t/τ_syn). The exact potential is linear in i₀ and S, and S in
 * i₀ and i₁, so that v₁ = a·v₀ + (1 − a)·v_leak + R·(late·i₁ + early·i₀).
 */
function lateWeight(dt: number, tauSyn: number, tauMem: number, integration: Integration): number {
  if (integration === "euler") return dt / tauMem;
  return (1 - Math.exp(-dt / tauMem) - mixed(dt, tauSyn, tauMem)) / (1 - Math.exp(-dt / tauSyn));
}

function earlyWeight(dt: number, tauSyn: number, tauMem: number, integration: Integration): number {
  if (integration === "euler") return 0;
  const decay = Math.exp(-dt / tauSyn);
  const steady = 1 - Math.exp(-dt / tauMem) - mixed(dt, tauSyn, tauMem);
  return mixed(dt, tauSyn, tauMem) - (steady * decay) / (1 - decay);
}

/** ∫₀^dt e^(−(dt − t)/τ_mem)·e^(−t/τ_syn) dt / τ_mem. */
function mixed(dt: number, tauSyn: number, tauMem: number): number {
  const rate = 1 / tauMem - 1 / tauSyn;
  const decay = Math.exp(-dt / tauMem);
  return Math.abs(rate * dt) < 1e-9
    ? (decay * dt) / tauMem
    : (decay * Math.expm1(rate * dt)) / (rate * tauMem);
}

/** Combines numbers element by element in double precision; each has shape () or the one shape of the others. */
function map(combine: (...values: number[]) => number, ...numbers: readonly Numbers[]): Numbers {
  const shape = numbers.find((each) => each.shape.length > 0)?.shape ?? [];
  const size = Math.max(...numbers.map(({ data }) => data.length));
  const data = Float32Array.from({ length: size }, (_, i) =>
    combine(...numbers.map((each) => each.data[each.data.length === 1 ? 0 : i]!)),
  );
  return { shape, data };
}
