import { StriateError } from "../../error.ts";
import { Population, Program, Train } from "../../runtime/assembly/events/layout.ts";
import { currentBackend } from "../../runtime/backend.ts";
import type { ArrayValue } from "../../runtime/compile.ts";
import { type EventKernels, eventKernels, eventKernelsOver } from "../../runtime/kernels/events.ts";
import type { KernelThread } from "../../runtime/threads.ts";
import type { SpikingEngine, StepResults } from "../engine.ts";
import { nodesOf, type SpikingGraph } from "../graph/index.ts";
import type { Integration } from "../integration.ts";
import { type Assembled, assemble, type PlacedPopulation } from "./assemble.ts";
import { type Plan, planEvents } from "./plan.ts";

export interface EventEngineOptions {
  /** Images, or recordings, at a time. */
  readonly batch: number;
  /** Most steps in one run of the kernels; when absent 16, or 64 where all is vectors. Recurrent graphs go step by step. */
  readonly chunk?: number;
  /** Threads of one run; as many as the runtime chooses when absent. */
  readonly threads?: number;
  /** "constant", the default, for one input that stays; "steps" for one array a step. */
  readonly input?: "constant" | "steps";
  /** "int8" rounds the weights that binary spikes meet to 8 bits, each output channel by its own scale. */
  readonly weights?: "float32" | "int8";
  readonly integration?: Integration;
  /** Nodes whose outputs are wanted at every step; the graph's outputs when absent. */
  readonly record?: readonly string[];
}

/** Columns, rows and polarities (0 darker, 1 brighter) of some events; only the first `count` are looked at. */
export interface CameraEvents {
  readonly x: ArrayLike<number>;
  readonly y: ArrayLike<number>;
  readonly p: ArrayLike<number>;
  readonly count: number;
}

/** Steps are counted modulo this, a multiple of every number of slots. */
const STEP_CYCLE = 2 ** 30;

/**
 * Runs a spiking graph event by event: what a spike reaches is added up when there is a spike, on sparse kernels in
 * WebAssembly. The same graph gives the same spikes as on the dense engine, up to the order in which float32 are added.
 *
 *   const engine = new EventEngine(graph, { batch: 32 });
 *   for await (const { output } of engine.run(images, 64)) …   // (steps, 32, classes), some steps at a time
 */
export class EventEngine implements SpikingEngine {
  private readonly options: Required<Pick<EventEngineOptions, "batch" | "input">>;
  private readonly threads: number;
  private readonly record: readonly string[];
  private readonly wanted: Plan["wanted"];
  private readonly assembled: Assembled;
  private readonly words: Int32Array;
  /** What trains of inputs have for values, where they are not all 0 or 1. */
  private readonly valuesDelta = new Map<number, number>();
  private readonly inputName: string;
  private started: Promise<{ kernels: EventKernels; workers: KernelThread[] }> | undefined;
  private stepsBefore = 0;

  /** @throws StriateError for graphs that the event engine cannot run, and where memory does not suffice */
  constructor(graph: SpikingGraph, options: EventEngineOptions) {
    const { batch, chunk, input = "constant", weights = "float32", integration = "exponential" } = options;
    const [node, ...others] = nodesOf(graph, "input");
    if (node === undefined || others.length > 0) {
      throw new StriateError(`the graph has ${others.length + (node ? 1 : 0)} inputs, expected one`);
    }
    this.threads = options.threads ?? currentBackend().kernelThreads;
    this.options = { batch, input };
    this.inputName = node.name;
    this.record = options.record ?? nodesOf(graph, "output").map(({ name }) => name);
    const { threads, record } = this;
    const { timeStep } = graph;
    const plan = planEvents(graph, record);
    this.wanted = plan.wanted;
    this.assembled = assemble(plan, { batch, threads, chunk, input, weights, integration, timeStep });
    this.words = new Int32Array(this.assembled.memory.buffer);
    for (const { population } of this.assembled.inputs.values()) {
      this.valuesDelta.set(population.train, this.words[population.train / 4 + Train.valuesDelta]!);
    }
    this.reset();
  }

  reset(samples?: Iterable<number>): void {
    const wanted = samples === undefined ? undefined : [...samples];
    for (const { state, train } of this.assembled.populations.values()) {
      for (const { address, start } of state) {
        for (const i of wanted ?? Array(this.options.batch).keys()) {
          new Float32Array(this.assembled.memory.buffer, address + i * start.byteLength, start.length).set(
            start,
          );
        }
      }
      this.forgetEvents(train, wanted);
    }
    if (wanted === undefined) this.stepsBefore = 0;
  }

  async *run(values: Float32Array, steps: number): AsyncGenerator<StepResults> {
    const { batch, input } = this.options;
    const { chunk, still } = this.assembled;
    const { population, address } = this.assembled.inputs.get(this.inputName)!;
    const size = batch * population.units;
    const expected = input === "steps" ? size * steps : size;
    if (values.length !== expected) {
      throw new StriateError(`the input has ${values.length} values, expected ${expected}`);
    }
    const { kernels } = await this.start();
    if (input === "constant") {
      this.take(values, address, population, kernels);
      this.advance(kernels, still, 1);
    }
    for (let start = 0; start < steps; start += chunk) {
      const count = Math.min(chunk, steps - start);
      if (input === "steps") {
        this.take(values.subarray(start * size, (start + count) * size), address, population, kernels);
      }
      yield this.advanceMoving(kernels, count);
    }
  }

