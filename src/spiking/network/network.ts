import { StriateError } from "../../error.ts";
import { type PointKernels, type Precision, pointKernels } from "../../runtime/kernels/points.ts";
import { Random } from "../../runtime/random.ts";
import { Arena } from "./arena.ts";
import { Crew } from "./crew.ts";
import { SpikeHistory } from "./history.ts";
import type { GroupSetting, NeuronGroup } from "./model.ts";
import { checkPerNeuron } from "./parameters.ts";
import { planProjection, wholeSteps } from "./plan.ts";
import { type Population, type Projection, rangeOf } from "./population.ts";
import { Recorder, type SpikeRecord } from "./recorder.ts";
import { Synapses } from "./synapses.ts";

export interface PointNetworkOptions {
  readonly populations: readonly Population[];
  readonly projections?: readonly Projection[];
  /** Length of a step in ms; 0.1 when absent. */
  readonly step?: number;
  /** Numbers of neurons and weights; "f64" when absent, as in Brian2 and NEST. "f32" is about twice as fast. */
  readonly precision?: Precision;
  /** Of the connections that are drawn; 1 when absent. */
  readonly seed?: number;
  /**
   * Threads that share the neurons of a population; 1 when absent. The spikes are the same on any number. More pay where
   * neurons have much to compute (traubMiles, exponentialConductances) and there are thousands of them; leaky neurons with
   * currents of one time constant move on one thread all the same. Call release() when the network is no longer needed.
   */
  readonly threads?: number;
}

export interface PointRunOptions {
  /** "counts" keeps no spike trains, so that a run of any length takes constant memory; "spikes" when absent. */
  readonly record?: "spikes" | "counts";
  /** Called for every step of a population with spikes; the view is valid during the call. */
  onSpikes?(population: string, milliseconds: number, neurons: Uint32Array): void;
  /** Called now and then with the time reached, in ms since the start of the run. */
  onProgress?(milliseconds: number): void;
  /** Stops the run between two steps with the signal's reason; the network stays as it then is. */
  readonly signal?: AbortSignal;
}

export interface PointRun {
  /** Length of the run in ms. */
  readonly duration: number;
  /** Spikes of each population by name. */
  readonly spikes: Readonly<Record<string, SpikeRecord>>;
}

/** How long a run works, in ms of wall time, before it lets others work. */
const TURN = 100;

interface Placed {
  readonly population: Population;
  readonly history: SpikeHistory;
  readonly group: NeuronGroup;
}

/**
 * A network of point neurons on a clock: populations, and sparse projections with delays between them.
 *
 * In a step, every population moves and fires, then spikes that arrive are added to their targets, then neurons that
 * fired are reset: the order of Brian2. The state stays from run to run.
 */
export class PointNetwork {
  /** ms */
  readonly step: number;
  readonly precision: Precision;
  /** Synapses in all. */
  readonly synapseCount: number;
  readonly #placed: readonly Placed[];
  readonly #synapses: readonly Synapses[];
  readonly #crew: Crew;
  readonly #kernels: PointKernels;
  #steps = 0;
  #running = false;

