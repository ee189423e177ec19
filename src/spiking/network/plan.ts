import { StriateError } from "../../error.ts";
import type { Random } from "../../runtime/random.ts";
import { drawConnections, type SynapseList } from "./connections.ts";
import { type NeuronRange, type Population, type Projection, rangeOf } from "./population.ts";

/** A number of ms as a whole number of steps. @throws StriateError when it is none, or negative */
export function wholeSteps(owner: string, what: string, milliseconds: number, step: number): number {
  const steps = Math.round(milliseconds / step);
  if (!(milliseconds >= 0) || !Number.isSafeInteger(steps)) {
    throw new StriateError(`${owner}: ${what} is ${milliseconds} ms`, "Give a time of 0 ms or more");
  }
  if (Math.abs(steps * step - milliseconds) > 1e-6 * step) {
    throw new StriateError(
      `${owner}: ${what} of ${milliseconds} ms is no multiple of the step of ${step} ms`,
      `Round it, to ${Number((steps * step).toPrecision(12))} ms for example, or change the step`,
    );
  }
  return steps;
}

/** Synapses of a projection that have the same delay. */
export interface DelayGroup {
  readonly delaySteps: number;
  readonly list: SynapseList;
  readonly weight: number | Float64Array;
}

/** A projection drawn and checked, by delay, the longest first: what was sent first arrives first, as in Brian2. */
export function planProjection(
  projection: Projection,
  populations: readonly Population[],
  step: number,
  random: Random,
): DelayGroup[] {
  const owner = `projection "${projection.name}"`;
  const from = checkRange(owner, "from", projection.from, populations);
  const to = checkRange(owner, "to", projection.to, populations);
  const { model } = to.population;
  if (!model.targets.includes(projection.target)) {
    throw new StriateError(
      `${owner} targets "${projection.target}", which ${model.name} of population "${to.population.name}" has not`,
      `Its targets are ${model.targets.join(", ")}`,
    );
  }
  const offset = from.population === to.population ? to.first - from.first : undefined;
  const drawn = named(owner, () =>
    drawConnections(projection.connections, from.count, to.count, random, offset),
  );
  const listed = "sources" in projection.connections;
  const count = drawn.targets.length;
  const { weight, delay = 0 } = projection;
  checkEach(owner, "weight", weight, count, listed);
  checkEach(owner, "delay", delay, count, listed);
  const weights = typeof weight === "number" ? weight : Float64Array.from(weight);
  if (typeof delay === "number") {
    return [{ delaySteps: wholeSteps(owner, "the delay", delay, step), list: drawn, weight: weights }];
  }
  const members = new Map<number, number[]>();
  for (let k = 0; k < count; k++) {
    const steps = wholeSteps(owner, `the delay of synapse ${k}`, delay[k], step);
    const group = members.get(steps);
    if (group === undefined) members.set(steps, [k]);
    else group.push(k);
  }
  return [...members]
    .sort(([a], [b]) => b - a)
    .map(([delaySteps, chosen]) => ({
      delaySteps,
      list: {
        sources: Uint32Array.from(chosen, (k) => drawn.sources[k]),
        targets: Uint32Array.from(chosen, (k) => drawn.targets[k]),
      },
      weight: typeof weights === "number" ? weights : Float64Array.from(chosen, (k) => weights[k]),
    }));
}

function named<T>(owner: string, work: () => T): T {
  try {
    return work();
  } catch (error) {
    if (!(error instanceof StriateError)) throw error;
    throw new StriateError(`${owner}: ${error.message}`);
  }
}

function checkRange(
  owner: string,
  end: "from" | "to",
  part: Population | NeuronRange,
  populations: readonly Population[],
): NeuronRange {
  const range = rangeOf(part);
  const { population, first, count } = range;
  if (!populations.includes(population)) {
    throw new StriateError(
      `${owner} leads ${end} population "${population?.name}", which is not among the network's`,
      "List the same object in `populations`",
    );
  }
  const whole = Number.isInteger(first) && Number.isInteger(count);
  if (!whole || first < 0 || count < 1 || first + count > population.size) {
    throw new StriateError(
      `${owner}: neurons ${first} to ${first + count - 1} of "${population.name}", which has 0 to ${population.size - 1}`,
      `Correct the range in \`${end}\``,
    );
  }
  return range;
}

function checkEach(
  owner: string,
  what: string,
  value: number | ArrayLike<number>,
  count: number,
  listed: boolean,
): void {
  if (typeof value !== "number" && (!listed || value?.length !== count)) {
    throw new StriateError(
      `${owner}: ${what} has ${value?.length} values for ${count} synapses${listed ? "" : " that are drawn"}`,
      "Give one number, or list sources and targets and give one for each synapse",
    );
  }
  const values = typeof value === "number" ? [value] : value;
  for (let k = 0; k < values.length; k++) {
    if (Number.isFinite(values[k])) continue;
    throw new StriateError(
      `${owner}: ${what} ${typeof value === "number" ? "" : `of synapse ${k} `}is ${values[k]}`,
      "Give a finite number",
    );
  }
}
