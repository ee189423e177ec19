import { StriateError } from "../../error.ts";
import type { Signal } from "../../nn/layer.ts";
import { compile, type Program } from "../../runtime/compile.ts";
import { input, reshape, sizeOf, slice, stack, type Tensor } from "../../tensor/index.ts";
import type { SpikingEngine, StepResults } from "../engine.ts";
import { type Numbers, nodesOf, type SpikingGraph } from "../graph/index.ts";
import type { Integration } from "../integration.ts";
import { type KeptArray, traceSteps } from "./trace.ts";

export interface DenseEngineOptions {
  /** Images, or recordings, at a time. */
  readonly batch: number;
  /** Most steps in one run of a compiled graph: more steps make fewer runs and larger graphs. 16 when absent. */
  readonly chunk?: number;
  /** Threads of one run; every core when absent. */
  readonly threads?: number;
  /** "constant", the default, for one input that stays; "steps" for one array a step. */
  readonly input?: "constant" | "steps";
  readonly integration?: Integration;
  /** Nodes whose outputs are wanted at every step; the graph's outputs when absent. */
  readonly record?: readonly string[];
  /** More to compute in the same run, from the signals of all nodes: counts of spikes, say. */
  readonly observe?: (signals: ReadonlyMap<string, Signal>) => Readonly<Record<string, Tensor>>;
}

interface Compiled {
  readonly program: Program;
  readonly kept: readonly KeptArray[];
}

/**
 * Runs a spiking graph on the dense engine: some time steps are unrolled into one graph of the runtime, and the neurons'
 * state is carried from run to run, so that any number of steps takes the memory of a few.
 *
 *   const engine = new DenseEngine(graph, { batch: 32 });
 *   for await (const { output } of engine.run(images, 64)) …   // (steps, 32, classes), some steps at a time
 */
export class DenseEngine implements SpikingEngine {
  private readonly graph: SpikingGraph;
  private readonly options: DenseEngineOptions;
  private readonly inputName: string;
  private readonly inputShape: readonly number[];
  private readonly compiled = new Map<number, Compiled>();
  private readonly initial = new Map<string, Numbers>();
  private state: Record<string, Float32Array> = {};
  private spare: Record<string, Float32Array> = {};

  constructor(graph: SpikingGraph, options: DenseEngineOptions) {
    const inputs = nodesOf(graph, "input");
    if (inputs.length !== 1) throw new StriateError(`the graph has ${inputs.length} inputs, expected one`);
    const [node] = inputs as [(typeof inputs)[0]];
    this.graph = graph;
    this.options = options;
    this.inputName = node.name;
    this.inputShape = [options.batch, ...(node.operation as { readonly shape: readonly number[] }).shape];
  }

  reset(samples?: Iterable<number>): void {
    for (const [name, { data }] of this.initial) {
      const values = this.state[name]!;
      if (samples === undefined) fillWith(values, data);
      else {
        // Whatever the order within a sample, the samples lie one after the other.
        const size = values.length / this.options.batch;
        for (const i of samples) fillWith(values.subarray(i * size, (i + 1) * size), data);
      }
    }
  }

  /**
   * Goes on for `steps` steps, some at a time. `values` are the input, (N, …) for a constant one and (steps, N, …)
   * otherwise. The neurons keep their state for the next call.
   */
  async *run(values: Float32Array, steps: number): AsyncGenerator<StepResults> {
    const { chunk = 16, input: kind = "constant" } = this.options;
    const size = sizeOf(this.inputShape);
    const expected = kind === "steps" ? size * steps : size;
    if (values.length !== expected)
      throw new StriateError(`the input has ${values.length} values, expected ${expected}`);
    for (let start = 0; start < steps; start += chunk) {
      const count = Math.min(chunk, steps - start);
      yield await this.advance(
        kind === "steps" ? values.subarray(start * size, (start + count) * size) : values,
        count,
      );
    }
  }

  async release(): Promise<void> {
    for (const { program } of this.compiled.values()) await program.release();
    this.compiled.clear();
  }

  private async advance(values: Float32Array, steps: number): Promise<StepResults> {
    const { program, kept } = await this.programFor(steps);
    const into = Object.fromEntries(kept.map(({ name }) => [`${name}:next`, this.spare[name]!]));
    const results = await program.run({ [this.inputName]: values, ...this.state }, into);
    for (const { name } of kept) this.spare[name] = results[`${name}:next`]!.data as Float32Array;
    [this.state, this.spare] = [this.spare, this.state];
    return Object.fromEntries(
      Object.entries(results)
        .filter(([name]) => !name.endsWith(":next"))
        .map(([name, value]) => [name.replace(/^recorded /, ""), value]),
    );
  }

  private async programFor(steps: number): Promise<Compiled> {
    let compiled = this.compiled.get(steps);
    if (compiled === undefined) {
      compiled = await this.compile(steps);
      const isFirst = this.compiled.size === 0;
      this.compiled.set(steps, compiled);
      if (isFirst) {
        for (const { name, shape, initial } of compiled.kept) {
          this.initial.set(name, initial);
          this.state[name] = new Float32Array(sizeOf(shape));
          this.spare[name] = new Float32Array(sizeOf(shape));
        }
        this.reset();
      }
    }
    return compiled;
  }

  private async compile(steps: number): Promise<Compiled> {
    const { batch, integration, observe, input: kind } = this.options;
    const record = this.options.record ?? nodesOf(this.graph, "output").map(({ name }) => name);
    const x = input(this.inputName, kind === "steps" ? [steps, ...this.inputShape] : this.inputShape);
    const { signals, kept } = traceSteps(this.graph, {
      batch,
      steps,
      inputs: { [this.inputName]: kind === "steps" ? stepsOf(x) : [x] },
      ...(integration && { integration }),
    });
    const outputs: Record<string, Tensor> = {};
    for (const name of record) {
      const signal = signals.get(name);
      if (signal === undefined) throw new StriateError(`the graph has no node "${name}" to record`);
      outputs[`recorded ${name}`] = stack(Array.from({ length: steps }, (_, t) => signal[t] ?? signal[0]!));
    }
    for (const array of kept) outputs[`${array.name}:next`] = array.after;
    Object.assign(outputs, observe?.(signals));
    const inputs = [x, ...kept.map(({ before }) => before)];
    const { threads } = this.options;
    // One number fills an array in whatever order it lies; other initial values need the usual order.
    const opaque = new Set(
      kept.filter(({ initial }) => initial.data.length === 1).flatMap(({ name }) => [name, `${name}:next`]),
    );
    const program = await compile({ inputs, outputs }, { freeze: true, opaque, ...(threads && { threads }) });
    return { program, kept };
  }
}

/** Repeats some values until an array is full. */
function fillWith(array: Float32Array, values: Float32Array): void {
  if (values.length === 1) array.fill(values[0]!);
  else for (let i = 0; i < array.length; i += values.length) array.set(values, i);
}

/** The arrays (N, …) that an array (steps, N, …) holds. */
const stepsOf = (x: Tensor): Tensor[] =>
  Array.from({ length: x.shape[0]! }, (_, t) => reshape(slice(x, [t], [t + 1]), x.shape.slice(1)));
