import type { Network } from "../../nn/network.ts";
import type { SpikingGraph } from "../../spiking/graph/index.ts";
import type { CapturedNetwork } from "./capture.ts";
import { type Correction, uncorrected } from "./correction.ts";
import type { CalibrationBatches } from "./scales.ts";
import { stagesOf } from "./stage.ts";
import {
  type LayerMeasurement,
  type RecordedSpikes,
  type StageOptions,
  StageSimulation,
} from "./stage-simulation.ts";

/**
 * How the error of a layer's channels is made up for:
 * - "bias": a current, the mean of a/λ − N/T over calibration images, found in three rounds;
 * - "search": a factor on the weights, the one of 0.90, 0.95, … 1.30 with the least squared error;
 * - "closed-form": the factor c = ⟨a/λ, N/T⟩ / ‖N/T‖², between 1/2 and 2;
 * - "none": nothing, only measured.
 */
export type Compensation = "bias" | "search" | "closed-form" | "none";

export interface CompensatedLayer {
  readonly layer: string;
  readonly correction: Correction;
  /** Mean of |a/λ − N/T| over neurons and images, with the layers before it compensated. */
  readonly error: number;
  /** The same without this layer's own correction. */
  readonly errorBefore: number;
  /** Mean of a/λ − N/T: how far the layer's rates fall short. */
  readonly shortfall: number;
  /** Mean of N/T. */
  readonly rate: number;
}

export interface CompensationOptions {
  readonly method: Compensation;
  /** Steps T at which rates are compared. */
  readonly steps: number;
  readonly onLayer?: (done: number, total: number) => void;
  readonly signal?: AbortSignal | undefined;
}

const FACTORS = Array.from({ length: 9 }, (_, i) => 0.9 + i / 20);
const ROUNDS = 3;

/**
 * Layer-wise error compensation (Hu et al., 2018). Firing rates fall short of what they stand for, more with every
 * layer: neurons are silent until their input has travelled to them, and fire in whole spikes. Layer after layer is
 * corrected on calibration images, each on the spikes of those corrected before it.
 *
 * A layer is simulated alone, on recorded spikes, so that the whole takes about as long as a few simulations of the
 * network.
 */
export async function compensate(
  network: Network,
  captured: CapturedNetwork,
  graph: SpikingGraph,
  scales: readonly number[],
  images: CalibrationBatches,
  { method, steps, onLayer, signal }: CompensationOptions,
): Promise<CompensatedLayer[]> {
  const shapes = new Map(captured.units.map(({ unit, current }) => [unit.name, current.shape.slice(1)]));
  const stages = stagesOf(graph, shapes);
  const spikes = new Map<string, Uint8Array[]>();
  const layers: CompensatedLayer[] = [];
  for (const [i, stage] of stages.entries()) {
    signal?.throwIfAborted();
    const options = { network, stage, scale: scales[i]!, images, steps, candidates: 1 };
    const simulation = await StageSimulation.create(options);
    try {
      const plain = await simulation.run([uncorrected], spikes);
      const before = plain.measured[0]!;
      const correction = await choose(method, simulation, options, before, spikes);
      const corrected = method === "none" ? plain : await simulation.run([correction], spikes);
      spikes.set(stage.unit.name, corrected.recorded);
      const { error, rate, channels } = corrected.measured[0]!;
      const shortfall = channels.gap.reduce((total, gap) => total + gap, 0) / channels.gap.length;
      const { name } = stage.unit;
      layers.push({ layer: name, correction, error, errorBefore: before.error, shortfall, rate });
    } finally {
      await simulation.release();
    }
    const later = new Set(stages.slice(i + 1).flatMap(({ sources }) => sources));
    for (const name of spikes.keys()) if (!later.has(name)) spikes.delete(name);
    onLayer?.(i + 1, stages.length);
  }
  return layers;
}

async function choose(
  method: Compensation,
  simulation: StageSimulation,
  options: StageOptions,
  before: LayerMeasurement,
  spikes: RecordedSpikes,
): Promise<Correction> {
  switch (method) {
    case "none":
      return uncorrected;
    case "closed-form": {
      const { overlap, power } = before.channels;
      const factors = power.map((squares, c) =>
        squares > 0 ? Math.min(2, Math.max(0.5, overlap[c]! / squares)) : 1,
      );
      return { factors };
    }
    case "search":
      return searchFactors(options, spikes);
    case "bias": {
      let bias = before.channels.gap;
      for (let round = 1; round < ROUNDS; round++) {
        const { measured } = await simulation.run([{ bias }], spikes);
        bias = bias.map((current, c) => current + measured[0]!.channels.gap[c]!);
      }
      return { bias };
    }
  }
}

async function searchFactors(options: StageOptions, spikes: RecordedSpikes): Promise<Correction> {
  const simulation = await StageSimulation.create({ ...options, candidates: FACTORS.length });
  try {
    const channels = simulation.channels;
    const candidates = FACTORS.map((factor) => ({ factors: new Float32Array(channels).fill(factor) }));
    const { measured } = await simulation.run(candidates, spikes);
    const best = Float32Array.from({ length: channels }, (_, c) => {
      const errors = measured.map((each) => each.channels.squaredError[c]!);
      return FACTORS[errors.indexOf(Math.min(...errors))]!;
    });
    return { factors: best };
  } finally {
    await simulation.release();
  }
}
