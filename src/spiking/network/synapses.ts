import type { PointKernels } from "../../runtime/kernels/points.ts";
import type { Arena } from "./arena.ts";
import { bySource, rowOffsets, type SynapseList } from "./connections.ts";
import type { SpikeHistory } from "./history.ts";
import type { Receiver } from "./model.ts";

export interface SynapsesSetting {
  readonly arena: Arena;
  readonly history: SpikeHistory;
  /** Range of the sources in their population, and where target 0 lies in its own. */
  readonly first: number;
  readonly sources: number;
  readonly firstTarget: number;
  readonly delaySteps: number;
  /** One weight, or one a synapse. */
  readonly weight: number | Float64Array;
  readonly receivers: readonly Receiver[];
}

/** Synapses with one delay, as a sparse matrix by source in the network's memory. */
export class Synapses {
  readonly delaySteps: number;
  readonly count: number;
  readonly #setting: SynapsesSetting;
  #list: SynapseList | undefined;
  readonly #offsets: number;
  readonly #targets: number;
  readonly #weights: number;
  #kernels!: PointKernels;

  constructor(list: SynapseList, setting: SynapsesSetting) {
    const { arena, sources, weight } = setting;
    this.delaySteps = setting.delaySteps;
    this.count = list.targets.length;
    this.#setting = setting;
    this.#list = list;
    this.#offsets = arena.reserve((sources + 1) * 4);
    this.#targets = arena.reserve(this.count * 4);
    this.#weights = typeof weight === "number" ? 0 : arena.reserve(this.count * arena.width);
  }

  /** Writes the matrix; called once, when the memory is there. */
  fill(kernels: PointKernels): void {
    const { arena, sources, firstTarget, weight } = this.#setting;
    const list = this.#list!;
    this.#kernels = kernels;
    this.#list = undefined;
    arena.words(this.#offsets, sources + 1).set(rowOffsets(list.sources, sources));
    const order = bySource(list.sources, sources);
    const targets = arena.words(this.#targets, this.count);
    for (let k = 0; k < order.length; k++) targets[k] = list.targets[order[k]] + firstTarget;
    if (typeof weight === "number") return;
    const weights = arena.numbers(this.#weights, this.count);
    for (let k = 0; k < order.length; k++) weights[k] = weight[order[k]];
  }

  /** Gives the spikes of `delaySteps` ago to their targets. */
  deliver(): void {
    const { history, first, sources, weight, receivers } = this.#setting;
    const count = history.count(this.delaySteps);
    if (count === 0) return;
    const spikes = history.addressOf(this.delaySteps);
    const [one, two] = receivers;
    if (typeof weight !== "number") {
      for (const { address, gain } of receivers) {
        this.#kernels.deliverEach(
          spikes,
          count,
          first,
          sources,
          this.#offsets,
          this.#targets,
          this.#weights,
          address,
          gain,
        );
      }
    } else if (two === undefined) {
      this.#kernels.deliver(
        spikes,
        count,
        first,
        sources,
        this.#offsets,
        this.#targets,
        one.address,
        weight * one.gain,
      );
    } else {
      this.#kernels.deliverTwo(
        spikes,
        count,
        first,
        sources,
        this.#offsets,
        this.#targets,
        one.address,
        weight * one.gain,
        two.address,
        weight * two.gain,
      );
    }
  }
}
