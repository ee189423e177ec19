import { denseContext } from "../../nn/dense.ts";
import type { Signal } from "../../nn/layer.ts";
import type { Network } from "../../nn/network.ts";
import { compile, type Program } from "../../runtime/compile.ts";
import { type NeuronState, neuronStep } from "../../spiking/dense/neurons.ts";
import { Parameters } from "../../spiking/dense/parameters.ts";
import { traceSteps } from "../../spiking/dense/trace.ts";
import type { NeuronNode } from "../../spiking/graph/index.ts";
import {
  abs,
  add,
  cast,
  constant,
  input,
  mul,
  reshape,
  sizeOf,
  slice,
  square,
  stack,
  sub,
  sum,
  type Tensor,
} from "../../tensor/index.ts";
import type { Correction } from "./correction.ts";
import type { CalibrationBatches } from "./scales.ts";
import type { Stage } from "./stage.ts";

/** Spikes of each layer so far, batch by batch: (steps, N, …). */
export type RecordedSpikes = ReadonlyMap<string, readonly Uint8Array[]>;

/** Firing rates N/T of one layer against the activations a/λ that they stand for, over neurons and images. */
export interface LayerMeasurement {
  /** Mean of |a/λ − N/T|. */
  readonly error: number;
  /** Mean of N/T. */
  readonly rate: number;
  readonly channels: ChannelSums;
}

/** For each channel: sums over positions and images, except `gap`, which is a mean. */
export interface ChannelSums {
  /** Mean of a/λ − N/T. */
  readonly gap: Float32Array;
  /** Σ (a/λ − N/T)² */
  readonly squaredError: Float32Array;
  /** Σ a/λ · N/T */
  readonly overlap: Float32Array;
  /** Σ (N/T)² */
  readonly power: Float32Array;
}

const SUMS = ["error", "rate"] as const;
const CHANNEL_SUMS = ["gap", "squaredError", "overlap", "power"] as const;

export interface StageOptions {
  readonly network: Network;
  readonly stage: Stage;
  /** λ of the layer. */
  readonly scale: number;
  readonly images: CalibrationBatches;
  readonly steps: number;
  /** How many corrections are tried at once. */
  readonly candidates: number;
}

/** One layer of neurons driven by the recorded spikes of those before it, compiled for trying corrections. */
export class StageSimulation {
  private readonly options: StageOptions;
  private readonly program: Program;
  private readonly shape: readonly number[];

  private constructor(options: StageOptions, program: Program, shape: readonly number[]) {
    this.options = options;
    this.program = program;
    this.shape = shape;
  }

  static async create(options: StageOptions): Promise<StageSimulation> {
    const { inputs, outputs, shape } = traceStage(options);
    return new StageSimulation(options, await compile({ inputs, outputs }, { freeze: true }), shape);
  }

  get channels(): number {
    return this.shape[1]!;
  }

  /** What each correction leads to, and the spikes of the first one. */
  async run(
    corrections: readonly Correction[],
    spikes: RecordedSpikes,
  ): Promise<{ measured: LayerMeasurement[]; recorded: Uint8Array[] }> {
    const { stage, images } = this.options;
    const { channels } = this;
    const factors = new Float32Array(corrections.length * channels).fill(1);
    const biases = new Float32Array(corrections.length * channels);
    for (const [k, correction] of corrections.entries()) {
      if (correction.factors) factors.set(correction.factors, k * channels);
      if (correction.bias) biases.set(correction.bias, k * channels);
    }
    const feeds: Record<string, Float32Array | Uint8Array> = { factors, biases };
    const totals = corrections.map(() => ({
      sums: SUMS.map(() => 0),
      perChannel: CHANNEL_SUMS.map(() => new Float32Array(channels)),
    }));
    const recorded: Uint8Array[] = [];
    for (let i = 0; i < images.count; i++) {
      feeds.image = images.get(i);
      for (const name of stage.sources) if (spikes.has(name)) feeds[`spikes ${name}`] = spikes.get(name)![i]!;
      const results = await this.program.run(feeds);
      for (const [k, { sums, perChannel }] of totals.entries()) {
        for (const [q, name] of SUMS.entries()) sums[q]! += Number(results[`${k} ${name}`]!.data[0]);
        for (const [q, name] of CHANNEL_SUMS.entries()) {
          const values = results[`${k} ${name}`]!.data as Float32Array;
          for (let c = 0; c < channels; c++) perChannel[q]![c]! += values[c]!;
        }
      }
      recorded.push(Uint8Array.from(results.spikes!.data as Uint8Array));
    }
    const count = sizeOf(this.shape) * images.count;
    const measured = totals.map(
      ({ sums: [error, rate], perChannel: [gap, squaredError, overlap, power] }) => ({
        error: error! / count,
        rate: rate! / count,
        channels: {
          gap: gap!.map((total) => (total * channels) / count),
          squaredError: squaredError!,
          overlap: overlap!,
          power: power!,
        },
      }),
    );
    return { measured, recorded };
  }