  /** @throws StriateError, which names the population or projection, for whatever cannot be simulated */
  constructor(options: PointNetworkOptions) {
    const { populations, projections = [], step = 0.1, precision = "f64", seed = 1, threads = 1 } = options;
    if (!(step > 0 && Number.isFinite(step))) {
      throw new StriateError(`the step is ${step} ms`, "Give a positive number, 0.1 for example");
    }
    this.step = step;
    this.precision = precision;
    checkNames("population", populations);
    checkNames("projection", projections);
    const random = new Random(seed);
    const drawn = projections.map((projection) => ({
      projection,
      groups: planProjection(projection, populations, step, random.split(projection.name)),
    }));
    const arena = new Arena(precision);
    this.#crew = new Crew(threads, arena);
    const shared = { step, arena, threads, crew: this.#crew.address };
    this.#placed = populations.map((population) => {
      const delays = drawn
        .filter(({ projection }) => rangeOf(projection.from).population === population)
        .flatMap(({ groups }) => groups.map(({ delaySteps }) => delaySteps));
      return place(population, Math.max(0, ...delays), shared);
    });
    this.#synapses = drawn.flatMap(({ projection, groups }) => {
      const from = rangeOf(projection.from);
      const to = rangeOf(projection.to);
      const { history } = this.#at(from.population);
      const receivers = this.#at(to.population).group.receivers(projection.target);
      const place = { first: from.first, sources: from.count, firstTarget: to.first };
      return groups.map(
        ({ list, weight, delaySteps }) =>
          new Synapses(list, { arena, history, receivers, weight, delaySteps, ...place }),
      );
    });
    this.synapseCount = this.#synapses.reduce((sum, { count }) => sum + count, 0);
    this.#kernels = pointKernels(arena.memory, precision);
    for (const part of [...this.#placed.map(({ group }) => group), ...this.#synapses])
      part.fill(this.#kernels);
  }

  /** Time since the network was made, in ms. */
  get time(): number {
    return this.#steps * this.step;
  }

  /** A state variable of a population's neurons now, in mV or nS. */
  state(population: Population, variable: string): Float64Array {
    const { name, model } = population;
    if (!model.variables.includes(variable)) {
      throw new StriateError(
        `population "${name}" has no variable "${variable}"`,
        `It has ${model.variables.join(", ")}`,
      );
    }
    return this.#at(population).group.read(variable);
  }

  /**
   * Runs on for some time.
   *
   * @param milliseconds a multiple of the step
   * @throws StriateError for another time, or while a run is going on
   */
  async run(milliseconds: number, options: PointRunOptions = {}): Promise<PointRun> {
    const steps = wholeSteps("run", "the time", milliseconds, this.step);
    if (this.#running) {
      throw new StriateError("the network is running", "Await the run before you start another");
    }
    const trains = (options.record ?? "spikes") === "spikes";
    const recorders = this.#placed.map(({ population }) => new Recorder(population.size, trains));
    this.#running = true;
    try {
      await this.#crew.start();
      for (let done = 0; done < steps; ) {
        options.signal?.throwIfAborted();
        done += this.#turn(steps - done, recorders, options);
        options.onProgress?.(done * this.step);
        if (done < steps) await new Promise((resolve) => setTimeout(resolve));
      }
    } finally {
      this.#running = false;
    }
    const records = this.#placed.map(
      ({ population }, i) => [population.name, recorders[i].record(this.step)] as const,
    );
    return { duration: milliseconds, spikes: Object.fromEntries(records) };
  }

  /** Ends the other threads; the state stays, and another run starts them again. */
  async release(): Promise<void> {
    if (this.#running) {
      throw new StriateError("the network is running", "Await the run before you release it");
    }
    await this.#crew.release(this.#kernels);
  }

  /** Does steps until they, or the turn, are over. @returns how many */
  #turn(most: number, recorders: readonly Recorder[], { onSpikes }: PointRunOptions): number {
    const end = performance.now() + TURN;
    for (let done = 0; done < most; ) {
      this.#advance(recorders, onSpikes);
      done += 1;
      if ((done & 63) === 0 && performance.now() > end) return done;
    }
    return most;
  }

  #advance(recorders: readonly Recorder[], onSpikes: PointRunOptions["onSpikes"]): void {
    for (let p = 0; p < this.#placed.length; p++) {
      const { group, history, population } = this.#placed[p];
      group.advance();
      if (history.count(0) === 0) continue;
      recorders[p].add(this.#steps, history.list(0));
      onSpikes?.(population.name, this.#steps * this.step, history.list(0));
    }
    for (let s = 0; s < this.#synapses.length; s++) this.#synapses[s].deliver();
    for (let p = 0; p < this.#placed.length; p++) this.#placed[p].group.settle();
    this.#steps += 1;
  }

  #at(population: Population): Placed {
    const found = this.#placed.find((placed) => placed.population === population);
    if (found !== undefined) return found;
    throw new StriateError(
      `population "${population?.name}" is not in this network`,
      "Pass the object it was made with",
    );
  }
}

function place(
  population: Population,
  longestDelay: number,
  shared: Pick<GroupSetting, "step" | "arena" | "threads" | "crew">,
): Placed {
  const { step, arena } = shared;
  const { size, model, initial = {} } = population;
  const name = `population "${population.name}"`;
  if (!Number.isInteger(size) || size < 1) {
    throw new StriateError(`${name} has ${size} neurons`, "Give a whole number, at least 1");
  }
  for (const [variable, value] of Object.entries(initial)) {
    if (!model.variables.includes(variable)) {
      throw new StriateError(
        `${name}: initial has "${variable}"`,
        `${model.name} has ${model.variables.join(", ")}`,
      );
    }
    checkPerNeuron(name, `initial ${variable}`, value, size);
  }
  const refractorySteps = wholeSteps(name, "the refractory time", model.refractory, step);
  const history = new SpikeHistory(arena, size, Math.max(longestDelay, refractorySteps), refractorySteps);
  const group = model.group({ ...shared, name, size, refractorySteps, initial, history });
  return { population, history, group };
}

function checkNames(kind: string, parts: readonly { readonly name: string }[]): void {
  const seen = new Set<string>();
  for (const { name } of parts) {
    if (typeof name === "string" && name !== "" && !seen.has(name)) {
      seen.add(name);
      continue;
    }
    throw new StriateError(`a ${kind} is named "${name}"`, `Give every ${kind} a name of its own`);
  }
}
