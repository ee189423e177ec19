import { StriateError } from "../../error.ts";
import type { PerNeuron } from "./model.ts";

/** The value for neuron i. */
export const numberOf = (value: PerNeuron, i: number): number =>
  typeof value === "number" ? value : value[i];

/**
 * Checks that a parameter is finite (and positive), and has a number for each of `size` neurons.
 *
 * @throws StriateError that names the owner and the parameter
 */
export function checkPerNeuron(
  owner: string,
  name: string,
  value: PerNeuron,
  size: number,
  positive = false,
): void {
  if (typeof value !== "number" && value?.length !== size) {
    throw new StriateError(
      `${owner}: ${name} has ${value?.length} values for ${size} neurons`,
      "Give one number, or one for each neuron",
    );
  }
  const count = typeof value === "number" ? 1 : size;
  for (let i = 0; i < count; i++) {
    const number = numberOf(value, i);
    if (Number.isFinite(number) && (!positive || number > 0)) continue;
    const where = typeof value === "number" ? "" : ` of neuron ${i}`;
    throw new StriateError(
      `${owner}: ${name}${where} is ${number}, expected a ${positive ? "positive" : "finite"} number`,
      "Correct the parameter",
    );
  }
}

/** Checks a model's parameters: time constants, capacitance and the like are positive. */
export function checkParameters(
  owner: string,
  parameters: Readonly<Record<string, PerNeuron>>,
  positive: readonly string[],
  size: number,
): void {
  for (const [name, value] of Object.entries(parameters)) {
    checkPerNeuron(owner, name, value, size, positive.includes(name));
  }
}

/** Checks that the reset lies below the threshold: else a neuron would fire in every step. */
export function checkReset(owner: string, reset: PerNeuron, threshold: PerNeuron, size: number): void {
  for (let i = 0; i < size; i++) {
    if (numberOf(reset, i) <= numberOf(threshold, i)) continue;
    throw new StriateError(
      `${owner}: neuron ${i} is reset to ${numberOf(reset, i)} mV, above its threshold of ${numberOf(threshold, i)} mV`,
      "Put the reset below the threshold",
    );
  }
}

/** Applies a function to parameters, neuron by neuron where one of them differs between neurons. */
export function combine(
  size: number,
  values: readonly PerNeuron[],
  f: (...numbers: number[]) => number,
): PerNeuron {
  if (values.every((value) => typeof value === "number")) return f(...(values as number[]));
  return Float64Array.from({ length: size }, (_, i) => f(...values.map((value) => numberOf(value, i))));
}
