import { StriateError } from "../../error.ts";
import type { Numbers } from "../graph/index.ts";

/** Values that are late by the same number of steps. */
export interface DelayGroup {
  readonly steps: number;
  /** 1 at the values of the group, 0 at the others. */
  readonly members: Numbers;
}

/** Every step of a delay is an array of the state. */
const MOST_STEPS = 4096;

/**
 * By how many steps each value of a delay node is late; `waited` steps have passed already.
 *
 * @throws StriateError for delays of more than 4096 steps
 */
export function delaySteps(name: string, delay: Numbers, dt: number, waited: number): Float32Array {
  const steps = delay.data.map((seconds) => Math.max(0, Math.round(seconds / dt) - waited));
  const longest = steps.reduce((most, each) => Math.max(most, each), 0);
  if (longest > MOST_STEPS) {
    throw new StriateError(
      `the delay of "${name}" is ${longest} steps of ${dt} s; expected at most ${MOST_STEPS}`,
      "Take longer time steps",
    );
  }
  return steps;
}

/** The values of a delay node by how late they are, the latest last; `waited` steps have passed already. */
export function delayGroups(name: string, delay: Numbers, dt: number, waited: number): readonly DelayGroup[] {
  const steps = delaySteps(name, delay, dt, waited);
  const distinct = [...new Set(steps)].sort((a, b) => a - b);
  return distinct.map((each) => ({
    steps: each,
    members: { shape: delay.shape, data: steps.map((value) => Number(value === each)) },
  }));
}
