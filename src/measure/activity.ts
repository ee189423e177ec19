import { StriateError } from "../error.ts";
import type { Context, Signal } from "../nn/layer.ts";
import { constant, sizeOf, sum, type Tensor } from "../tensor/index.ts";
import { activeCounts, balances } from "./active-values.ts";
import { type Results, totalOf } from "./results.ts";
import { spikesOfSignal } from "./spike-signal.ts";

/** What the neurons of one layer did, summed over all images and steps. */
export interface SpikeTotals {
  readonly name: string;
  /** Neurons for one image. */
  readonly neurons: number;
  /** Spikes of either sign. */
  readonly spikes: number;
  readonly negativeSpikes: number;
}

export interface LayerRates {
  readonly name: string;
  readonly neurons: number;
  /** Spikes of either sign, mean per neuron and step: 0 to 1. */
  readonly firingRate: number;
  /** The part of `firingRate` that is negative spikes. */
  readonly negativeRate: number;
  /** Spikes of either sign, mean per image. */
  readonly spikesPerImage: number;
}

export interface NetworkActivity {
  readonly layers: readonly LayerRates[];
  /** Spikes of either sign of all layers, mean per image. */
  readonly spikesPerImage: number;
  /** Zeros over all outputs of neurons, over layers, steps and images, as NeuroBench counts. */
  readonly activationSparsity: number;
  /**
   * Updates of membrane potentials for one image in a simulation that visits every neuron at every step. NeuroBench
   * leaves out those that change nothing: see changedMembranes.
   */
  readonly membraneUpdates: number;
}

/** Rates and sparsity from spikes that were counted over `images` images and `steps` steps. */
export function networkActivity(
  totals: readonly SpikeTotals[],
  images: number,
  steps: number,
): NetworkActivity {
  if (!(images > 0 && steps > 0)) {
    throw new StriateError(
      `activity over ${images} images and ${steps} steps`,
      "Run at least one image for one step",
    );
  }
  const layers = totals.map(
    ({ name, neurons, spikes, negativeSpikes }): LayerRates => ({
      name,
      neurons,
      firingRate: spikes / (neurons * steps * images),
      negativeRate: negativeSpikes / (neurons * steps * images),
      spikesPerImage: spikes / images,
    }),
  );
  const spikesPerImage = layers.reduce((total, layer) => total + layer.spikesPerImage, 0);
  const membraneUpdates = layers.reduce((total, { neurons }) => total + neurons, 0) * steps;
  const activationSparsity = membraneUpdates === 0 ? 0 : 1 - spikesPerImage / membraneUpdates;
  return { layers, spikesPerImage, activationSparsity, membraneUpdates };
}

interface Observed {
  readonly name: string;
  readonly output: Signal;
}

interface RunningTotals extends SpikeTotals {
  spikes: number;
  negativeSpikes: number;
  /** False when no spike can be negative. */
  readonly signed: boolean;
}

/**
 * Counts the spikes of every activation unit, used as OperationCounter is. In a network that does not spike, the
 * outputs that are not 0 count as spikes of one step.
 */
export class ActivityMeter {
  private observed: Observed[] = [];
  private totals: RunningTotals[] | undefined;
  private batch = 0;
  private images = 0;
  private imageSteps = 0;

  /** A context that evaluates as the given one does, and lets this meter see the output of every activation unit. */
  watch(context: Context): Context {
    return {
      ...context,
      activate: (unit, current) => {
        const output = context.activate(unit, current);
        this.observe(unit.name, output);
        return output;
      },
    };
  }

  /** Takes the output of one layer of neurons of the network that is being traced. */
  observe(name: string, output: Signal): void {
    this.observed.push({ name, output });
    this.batch = output[0]!.shape[0]!;
  }

  /** What the graph must compute, under names that begin with "activity". Ends this tracing, as OperationCounter's does. */
  outputs(): Record<string, Tensor> {
    const { observed } = this;
    this.observed = [];
    const known = this.totals ?? observed.map(startTotals);
    const seen = observed.map(({ name }) => name).join(", ");
    const expected = known.map(({ name }) => name).join(", ");
    if (seen === "" || seen !== expected) {
      throw new StriateError(
        `an activity meter saw the activation units ${seen || "(none)"}, expected ${expected || "some"}`,
        "Call the network with meter.watch(context) before meter.outputs(), and use one meter for one network",
      );
    }
    this.totals = known;
    const outputs: Record<string, Tensor> = {
      "activity:images": constant(this.batch),
      "activity:steps": constant(Math.max(...observed.map(({ output }) => output.length))),
    };
    for (const [i, { output }] of observed.entries()) {
      outputs[`activity${i}:spikes`] = sum(activeCounts(output), 0);
      if (known[i]!.signed) outputs[`activity${i}:balance`] = sum(balances(output), 0);
    }
    return outputs;
  }

  /** Takes the results of one run; `continued` is as in OperationCounter.add. */
  add(results: Results, continued = false): void {
    const images = totalOf(results, "activity:images");
    this.imageSteps += images * totalOf(results, "activity:steps");
    if (!continued) this.images += images;
    for (const [i, layer] of (this.totals ?? []).entries()) {
      const spikes = totalOf(results, `activity${i}:spikes`);
      layer.spikes += spikes;
      if (layer.signed) layer.negativeSpikes += (spikes - totalOf(results, `activity${i}:balance`)) / 2;
    }
  }

  /** Spikes of either sign so far, of all images together. */
  get spikes(): number {
    return (this.totals ?? []).reduce((total, { spikes }) => total + spikes, 0);
  }

  /** The activity so far. */
  activity(): NetworkActivity {
    return networkActivity(this.totals ?? [], this.images, this.imageSteps / this.images);
  }
}

const startTotals = ({ name, output }: Observed): RunningTotals => ({
  name,
  neurons: sizeOf(output[0]!.shape.slice(1)),
  spikes: 0,
  negativeSpikes: 0,
  signed: spikesOfSignal(output)?.signed !== false,
});
