import type { InferenceSession } from "onnxruntime-common";
import { StriateError } from "../error.ts";
import {
  type DType,
  describeShape,
  encodeOnnx,
  type LoweredGraph,
  type Shape,
  sizeOf,
  type Tensor,
  toOnnx,
} from "../tensor/index.ts";
import { type Backend, currentBackend, type RuntimeTensor } from "./backend.ts";
import { blockSize, type LoweringName } from "./lowering.ts";

export type TensorData = Float32Array | Int32Array | BigInt64Array | Uint8Array;

/** An array with values: row-major data and its shape. */
export interface ArrayValue {
  readonly data: TensorData;
  readonly shape: Shape;
}

export interface CompileOptions {
  /** "auto", the default, takes the blocked lowering where the runtime has it. */
  readonly lowering?: LoweringName | "auto";
  /** True to fix variables at their present values, which lets the runtime prepare weights once. */
  readonly freeze?: boolean;
  /** Names of inputs and outputs that only go from one run to the next: see LoweringOptions. */
  readonly opaque?: ReadonlySet<string>;
  /** Threads for one run; every core when absent. */
  readonly threads?: number;
  /** Fills the random inputs of the graph at every run. */
  readonly random?: { fillUniform(values: Float32Array): void };
}

export interface GraphDefinition {
  /** The inputs given at every run. Those that the outputs do not depend on are accepted and ignored. */
  readonly inputs?: readonly Tensor[];
  readonly outputs: Readonly<Record<string, Tensor>>;
}

/** A graph ready to run any number of times. */
export class Program {
  readonly lowering: LoweringName;
  private readonly graph: LoweredGraph;
  private readonly session: InferenceSession;
  private readonly backend: Backend;
  private readonly random: CompileOptions["random"];

  constructor(
    graph: LoweredGraph,
    session: InferenceSession,
    backend: Backend,
    lowering: LoweringName,
    random: CompileOptions["random"],
  ) {
    this.graph = graph;
    this.session = session;
    this.backend = backend;
    this.lowering = lowering;
    this.random = random;
  }

  /**
   * Runs the graph. `feeds` gives every fed input by name, row-major, without copying; `into` may name arrays that
   * outputs are written to. Throws when an input is missing or has the wrong number of values.
   */
  async run(
    feeds: Readonly<Record<string, TensorData>> = {},
    into: Readonly<Record<string, TensorData>> = {},
  ): Promise<Record<string, ArrayValue>> {
    const inputs: Record<string, RuntimeTensor> = {};
    for (const { name, shape, dtype, source } of this.graph.inputs) {
      let data: TensorData | undefined;
      if (source.kind === "variable") data = source.variable.data;
      else if (source.kind === "random") data = this.draw(name, sizeOf(shape));
      else data = feeds[name];
      inputs[name] = this.tensor(name, data, shape, dtype);
    }
    const fetches: Record<string, RuntimeTensor | null> = {};
    for (const { name, shape, dtype } of this.graph.outputs) {
      fetches[name] = into[name] === undefined ? null : this.tensor(name, into[name], shape, dtype);
    }
    const results = await this.session.run(inputs, fetches);
    return Object.fromEntries(
      this.graph.outputs.map(({ name, shape }) => [name, { data: results[name]!.data as TensorData, shape }]),
    );
  }

  /** Frees the runtime's memory for this graph. */
  async release(): Promise<void> {
    await this.session.release();
  }

  private draw(name: string, length: number): Float32Array {
    if (this.random === undefined) {
      throw new StriateError(`the random input "${name}" has no source`, "Pass random to compile");
    }
    const values = new Float32Array(length);
    this.random.fillUniform(values);
    return values;
  }

  private tensor(name: string, data: TensorData | undefined, shape: Shape, dtype: DType): RuntimeTensor {
    if (data === undefined) {
      const known = this.graph.inputs
        .filter(({ source }) => source.kind === "fed")
        .map((input) => `"${input.name}"`);
      throw new StriateError(
        `the input "${name}" ${describeShape(shape)} was not given`,
        `The inputs are ${known.join(", ")}`,
      );
    }
    if (data.length !== sizeOf(shape)) {
      throw new StriateError(
        `"${name}" needs ${sizeOf(shape)} values for shape ${describeShape(shape)}, given ${data.length}`,
      );
    }
    const Tensor = this.backend.Tensor as unknown as new (
      type: DType,
      data: TensorData,
      dims: Shape,
    ) => RuntimeTensor;
    return new Tensor(dtype, data, shape);
  }
}

/** Compiles the graph that computes `outputs`: lowers it to ONNX and prepares a runtime session. */
export async function compile(definition: GraphDefinition, options: CompileOptions = {}): Promise<Program> {
  const backend = currentBackend();
  const block = options.lowering === "portable" ? 0 : await blockSize(backend);
  if (options.lowering === "blocked" && block === 0) {
    throw new StriateError(
      `the blocked lowering is not available in ${backend.name} on this machine`,
      'Use "auto" or "portable"',
    );
  }
  const graph = toOnnx(definition.outputs, {
    block,
    freeze: options.freeze ?? false,
    ...(options.opaque && { opaque: options.opaque }),
  });
  const session = await backend.createSession(encodeOnnx(graph.model), {
    graphOptimizationLevel: "all",
    intraOpNumThreads: options.threads ?? backend.defaultThreads,
    interOpNumThreads: 1,
    executionMode: "sequential",
    logSeverityLevel: 3,
  });
  return new Program(graph, session, backend, block > 0 ? "blocked" : "portable", options.random);
}
