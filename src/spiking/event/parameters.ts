import { StriateError } from "../../error.ts";
import { Firing, Membrane, Population } from "../../runtime/assembly/events/layout.ts";
import { type NeuronNode, type Numbers, scalar } from "../graph/index.ts";
import { type Integration, membraneConstants } from "../integration.ts";
import type { Arena } from "./arena.ts";
import { arranged, broadcastNumbers, type Layout } from "./layout.ts";

/** Writes a parameter of a population: one number in all lanes, or one for every unit. */
export function placeParameter(
  arena: Arena,
  words: Int32Array,
  field: Population,
  numbers: Numbers,
  shape: readonly number[],
  layout: Layout,
  padding?: number,
): void {
  const values = broadcastNumbers(numbers, shape);
  // padding needs a number of its own only where there is some
  const isOne = values.length === 1 && (padding === undefined || layout.padded === layout.channels);
  if (isOne) {
    words[field] = arena.place(new Float32Array(4).fill(values[0]!));
    words[field + 1] = 0;
    return;
  }
  const all =
    values.length === 1
      ? new Float32Array(layout.height * layout.width * layout.channels).fill(values[0]!)
      : values;
  words[field] = arena.place(arranged(all, layout, padding));
  words[field + 1] = 16;
}

/** Writes what neurons are: their kind, their constants for a time step of `dt` seconds, their thresholds. */
export function placeNeurons(
  arena: Arena,
  words: Int32Array,
  { name, shape }: { readonly name: string; readonly shape: readonly number[] },
  { membrane, firing }: NeuronNode,
  layout: Layout,
  dt: number,
  integration: Integration,
): void {
  const place = (field: Population, numbers: Numbers, padding?: number) =>
    placeParameter(arena, words, field, numbers, shape, layout, padding);
  const constants = membraneConstants(membrane, dt, integration);
  place(Population.gain, constants.gain);
  if (constants.kind === "integrator") {
    const isPlain = constants.gain.data.every((gain) => gain === 1);
    words[Population.membrane] = isPlain ? Membrane.integrator : Membrane.scaledIntegrator;
  } else {
    place(Population.decay, constants.decay);
    place(Population.rest, constants.rest, 0);
    words[Population.membrane] = Membrane.leaky;
  }
  if (constants.kind === "currentBased") {
    place(Population.synaptic, constants.synaptic);
    place(Population.late, constants.late);
    place(Population.early, constants.early);
    words[Population.membrane] = Membrane.currentBased;
  }
  place(Population.takesBackAt, scalar(firing?.takesBackAt ?? Number.NEGATIVE_INFINITY));
  if (firing === undefined) {
    words[Population.firing] = Firing.none;
    return;
  }
  const { threshold, strict, reset, takesBackAt } = firing;
  place(Population.threshold, threshold);
  const fireAt = strict ? { ...threshold, data: threshold.data.map(nextAbove) } : threshold;
  place(Population.fireAt, fireAt, Number.POSITIVE_INFINITY);
  if (takesBackAt !== undefined) {
    if (constants.kind === "currentBased" || reset !== "subtract") {
      throw new StriateError(
        `"${name}" takes spikes back, which only neurons without synaptic current and with a soft reset do`,
        "Use the dense engine for this network",
      );
    }
    words[Population.firing] = Firing.signed;
  } else if (reset === "subtract") {
    words[Population.firing] = Firing.subtract;
  } else {
    place(Population.resetTo, reset);
    words[Population.firing] = Firing.toPotential;
  }
}

/** The next larger single-precision number: above x is from it on. */
function nextAbove(x: number): number {
  const value = Float32Array.of(x);
  const bits = new Int32Array(value.buffer);
  if (x === 0) bits[0] = 1;
  else bits[0]! += x > 0 ? 1 : -1;
  return value[0]!;
}
