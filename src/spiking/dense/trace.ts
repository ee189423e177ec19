import { StriateError } from "../../error.ts";
import type { Signal } from "../../nn/layer.ts";
import {
  add,
  broadcastTo,
  constant,
  fill,
  input,
  maxPool2d,
  mul,
  sub,
  type Tensor,
  withScope,
} from "../../tensor/index.ts";
import {
  type DelayNode,
  type MaxPoolNode,
  type Numbers,
  type SpikingGraph,
  scalar,
  schedule,
} from "../graph/index.ts";
import type { Integration } from "../integration.ts";
import { type DelayGroup, delayGroups } from "./delay.ts";
import { type NeuronState, type NeuronStep, neuronStep } from "./neurons.ts";
import { evaluate, isMemoryless } from "./operations.ts";
import { Parameters } from "./parameters.ts";

/** An array that a simulation keeps from one run to the next. */
export interface KeptArray {
  /** Name of the graph input that it is fed to, and of the output that it comes from with ":next". */
  readonly name: string;
  readonly shape: readonly number[];
  readonly before: Tensor;
  readonly after: Tensor;
  /** Its value before the first step; shape () or that of one image. */
  readonly initial: Numbers;
}

export interface TraceOptions {
  /** Images at a time. */
  readonly batch: number;
  /** Steps of this trace. */
  readonly steps: number;
  /** The input of each step (steps, N, …) by the input node's name; one that is given alone is the same at every step. */
  readonly inputs: Readonly<Record<string, Signal>>;
  readonly integration?: Integration;
  /**
   * "kept", the default, takes the state from before and gives it on; "fresh" begins at the neurons' start potentials,
   * in a graph that needs nothing from outside.
   */
  readonly state?: "kept" | "fresh";
}

/** Some steps of a graph, unrolled. */
export interface Trace {
  /** Outputs of every node: one array for each step, or a single one that is the same at every step. */
  readonly signals: ReadonlyMap<string, Signal>;
  readonly kept: readonly KeptArray[];
}

interface Recalled {
  /** Without the batch axis. */
  readonly shape: readonly number[] | undefined;
  readonly node: string;
  readonly initial?: Numbers;
  /** True when one number may stand for the whole array at the start. */
  readonly broadcasts?: boolean;
}

const zero = scalar(0);

function fresh(initial: Numbers, shape: readonly number[], broadcasts: boolean): Tensor {
  if (initial.data.length > 1) return broadcastTo(constant(initial.data, initial.shape), shape);
  return broadcasts ? constant(initial.data[0]!) : fill(shape, initial.data[0]!);
}

/** Unrolls a spiking graph over some time steps, node by node within each step. */
export function traceSteps(graph: SpikingGraph, options: TraceOptions): Trace {
  return new Tracer(graph, options).run();
}

class Tracer {
  private readonly graph: SpikingGraph;
  private readonly options: TraceOptions;
  private readonly parameters = new Parameters();
  private readonly neurons = new Map<string, NeuronStep>();
  private readonly delays = new Map<string, readonly DelayGroup[]>();
  private readonly signals = new Map<string, Tensor[]>();
  private readonly isStatic = new Set<string>();
  /** What each kept array was before the first step and is now. */
  private readonly memory = new Map<string, { before: Tensor; now: Tensor; initial: Numbers }>();

  constructor(graph: SpikingGraph, options: TraceOptions) {
    this.graph = graph;
    this.options = options;
  }

  run(): Trace {
    const { order, recurrent } = schedule(this.graph);
    const kept = new Set([...recurrent.values()].flatMap((sources) => [...sources]));
    const byName = new Map(order.map((node) => [node.name, node]));
    for (let t = 0; t < this.options.steps; t++) {
      const earlier = new Map(
        [...kept].map((name) => [
          name,
          this.recall(`${name}:output`, { shape: byName.get(name)!.shape, node: name }),
        ]),
      );
      for (const node of order) {
        const { name, operation } = node;
        if (this.isStatic.has(name)) continue;
        if (operation.type === "input") {
          this.takeInput(name, operation.shape, t);
          continue;
        }
        const back = recurrent.get(name);
        const inputs = node.inputs.map((source) =>
          back?.has(source) ? earlier.get(source)! : this.present(source),
        );
        const isConstant =
          isMemoryless(operation) &&
          back === undefined &&
          node.inputs.every((each) => this.isStatic.has(each));
        if (isConstant) this.isStatic.add(name);
        this.put(
          name,
          withScope(name, () =>
            this.evaluate(
              node,
              inputs,
              node.inputs.every((each) => back?.has(each)),
            ),
          ),
        );
      }
      for (const name of kept) this.remember(`${name}:output`, this.present(name));
    }
    return { signals: this.signals, kept: this.keptArrays() };
  }

