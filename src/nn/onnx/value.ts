import type { Tensor } from "../../tensor/index.ts";
import type { Signal } from "../layer.ts";
import type { HostArray, Operand } from "./host-array.ts";

/** A value while a graph is interpreted: symbolic, one array or one for each time step, or known. */
export type GraphValue = Signal | HostArray;

export const isSignal = (value: GraphValue): value is Signal => Array.isArray(value);

/** What a value is at one time step; a constant signal is the same at every step. */
export const atStep = (value: GraphValue, step: number): Operand =>
  isSignal(value) ? value[value.length === 1 ? 0 : step]! : value;

/** A value from what it is at each step. */
export const fromSteps = (steps: readonly Operand[]): GraphValue =>
  "data" in steps[0]! ? (steps[0] as HostArray) : (steps as Tensor[]);