  async release(): Promise<void> {
    await this.program.release();
  }
}

function traceStage({ network, stage, scale, images, steps, candidates }: StageOptions): {
  inputs: Tensor[];
  outputs: Record<string, Tensor>;
  shape: readonly number[];
} {
  const { channels: colours, height, width } = network.architecture.input;
  const image = input("image", [images.batch, colours, height, width]);
  const target = mul(activationOf(network, stage.unit.name, image), constant(1 / scale));
  const channels = target.shape[1]!;
  const factors = input("factors", [candidates, channels]);
  const biases = input("biases", [candidates, channels]);
  const perChannel = [channels, ...target.shape.slice(2).map(() => 1)];
  const rest = [0, ...target.shape.slice(2).map((_, axis) => axis + 2)];
  const { inputs, signals } = stageInputs(stage, image, steps);
  const traced = traceSteps(stage.graph, { batch: images.batch, steps, inputs: signals });
  const currents = traced.signals.get("current")!;
  const outputs: Record<string, Tensor> = {};
  for (let k = 0; k < candidates; k++) {
    const factor = reshape(slice(factors, [k], [k + 1]), perChannel);
    const bias = reshape(slice(biases, [k], [k + 1]), perChannel);
    const corrected = currents.map((current) => add(mul(current, factor), bias));
    const trains = simulate(stage, corrected, steps);
    const rate = mul(trains.reduce(add), constant(1 / steps));
    const gap = sub(target, rate);
    outputs[`${k} error`] = sum(abs(gap));
    outputs[`${k} rate`] = sum(rate);
    outputs[`${k} gap`] = sum(gap, rest);
    outputs[`${k} squaredError`] = sum(square(gap), rest);
    outputs[`${k} overlap`] = sum(mul(target, rate), rest);
    outputs[`${k} power`] = sum(square(rate), rest);
    if (k === 0) outputs.spikes = cast(stack(trains), "uint8");
  }
  return { inputs: [image, factors, biases, ...inputs], outputs, shape: target.shape };
}

/** The inputs of a stage: the image, the same at every step, and spike trains (steps, N, …). */
function stageInputs(
  { graph }: Stage,
  image: Tensor,
  steps: number,
): { inputs: Tensor[]; signals: Record<string, Signal> } {
  const inputs: Tensor[] = [];
  const signals: Record<string, Signal> = {};
  for (const { name, operation } of graph.nodes) {
    if (operation.type !== "input") continue;
    if (name === "input") {
      signals[name] = [image];
      continue;
    }
    const shape = [image.shape[0]!, ...operation.shape];
    const trains = input(`spikes ${name}`, [steps, ...shape], "uint8");
    inputs.push(trains);
    signals[name] = Array.from({ length: steps }, (_, t) =>
      cast(reshape(slice(trains, [t], [t + 1]), shape), "float32"),
    );
  }
  return { inputs, signals };
}

/** The output of a unit in the float network. */
function activationOf(network: Network, name: string, image: Tensor): Tensor {
  const dense = denseContext();
  let found: Tensor | undefined;
  network.call(image, {
    ...dense,
    activate: (unit, current) => {
      const output = dense.activate(unit, current);
      if (unit.name === name) found = output[0];
      return output;
    },
  });
  return found!;
}

function simulate({ unit: { name, operation } }: Stage, currents: Signal, steps: number): Tensor[] {
  const neuron = neuronStep(name, operation as NeuronNode, 1, "exponential", new Parameters());
  let state: NeuronState = Object.fromEntries(
    Object.entries(neuron.initial).map(([field, { data }]) => [field, constant(data[0]!)]),
  );
  return Array.from({ length: steps }, (_, t) => {
    const result = neuron.step(state, [currents[currents.length === 1 ? 0 : t]!]);
    state = result.state;
    return result.output;
  });
}