  private takeInput(name: string, shape: readonly number[], t: number): void {
    const given = this.options.inputs[name];
    if (given === undefined || (given.length !== 1 && given.length !== this.options.steps)) {
      throw new StriateError(
        `the input "${name}" has ${given?.length ?? 0} steps, expected 1 or ${this.options.steps}`,
      );
    }
    const expected = [this.options.batch, ...shape].join();
    if (given[0]!.shape.join() !== expected) {
      throw new StriateError(`the input "${name}" has shape (${given[0]!.shape}), expected (${expected})`);
    }
    if (given.length === 1) this.isStatic.add(name);
    this.put(name, given[given.length === 1 ? 0 : t]!);
  }

  private evaluate(
    node: { readonly name: string; readonly operation: SpikingGraph["nodes"][number]["operation"] },
    inputs: readonly Tensor[],
    isRecurrent: boolean,
  ): Tensor {
    const { name, operation } = node;
    if (operation.type === "neuron") return this.neuron(name, operation, inputs);
    if (operation.type === "delay") return this.delay(name, operation, inputs.reduce(add), isRecurrent);
    if (operation.type === "maxPool2d") return this.gatedMaximum(name, operation, inputs.reduce(add));
    return evaluate(node as SpikingGraph["nodes"][number], inputs, this.parameters);
  }

  private neuron(
    name: string,
    operation: Extract<SpikingGraph["nodes"][number]["operation"], { type: "neuron" }>,
    inputs: readonly Tensor[],
  ): Tensor {
    let neuron = this.neurons.get(name);
    if (neuron === undefined) {
      const { integration = "exponential" } = this.options;
      neuron = neuronStep(name, operation, this.graph.timeStep, integration, this.parameters);
      this.neurons.set(name, neuron);
    }
    const state: NeuronState = Object.fromEntries(
      Object.entries(neuron.initial).map(([field, initial]) => [
        field,
        this.recall(`${name}:${field}`, {
          shape: inputs[0]!.shape.slice(1),
          node: name,
          initial,
          broadcasts: true,
        }),
      ]),
    );
    const { output, state: next } = neuron.step(state, inputs);
    for (const [field, value] of Object.entries(next)) this.remember(`${name}:${field}`, value);
    return output;
  }

  /** Values wait in a line as long as the longest delay. */
  private delay(name: string, { delay }: DelayNode, x: Tensor, isRecurrent: boolean): Tensor {
    let groups = this.delays.get(name);
    if (groups === undefined) {
      groups = delayGroups(name, delay, this.graph.timeStep, isRecurrent ? 1 : 0);
      this.delays.set(name, groups);
    }
    const { steps: length } = groups.at(-1)!;
    const shape = x.shape.slice(1);
    const line = Array.from({ length }, (_, i) => this.recall(`${name}:delayed${i}`, { shape, node: name }));
    for (let i = 0; i < length; i++) this.remember(`${name}:delayed${i}`, line[i + 1] ?? x);
    return groups
      .map(({ steps, members }, group) => {
        const late = line[length - steps] ?? x;
        return groups.length === 1
          ? late
          : mul(late, this.parameters.tensor(members, `${name}/delayed${group}`));
      })
      .reduce(add);
  }

  /** After every step the count of the output is the maximum of the counts of the inputs. */
  private gatedMaximum(name: string, pooling: MaxPoolNode, x: Tensor): Tensor {
    const counts = add(this.recall(`${name}:counts`, { shape: x.shape.slice(1), node: name }), x);
    const highest = maxPool2d(counts, pooling);
    const before = this.recall(`${name}:highest`, { shape: highest.shape.slice(1), node: name });
    this.remember(`${name}:counts`, counts);
    this.remember(`${name}:highest`, highest);
    return sub(highest, before);
  }

  private put(name: string, value: Tensor): void {
    const signal = this.signals.get(name) ?? [];
    signal.push(value);
    this.signals.set(name, signal);
  }

  private present(name: string): Tensor {
    return this.signals.get(name)!.at(-1)!;
  }

  /** The present value of a kept array; the first time, what it was before this trace. */
  private recall(key: string, { shape, node, initial = zero, broadcasts = false }: Recalled): Tensor {
    let slot = this.memory.get(key);
    if (slot === undefined) {
      if (shape === undefined) {
        throw new StriateError(`the shape of "${node}", which a recurrent edge starts at, is not known`);
      }
      const full = [this.options.batch, ...shape];
      const before = this.options.state === "fresh" ? fresh(initial, full, broadcasts) : input(key, full);
      slot = { before, now: before, initial };
      this.memory.set(key, slot);
    }
    return slot.now;
  }

  private remember(key: string, value: Tensor): void {
    this.memory.get(key)!.now = value;
  }

  private keptArrays(): KeptArray[] {
    return [...this.memory].map(([name, { before, now, initial }]) => ({
      name,
      shape: before.shape,
      before,
      after: now,
      initial,
    }));
  }
}
