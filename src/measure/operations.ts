import { StriateError } from "../error.ts";
import type { Context, Signal } from "../nn/layer.ts";
import { constant, sizeOf, sum, type Tensor } from "../tensor/index.ts";
import { activeCounts, BEYOND, binarize, magnitudes } from "./active-values.ts";
import { type Connection, connectionOf } from "./connection.ts";
import { type Results, totalOf, valuesOf } from "./results.ts";
import { spikesOfSignal } from "./spike-signal.ts";

/** Operations of one weighted layer, each a mean per image. */
export interface LayerOperations {
  readonly layer: string;
  /** True when every input was 0 or ± one amplitude, so that the effective operations are accumulates (ACs). */
  readonly spiking: boolean;
  /** Pairs of a non-zero input and a non-zero weight, over all steps. */
  readonly effective: number;
  /** The same if no input and no weight were 0. */
  readonly dense: number;
}

/** Means per image, over all layers and steps. */
export interface OperationCounts {
  /** Effective multiply-accumulates: of layers whose input is graded. */
  readonly macs: number;
  /** Effective accumulates: of layers whose input is spikes. */
  readonly acs: number;
  /** Multiply-accumulates of a machine that skips nothing but padding. */
  readonly dense: number;
  /** Zero weights over all weights, of the counted layers as they were evaluated. */
  readonly connectionSparsity: number;
  readonly layers: readonly LayerOperations[];
  readonly images: number;
}

interface Observed {
  readonly connection: Connection;
  readonly input: Signal;
  readonly proven: boolean;
}

interface Totals {
  readonly connection: Connection;
  readonly proven: boolean;
  /** True when the layer's input is the same at every step. */
  readonly isStatic: boolean;
  /** Sum over the images of the steps at which the layer was computed. */
  imageSteps: number;
  effective: number;
  zeroWeights: number;
  /** Least and greatest magnitude of a non-zero input. */
  least: number;
  greatest: number;
}

/**
 * Counts synaptic operations as NeuroBench does (Yik et al., 2025): for every convolution and linear layer the pairs
 * of a non-zero input and a non-zero weight; biases do not count. Spikes of any one amplitude count as spikes, where
 * NeuroBench wants −1, 0 and 1.
 *
 * A layer is not run again to count: the graph reports how often each input element was not 0, and how many weights
 * carry it on. Both are whole numbers below 2²⁴, and their products are summed in double precision, so that counts are
 * exact.
 *
 *   const counter = new OperationCounter();
 *   const logits = network.call(images, counter.watch(context));
 *   const program = await compile({ inputs: [images], outputs: { ...counter.outputs(), … } });
 *   for (const batch of batches) counter.add(await program.run(batch));
 *   const { macs, acs } = counter.counts();
 */
export class OperationCounter {
  private observed: Observed[] = [];
  private totals: Totals[] | undefined;
  private batch = 0;
  private images = 0;

  /** A context that evaluates as the given one does, and lets this counter see every weighted layer. */
  watch(context: Context): Context {
    return {
      ...context,
      observe: (layer, input, output) => {
        context.observe?.(layer, input, output);
        this.observe(layer, input, output);
      },
    };
  }

  /** Takes one weighted layer of the network that is being traced. */
  readonly observe: NonNullable<Context["observe"]> = (layer, input, output) =>
    this.observeConnection(connectionOf(layer, input, output), input);

  /** Takes connections that are traced, with their input. */
  observeConnection(connection: Connection, input: Signal): void {
    this.observed.push({ connection, input, proven: spikesOfSignal(input) !== undefined });
    this.batch = input[0]!.shape[0]!;
  }

