import type { PointKernels } from "../../runtime/kernels/points.ts";
import type { GroupSetting, NeuronGroup, PerNeuron, Receiver, SynapseTarget } from "./model.ts";
import { numberOf } from "./parameters.ts";

/** U of a neuron that is refractory: no threshold is so low, and no input lifts it. */
const HELD = -1e30;
/** Scales are folded back into the numbers before they get smaller than this. */
const SMALLEST = 1e-9;

export interface ModalPlan {
  /** Rest of v, and what it is compared with and set to, in mV. */
  readonly rest: PerNeuron;
  readonly threshold: PerNeuron;
  readonly reset: PerNeuron;
  /** Time constants in ms: one of the membrane, and two of currents or none. */
  readonly tau: number;
  readonly currents?: { readonly excitatory: number; readonly inhibitory: number };
}

type Numbers = Float32Array | Float64Array;

/** An exponentially decaying current in modal coordinates (assembly/points/modal.ts). */
interface Mode {
  readonly variable: string;
  readonly region: number;
  readonly decay: number;
  readonly kappa: number;
  scale: number;
  values: Numbers;
  readonly receivers: readonly [Receiver, Receiver];
}

/** Leaky neurons in the coordinates in which only inputs change anything; see assembly/points/modal.ts. */
export class ModalGroup implements NeuronGroup {
  readonly #setting: GroupSetting;
  readonly #plan: ModalPlan;
  readonly #bytes: number;
  readonly #membrane: number;
  readonly #threshold: number;
  readonly #modes: readonly Mode[];
  readonly #decay: number;
  readonly #jumps: readonly [Receiver];
  #scale = 1;
  #kernels!: PointKernels;
  #u!: Numbers;

  constructor(setting: GroupSetting, plan: ModalPlan) {
    const { arena, size, step } = setting;
    this.#setting = setting;
    this.#plan = plan;
    this.#bytes = arena.regionBytes(size);
    this.#membrane = arena.reserve(this.#bytes);
    this.#threshold = arena.reserve(this.#varied ? this.#bytes : 16);
    this.#decay = Math.exp(-step / plan.tau);
    this.#jumps = [{ address: this.#membrane, gain: 1 }];
    this.#modes = Object.entries(plan.currents ?? {}).map(([target, tau]): Mode => {
      const region = arena.reserve(this.#bytes);
      const receivers: [Receiver, Receiver] = [
        { address: region, gain: 1 },
        { address: this.#membrane, gain: 1 },
      ];
      const variable = target === "excitatory" ? "ge" : "gi";
      const kappa = tau / (plan.tau - tau);
      const decay = Math.exp(-step / tau);
      return { variable, region, decay, kappa, scale: 1, values: new Float64Array(), receivers };
    });
  }

  get #varied(): boolean {
    return typeof this.#plan.threshold !== "number" || typeof this.#plan.rest !== "number";
  }

  fill(kernels: PointKernels): void {
    const { arena, size, initial } = this.#setting;
    const { rest, threshold, reset } = this.#plan;
    this.#kernels = kernels;
    this.#u = arena.numbers(this.#membrane, this.#bytes / arena.width).fill(HELD);
    for (const mode of this.#modes) {
      mode.values = arena.numbers(mode.region, this.#bytes / arena.width);
      for (let i = 0; i < size; i++) mode.values[i] = numberOf(initial[mode.variable] ?? 0, i);
    }
    for (let i = 0; i < size; i++) this.#place(i, numberOf(initial.v ?? reset, i));
    const gaps = arena.numbers(this.#threshold, (this.#varied ? this.#bytes : 16) / arena.width);
    for (let i = 0; i < gaps.length; i++) {
      const neuron = Math.min(i, size - 1);
      gaps[i] = numberOf(threshold, neuron) - numberOf(rest, neuron);
    }
  }

  /** Sets the potential of a neuron, its currents as they are. */
  #place(neuron: number, v: number): void {
    let u = v - numberOf(this.#plan.rest, neuron);
    for (const { kappa, scale, values } of this.#modes) u += kappa * scale * values[neuron];
    this.#u[neuron] = u / this.#scale;
  }

  advance(): void {
    const { history, refractorySteps } = this.#setting;
    if (refractorySteps > 1) {
      // the list of the step before this one is 0 steps ago until a new one is opened
      const free = history.list(refractorySteps - 1);
      for (let k = 0; k < free.length; k++) this.#place(free[k], numberOf(this.#plan.reset, free[k]));
    }
    this.#decayScales();
    history.close(this.#find(history.open()));
  }

  #find(spikes: number): number {
    const mask = this.#varied ? -1 : 0;
    const [e, i] = this.#modes;
    if (e === undefined || i === undefined) {
      return this.#kernels.findDecaying(
        this.#membrane,
        this.#bytes,
        this.#scale,
        this.#threshold,
        mask,
        spikes,
      );
    }
    return this.#kernels.findModal(
      this.#membrane,
      e.region,
      i.region,
      this.#bytes,
      this.#scale,
      e.kappa * e.scale,
      i.kappa * i.scale,
      this.#threshold,
      mask,
      spikes,
    );
  }

  #decayScales(): void {
    if (this.#scale * this.#decay < SMALLEST) {
      for (let i = 0; i < this.#u.length; i++) {
        const u = this.#u[i];
        this.#u[i] = u < HELD / 2 ? HELD : withoutDenormals(u * this.#scale);
      }
      this.#scale = 1;
    }
    this.#scale *= this.#decay;
    this.#jumps[0].gain = 1 / this.#scale;
    for (const mode of this.#modes) {
      if (mode.scale * mode.decay < SMALLEST) {
        for (let i = 0; i < mode.values.length; i++) {
          mode.values[i] = withoutDenormals(mode.values[i] * mode.scale);
        }
        mode.scale = 1;
      }
      mode.scale *= mode.decay;
      mode.receivers[0].gain = 1 / mode.scale;
      mode.receivers[1].gain = mode.kappa / this.#scale;
    }
  }

  receivers(target: SynapseTarget): readonly Receiver[] {
    if (target === "potential") return this.#jumps;
    return this.#modes[target === "excitatory" ? 0 : 1].receivers;
  }

  settle(): void {
    const { history, refractorySteps } = this.#setting;
    if (history.count(0) === 0) return;
    const fired = history.list(0);
    for (let k = 0; k < fired.length; k++) {
      if (refractorySteps > 1) this.#u[fired[k]] = HELD;
      else this.#place(fired[k], numberOf(this.#plan.reset, fired[k]));
    }
  }

  read(variable: string): Float64Array {
    const { size } = this.#setting;
    const mode = this.#modes.find((mode) => mode.variable === variable);
    if (mode !== undefined) return Float64Array.from({ length: size }, (_, i) => mode.scale * mode.values[i]);
    return Float64Array.from({ length: size }, (_, i) => {
      if (this.#u[i] < HELD / 2) return numberOf(this.#plan.reset, i);
      let v = numberOf(this.#plan.rest, i) + this.#scale * this.#u[i];
      for (const { kappa, scale, values } of this.#modes) v -= kappa * scale * values[i];
      return v;
    });
  }
}

const withoutDenormals = (x: number): number => (Math.abs(x) < 1e-20 ? 0 : x);
