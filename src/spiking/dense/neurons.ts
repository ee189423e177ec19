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
import { type Integration, membraneConstants } from "../integration.ts";
import { isAll, type Parameters } from "./parameters.ts";

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
  const constants = membraneConstants(membrane, dt, integration);
  if (constants.kind === "integrator") {
    const { gain } = constants;
    charge = (state, inputs) => ({
      charged: isAll(gain, 1)
        ? inputs.reduce(add, state.membrane!)
        : add(state.membrane!, times(inputs.reduce(add), gain, "gain")),
    });
  } else if (constants.kind === "leaky") {
    const { decay, gain, rest } = constants;
    charge = (state, inputs) => {
      const decayed = times(state.membrane!, decay, "decay");
      const driven = add(decayed, times(inputs.reduce(add), gain, "gain"));
      return { charged: isAll(rest, 0) ? driven : add(driven, own(rest, "rest")) };
    };
  } else {
    kept = { ...kept, current: scalar(0) };
    const { synaptic, gain, decay, late, early, rest } = constants;
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