  /**
   * What the graph must compute for the count, under names that begin with "operations". Ends this tracing: the same
   * network may be traced again, with another batch size or number of steps, and counts on.
   */
  outputs(): Record<string, Tensor> {
    const { observed } = this;
    this.observed = [];
    const known = this.totals ?? observed.map(startTotal);
    const seen = observed.map(({ connection }) => connection.layer).join(", ");
    const expected = known.map(({ connection }) => connection.layer).join(", ");
    if (seen === "" || seen !== expected) {
      throw new StriateError(
        `an operation counter saw the layers ${seen || "(none)"}, expected ${expected || "some"}`,
        "Call the network with counter.watch(context) before counter.outputs(), and use one counter for one network",
      );
    }
    this.totals = known;
    const outputs: Record<string, Tensor> = {
      "operations:images": constant(this.batch),
      "operations:steps": constant(observed.map(({ input }) => input.length)),
    };
    for (const [i, { connection, input, proven }] of observed.entries()) {
      outputs[`operations${i}:active`] = sum(activeCounts(input), 0);
      outputs[`operations${i}:fanOut`] = connection.fanOut();
      const { weight } = connection;
      outputs[`operations${i}:weights`] = sum(
        binarize(weight),
        weight.shape.slice(1).map((_, axis) => axis + 1),
      );
      if (proven) continue;
      const { least, greatest } = magnitudes(input);
      outputs[`operations${i}:least`] = least;
      outputs[`operations${i}:greatest`] = greatest;
    }
    return outputs;
  }

  /**
   * Takes the results of one run: what `outputs` asked for, among others. `continued` says that the run goes on with
   * the images of the run before, for more steps.
   */
  add(results: Results, continued = false): void {
    const images = totalOf(results, "operations:images");
    const steps = valuesOf(results, "operations:steps");
    if (!continued) this.images += images;
    for (const [i, total] of (this.totals ?? []).entries()) {
      if (continued && total.isStatic) continue;
      total.imageSteps += images * steps[i]!;
      const fanOut = valuesOf(results, `operations${i}:fanOut`);
      for (const [k, active] of valuesOf(results, `operations${i}:active`).entries()) {
        total.effective += Math.round(active) * Math.round(fanOut[k]!);
      }
      total.zeroWeights = sizeOf(total.connection.weight.shape) - totalOf(results, `operations${i}:weights`);
      if (total.proven) continue;
      total.least = Math.min(total.least, valuesOf(results, `operations${i}:least`)[0]!);
      total.greatest = Math.max(total.greatest, valuesOf(results, `operations${i}:greatest`)[0]!);
    }
  }

  /** Effective operations of each layer so far, of all images together. */
  get effective(): readonly number[] {
    return (this.totals ?? []).map(({ effective }) => effective);
  }

  /**
   * The counts so far.
   *
   * An image that is the same at every step makes the first layers compute the same T times. `repeatStatic` false, the
   * default, counts that once, as Striate computes it; true counts it T times, as NeuroBench does. T is the most steps
   * that the input of any counted layer has.
   */
  counts({ repeatStatic = false }: { readonly repeatStatic?: boolean } = {}): OperationCounts {
    if (this.totals === undefined || this.images === 0) {
      throw new StriateError(
        "no operations were counted",
        "Run the program and pass its results to counter.add",
      );
    }
    const { images, totals } = this;
    const longest = Math.max(...totals.map(({ imageSteps }) => imageSteps)) / images;
    const layers = totals.map(({ connection, proven, isStatic, imageSteps, effective, least, greatest }) => {
      const repeated = repeatStatic && isStatic ? longest : 1;
      return {
        layer: connection.layer,
        spiking: proven || least >= greatest,
        effective: effective * repeated,
        dense: (connection.dense * imageSteps * repeated) / images,
      };
    });
    const effectiveOf = (spiking: boolean) =>
      add(layers.filter((layer) => layer.spiking === spiking).map((layer) => layer.effective)) / images;
    const weights = add(totals.map(({ connection }) => sizeOf(connection.weight.shape)));
    return {
      macs: effectiveOf(false),
      acs: effectiveOf(true),
      dense: add(layers.map(({ dense }) => dense)),
      connectionSparsity: add(totals.map(({ zeroWeights }) => zeroWeights)) / weights,
      layers: layers.map((layer) => ({ ...layer, effective: layer.effective / images })),
      images,
    };
  }
}

const startTotal = ({ connection, proven, input }: Observed): Totals => ({
  connection,
  proven,
  isStatic: input.length === 1,
  imageSteps: 0,
  effective: 0,
  zeroWeights: 0,
  least: BEYOND,
  greatest: 0,
});

const add = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);