  /**
   * Goes on for one step with the events of an event camera that fall into it: of a graph whose input is (2, H, W), for a
   * batch of one and an input for each step. Events of one pixel and polarity add up.
   *
   * @throws StriateError for events outside the input
   */
  async push({ x, y, p, count }: CameraEvents): Promise<StepResults> {
    const { population, address } = this.assembled.inputs.get(this.inputName)!;
    const { height, width, channels } = population.layout;
    if (this.options.batch !== 1 || this.options.input !== "steps") {
      throw new StriateError("events are pushed to an engine of batch 1", 'Make it with input: "steps"');
    }
    const { kernels } = await this.start();
    const values = new Float32Array(this.assembled.memory.buffer, address, population.units).fill(0);
    for (let i = 0; i < count; i++) {
      if (x[i]! >= width || y[i]! >= height || p[i]! >= channels) {
        throw new StriateError(
          `event ${i} is at (${x[i]}, ${y[i]}), polarity ${p[i]}; the network sees ${width} × ${height} pixels`,
          "Crop or scale the events down first",
        );
      }
      values[(p[i]! * height + y[i]!) * width + x[i]!]!++;
    }
    this.settleValues(population, kernels, address, values.length);
    return this.advanceMoving(kernels, 1);
  }

  async release(): Promise<void> {
    if (this.started === undefined) return;
    const { kernels, workers } = await this.started;
    kernels.quit(this.assembled.program);
    for (const worker of workers) worker.terminate();
    this.started = undefined;
    this.word(this.assembled.program, Program.quit, 0);
  }

  /** How many events each population has put out since the engine was made, by the node's name. */
  eventCounts(): ReadonlyMap<string, number> {
    const counts = new Map<string, number>();
    for (const { name, address } of this.assembled.populations.values()) {
      const first = this.words[address / 4 + Population.counts]!;
      let sum = 0;
      for (let thread = 0; thread < this.threads; thread++) {
        sum += new Float64Array(this.assembled.memory.buffer, first + 64 * thread, 1)[0]!;
      }
      counts.set(name, sum);
    }
    return counts;
  }

  /** Units of a node that is a population: a neuron node is. */
  unitsOf(name: string): number {
    const population = this.assembled.populations.get(name);
    if (population === undefined) throw new StriateError(`"${name}" has no units of its own`);
    return population.units;
  }

  private start() {
    this.started ??= (async () => {
      const { memory, program } = this.assembled;
      const module = await eventKernels();
      const kernels = eventKernelsOver(module, memory);
      this.word(program, Program.generation, 0);
      const others = Array.from({ length: this.threads - 1 }, (_, i) => i + 1);
      const workers = await Promise.all(
        others.map((thread) => currentBackend().startKernelThread({ module, memory, program, thread })),
      );
      return { kernels, workers };
    })();
    return this.started;
  }

  private take(
    values: Float32Array,
    address: number,
    population: PlacedPopulation,
    kernels: EventKernels,
  ): void {
    new Float32Array(this.assembled.memory.buffer, address, values.length).set(values);
    this.settleValues(population, kernels, address, values.length);
  }

  /** Events that are all 0 or 1 need no values of their own. */
  private settleValues(
    { train }: PlacedPopulation,
    kernels: EventKernels,
    address: number,
    length: number,
  ): void {
    const isBinary = kernels.isBinary(address, length) === 1;
    this.word(train, Train.valuesDelta, isBinary ? 0 : this.valuesDelta.get(train)!);
  }

  private advanceMoving(kernels: EventKernels, steps: number): StepResults {
    this.advance(kernels, this.assembled.moving, steps);
    this.stepsBefore = (this.stepsBefore + steps) % STEP_CYCLE;
    return Object.fromEntries(this.record.map((name) => [name, this.recorded(name, steps)]));
  }

  private advance(kernels: EventKernels, list: Assembled["moving"], steps: number): void {
    const { program } = this.assembled;
    this.word(program, Program.populations, list.address);
    this.word(program, Program.populationCount, list.count);
    this.word(program, Program.steps, steps);
    this.word(program, Program.stepsBefore, this.stepsBefore);
    if (list.count > 0) kernels.run(program);
  }

  private word(record: number, field: number, value: number): void {
    this.words[record / 4 + field] = value;
  }

  /** Of a train that every image has its own of, which keeps the events of the step before. */
  private forgetEvents(train: number, images: readonly number[] | undefined): void {
    const [first, bytes, owned] = [Train.offsets, Train.offsetsOwnerBytes, Train.ownedByImage].map(
      (field) => this.words[train / 4 + field]!,
    ) as [number, number, number];
    if (owned === 0) return;
    for (const i of images ?? Array(this.options.batch).keys()) {
      this.words.fill(0, (first + i * bytes) / 4, (first + (i + 1) * bytes) / 4);
    }
  }

  /** A recorded node's values at some steps, (steps, N, …), channels first. */
  private recorded(name: string, steps: number): ArrayValue {
    const { population, shape } = this.wanted.get(name)!;
    const { address, layout } = this.assembled.records.get(population)!;
    const { height, width, channels, padded, size } = layout;
    const arrays = steps * this.options.batch;
    const stored = new Float32Array(this.assembled.memory.buffer, address, arrays * size);
    const result = { shape: [steps, this.options.batch, ...shape] } as const;
    const pixels = height * width;
    if (pixels === 1 && padded === channels) return { ...result, data: stored.slice() };
    const data = new Float32Array(arrays * channels * pixels);
    for (let array = 0, place = 0; array < arrays; array++) {
      for (let c = 0; c < channels; c++) {
        for (let pixel = 0, at = array * size + c; pixel < pixels; pixel++, at += padded) {
          data[place++] = stored[at]!;
        }
      }
    }
    return { ...result, data };
  }
}
