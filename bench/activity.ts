import { GraphMeter } from "../src/measure/index.ts";
import { DenseEngine, type DenseEngineOptions } from "../src/spiking/dense/index.ts";
import type { SpikingGraph } from "../src/spiking/graph/index.ts";

/** How active a network is, which an event-driven engine's time depends on. */
export interface Activity {
  /** Spikes of each layer of neurons at one step, over its neurons. */
  readonly densities: readonly number[];
  /** The same of all neurons together. */
  readonly density: number;
  /** Mean per image over all steps. */
  readonly spikesPerImage: number;
  /** Additions of a weight that spikes cause, mean per image over all steps; shortcuts are weights too. */
  readonly additionsPerImage: number;
  /** Of convolutions and linear layers, zeros included, all steps; those of the first layer, which sees the image, once. */
  readonly multiplyAccumulates: number;
}

/** Counts spikes and synaptic operations of one batch on the dense engine. */
export async function measureActivity(
  graph: SpikingGraph,
  values: Float32Array,
  steps: number,
  options: DenseEngineOptions,
): Promise<Activity> {
  const meter = new GraphMeter(graph);
  const engine = new DenseEngine(graph, { ...options, observe: (signals) => meter.outputs(signals) });
  let done = 0;
  for await (const results of engine.run(values, steps)) {
    const count = (Object.values(results)[0] as { readonly shape: readonly number[] }).shape[0]!;
    meter.add(results, done, done + count);
    done += count;
  }
  await engine.release();
  const { activity, operations } = meter.counts();
  return {
    densities: activity.layers.map(({ firingRate }) => firingRate),
    density: 1 - activity.activationSparsity,
    spikesPerImage: activity.spikesPerImage,
    additionsPerImage: operations.acs,
    multiplyAccumulates: operations.layers
      .filter(({ layer }) => multiplies(graph, layer))
      .reduce((sum, { dense }) => sum + dense, 0),
  };
}

/** Of convolutions those of more than one pixel: option A's shortcuts are written as one of 1 × 1, and multiply nothing. */
function multiplies(graph: SpikingGraph, layer: string): boolean {
  const { operation } = graph.nodes.find(({ name }) => name === layer)!;
  return operation.type === "linear" || (operation.type === "conv2d" && operation.weight.shape[2]! > 1);
}

export const percent = (share: number): string => `${(100 * share).toPrecision(3)} %`;
