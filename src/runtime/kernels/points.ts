import { binaryOf } from "./binary.ts";
import { base64 } from "./points.generated.ts";

/** Width of the numbers that neurons are kept in. */
export type Precision = "f32" | "f64";

/** A step of neurons: state regions, parameters, held masks and room for spikes; see assembly/points/lanes.ts. */
export type StepKernel = (
  state: number,
  bytes: number,
  parameters: number,
  stride: number,
  mask: number,
  held: number,
  spikes: number,
) => number;

/**
 * The kernels of point neurons over one memory, in one precision. Addresses are byte offsets; nothing is checked here.
 * The equations are in src/runtime/assembly/points.
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
  readonly stepCurrents: StepKernel;
  readonly stepConductances: StepKernel;
  stepTraubMiles(
    state: number,
    bytes: number,
    parameters: number,
    stride: number,
    mask: number,
    step: number,
    held: number,
    spikes: number,
  ): number;
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
  "stepCurrents",
  "stepConductances",
  "stepTraubMiles",
  "deliver",
  "deliverTwo",
  "deliverEach",
] as const satisfies readonly (keyof PointKernels)[];

let compiled: WebAssembly.Module | undefined;

/** Makes an instance of the kernels that works on `memory`; the module is compiled once, synchronously. */
export function pointKernels(memory: WebAssembly.Memory, precision: Precision): PointKernels {
  compiled ??= new WebAssembly.Module(binaryOf(base64));
  const { exports } = new WebAssembly.Instance(compiled, { env: { memory } });
  const width = precision === "f64" ? "64" : "32";
  return Object.fromEntries(names.map((name) => [name, exports[name + width]])) as unknown as PointKernels;
}
