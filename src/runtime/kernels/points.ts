import { binaryOf } from "./binary.ts";
import { base64 } from "./points.generated.ts";

/** Width of the numbers that neurons are kept in. */
export type Precision = "f32" | "f64";

/**
 * The kernels of point neurons over one memory, in one precision. Addresses are byte offsets; nothing is checked here.
 * The equations are in src/runtime/assembly/points, the records in layout.ts there.
 */
export interface PointKernels {
  exponentials(region: number, bytes: number): void;
  findModal(
    membrane: number,
    excitation: number,
    inhibition: number,
    bytes: number,
    decayed: number,
    excited: number,
    inhibited: number,
    threshold: number,
    mask: number,
    spikes: number,
  ): number;
  findDecaying(
    membrane: number,
    bytes: number,
    decayed: number,
    threshold: number,
    mask: number,
    spikes: number,
  ): number;
  /** A step of the population of a task on the threads of a crew. @returns how many neurons fire, listed at `spikes` */
  step(crew: number, task: number, spikes: number): number;
  /** Ends the other threads of a crew. */
  quit(crew: number): void;
  deliver(
    spikes: number,
    count: number,
    first: number,
    sources: number,
    offsets: number,
    targets: number,
    into: number,
    weight: number,
  ): void;
  deliverTwo(
    spikes: number,
    count: number,
    first: number,
    sources: number,
    offsets: number,
    targets: number,
    into: number,
    weight: number,
    second: number,
    secondWeight: number,
  ): void;
  deliverEach(
    spikes: number,
    count: number,
    first: number,
    sources: number,
    offsets: number,
    targets: number,
    weights: number,
    into: number,
    gain: number,
  ): void;
}

const names = [
  "exponentials",
  "findModal",
  "findDecaying",
  "deliver",
  "deliverTwo",
  "deliverEach",
] as const satisfies readonly (keyof PointKernels)[];

let compiled: WebAssembly.Module | undefined;

/** The module, compiled once, synchronously; it needs a shared memory. */
export function pointModule(): WebAssembly.Module {
  compiled ??= new WebAssembly.Module(binaryOf(base64));
  return compiled;
}

/** Makes an instance of the kernels that works on `memory`, which is shared. */
export function pointKernels(memory: WebAssembly.Memory, precision: Precision): PointKernels {
  const { step, quit, ...exports } = new WebAssembly.Instance(pointModule(), { env: { memory } }).exports;
  const width = precision === "f64" ? "64" : "32";
  const typed = Object.fromEntries(names.map((name) => [name, exports[name + width]]));
  return { ...typed, step, quit } as unknown as PointKernels;
}
