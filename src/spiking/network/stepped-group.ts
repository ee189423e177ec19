import { type Equations, Task } from "../../runtime/assembly/points/layout.ts";
import type { PointKernels } from "../../runtime/kernels/points.ts";
import type { GroupSetting, NeuronGroup, PerNeuron, Receiver, SynapseTarget } from "./model.ts";
import { numberOf } from "./parameters.ts";

export interface SteppedPlan {
  /** State variables in the order of the kernel. */
  readonly variables: readonly string[];
  /** Parameters in the order of the kernel. */
  readonly parameters: readonly PerNeuron[];
  /** Where the first variable is measured from. */
  readonly origin: PerNeuron;
  readonly initial: Readonly<Record<string, PerNeuron>>;
  readonly receivers: Partial<Record<SynapseTarget, string>>;
  /** v after a spike; undefined for models that come back by themselves. */
  readonly reset?: PerNeuron;
  readonly equations: Equations;
}

/** Neurons whose state is rewritten by a kernel in every step. */
export class SteppedGroup implements NeuronGroup {
  readonly #setting: GroupSetting;
  readonly #plan: SteppedPlan;
  readonly #bytes: number;
  readonly #state: number;
  readonly #parameters: number;
  readonly #varied: boolean;
  readonly #held: number;
  readonly #task: number;
  readonly #lists: number;
  readonly #receivers = new Map<SynapseTarget, readonly Receiver[]>();
  #kernels!: PointKernels;
  #potential!: Float32Array | Float64Array;
  #masks!: Uint32Array;

  constructor(setting: GroupSetting, plan: SteppedPlan) {
    const { arena, size, threads } = setting;
    this.#setting = setting;
    this.#plan = plan;
    this.#bytes = arena.regionBytes(size);
    this.#varied = plan.parameters.some((value) => typeof value !== "number");
    this.#state = arena.reserve(plan.variables.length * this.#bytes);
    this.#parameters = arena.reserve(plan.parameters.length * this.#stride);
    this.#held = arena.reserve(this.#bytes);
    this.#task = arena.reserve(4 * Task.size);
    this.#lists = arena.reserve((threads - 1) * this.#listBytes);
    for (const [target, variable] of Object.entries(plan.receivers)) {
      const address = this.#state + plan.variables.indexOf(variable) * this.#bytes;
      this.#receivers.set(target as SynapseTarget, [{ address, gain: 1 }]);
    }
  }

  get #stride(): number {
    return this.#varied ? this.#bytes : 16;
  }

  /** Room for all neurons, and how many they are. */
  get #listBytes(): number {
    return Math.ceil((4 + 4 * this.#setting.size) / 64) * 64;
  }

  fill(kernels: PointKernels): void {
    const { arena, size } = this.#setting;
    const { variables, parameters, initial } = this.#plan;
    this.#kernels = kernels;
    this.#fillTask();
    const padded = this.#bytes / arena.width;
    for (const [k, variable] of variables.entries()) {
      const values = arena.numbers(this.#state + k * this.#bytes, padded);
      for (let i = 0; i < padded; i++) {
        const neuron = Math.min(i, size - 1);
        const from = k === 0 ? numberOf(this.#plan.origin, neuron) : 0;
        values[i] = numberOf(initial[variable], neuron) - from;
      }
    }
    for (const [k, value] of parameters.entries()) {
      const length = this.#stride / arena.width;
      const values = arena.numbers(this.#parameters + k * this.#stride, length);
      for (let i = 0; i < length; i++) values[i] = numberOf(value, Math.min(i, size - 1));
    }
    this.#potential = arena.numbers(this.#state, size);
    this.#masks = arena.words(this.#held, this.#bytes / 4);
    this.#masks.fill(0xffffffff, (size * arena.width) / 4);
  }

  #fillTask(): void {
    const { arena, step } = this.#setting;
    new Float64Array(arena.memory.buffer, this.#task + 4 * Task.step, 1)[0] = step;
    const task = arena.words(this.#task, Task.size);
    task[Task.equations] = this.#plan.equations;
    task[Task.wide] = Number(arena.width === 8);
    task[Task.state] = this.#state;
    task[Task.bytes] = this.#bytes;
    task[Task.parameters] = this.#parameters;
    task[Task.stride] = this.#stride;
    task[Task.mask] = this.#varied ? 0xffffffff : 0;
    task[Task.held] = this.#held;
    task[Task.lists] = this.#lists;
    task[Task.listBytes] = this.#listBytes;
  }

  advance(): void {
    const { history, refractorySteps, crew } = this.#setting;
    if (refractorySteps > 1) {
      // the list of the step before this one is 0 steps ago until a new one is opened
      const free = history.list(refractorySteps - 1);
      for (let k = 0; k < free.length; k++) this.#hold(free[k], 0);
    }
    const count = this.#kernels.step(crew, this.#task, history.open());
    history.close(count);
    if (refractorySteps > 1 && count > 0) {
      const fired = history.list(0);
      for (let k = 0; k < fired.length; k++) this.#hold(fired[k], 0xffffffff);
    }
  }

  #hold(neuron: number, mask: number): void {
    if (this.#setting.arena.width === 8) {
      this.#masks[2 * neuron] = mask;
      this.#masks[2 * neuron + 1] = mask;
    } else this.#masks[neuron] = mask;
  }

  receivers(target: SynapseTarget): readonly Receiver[] {
    return this.#receivers.get(target)!;
  }

  settle(): void {
    const { reset, origin } = this.#plan;
    if (reset === undefined || this.#setting.history.count(0) === 0) return;
    const fired = this.#setting.history.list(0);
    for (let k = 0; k < fired.length; k++) {
      this.#potential[fired[k]] = numberOf(reset, fired[k]) - numberOf(origin, fired[k]);
    }
  }

  read(variable: string): Float64Array {
    const k = this.#plan.variables.indexOf(variable);
    const { arena, size } = this.#setting;
    const values = Float64Array.from(arena.numbers(this.#state + k * this.#bytes, size));
    return k === 0 ? values.map((value, i) => value + numberOf(this.#plan.origin, i)) : values;
  }
}
