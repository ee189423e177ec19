import type { Signal } from "../nn/layer.ts";
import type { SpikingGraph } from "../spiking/graph/index.ts";
import { fill, sizeOf, type Tensor } from "../tensor/index.ts";
import { ActivityMeter, type NetworkActivity } from "./activity.ts";
import { type Connection, convolution, linear, source as nearest } from "./connection.ts";
import { OperationCounter, type OperationCounts } from "./operations.ts";
import type { Results } from "./results.ts";

/** Means per image up to a step. */
export interface StepCost {
  readonly steps: number;
  readonly spikes: number;
  /** Effective accumulates, and multiply-accumulates of layers whose input is graded. */
  readonly acs: number;
  readonly macs: number;
}

/**
 * Counts the synaptic operations and the spikes of a spiking graph while an engine runs it. Beside convolutions and
 * linear layers it counts "scale" nodes, one operation for each value: an identity shortcut is a synapse too.
 *
 *   const meter = new GraphMeter(graph);
 *   const engine = new DenseEngine(graph, { batch, observe: (signals) => meter.outputs(signals) });
 *   for await (const results of engine.run(images, steps)) meter.add(results, from, to);
 */
export class GraphMeter {
  private readonly graph: SpikingGraph;
  private readonly operations = new OperationCounter();
  private readonly activity = new ActivityMeter();
  /** What the runs that ended at each step added, of all images together. */
  private readonly added = new Map<number, { readonly spikes: number; readonly operations: number[] }>();

  constructor(graph: SpikingGraph) {
    this.graph = graph;
  }

  /** What is to be computed with the signals of a trace. */
  outputs(signals: ReadonlyMap<string, Signal>): Record<string, Tensor> {
    for (const { name, operation } of this.graph.nodes) {
      const output = signals.get(name)!;
      const { type } = operation;
      if (type === "neuron" && operation.firing !== undefined) this.activity.observe(name, output);
      if (type === "conv2d" || type === "linear" || type === "scale") {
        const inputs = output.map((step) => source(step, type)!);
        const [first] = inputs as [Tensor];
        const connection = connect(name, type, first);
        this.operations.observeConnection(
          connection,
          inputs.map((node) => node.inputs[0]!),
        );
      }
    }
    return { ...this.operations.outputs(), ...this.activity.outputs() };
  }

  /** Takes the results of one run, which went on from the images' step `from` to their step `to`. */
  add(results: Results, from: number, to: number): void {
    const spikes = this.activity.spikes;
    const operations = this.operations.effective;
    this.operations.add(results, from > 0);
    this.activity.add(results, from > 0);
    const earlier = this.added.get(to);
    this.added.set(to, {
      spikes: (earlier?.spikes ?? 0) + this.activity.spikes - spikes,
      operations: this.operations.effective.map(
        (total, i) => total - (operations[i] ?? 0) + (earlier?.operations[i] ?? 0),
      ),
    });
  }

  /** Means per image of all that happened up to each step at which runs ended. */
  costs(): StepCost[] {
    const { layers, images } = this.operations.counts();
    const total = { spikes: 0, acs: 0, macs: 0 };
    return [...this.added]
      .sort(([a], [b]) => a - b)
      .map(([steps, { spikes, operations }]) => {
        total.spikes += spikes / images;
        for (const [i, count] of operations.entries())
          total[layers[i]!.spiking ? "acs" : "macs"] += count / images;
        return { steps, ...total };
      });
  }

  /** Means per image so far. */
  counts(): { readonly operations: OperationCounts; readonly activity: NetworkActivity } {
    return { operations: this.operations.counts(), activity: this.activity.activity() };
  }
}

/** The operator of the nearest array that computes a node's output from its input. */
function source(output: Tensor, type: "conv2d" | "linear" | "scale"): Tensor | undefined {
  if (type === "conv2d") return nearest(output, "conv2d");
  if (type === "linear") return nearest(output, "matmul");
  return output.operator.name === "conv2d" ? output : nearest(output, "mul");
}

function connect(name: string, type: "conv2d" | "linear" | "scale", node: Tensor): Connection {
  const x = node.inputs[0]!;
  if (type === "conv2d") return convolution(name, x, node);
  if (type === "linear") return linear(name, x, node);
  const inputShape = x.shape.slice(1);
  const count = sizeOf(inputShape);
  const ones = () => fill(inputShape, 1);
  return { layer: name, weight: ones(), inputShape, macs: count, dense: count, fanOut: ones };
}
