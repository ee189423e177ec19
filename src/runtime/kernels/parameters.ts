import { binaryOf } from "./binary.ts";
import { base64 } from "./parameters.generated.ts";

/**
 * The WebAssembly kernels over one memory. Addresses are byte offsets of spans (see assembly/parameters/span.ts): 64-byte
 * aligned, zero-padded regions of float32; lengths count numbers. Nothing is checked here: a wrong address or length
 * traps or overwrites a neighbour, so callers take both from a ParameterMemory. The equations are in
 * src/runtime/assembly/parameters.
 */
export interface Kernels {
  /** One step of stochastic gradient descent, without momentum. */
  sgd(
    value: number,
    gradient: number,
    length: number,
    learningRate: number,
    weightDecay: number,
    gradientScale: number,
  ): void;

  /** One step of stochastic gradient descent with momentum; `nesterov` is 0 or 1. */
  sgdMomentum(
    value: number,
    gradient: number,
    velocity: number,
    length: number,
    learningRate: number,
    momentum: number,
    nesterov: number,
    weightDecay: number,
    gradientScale: number,
  ): void;

  /** One step of Adam (keep 1) or AdamW (weightDecay 0), bias correction folded into stepSize and rootScale. */
  adam(
    value: number,
    gradient: number,
    firstMoment: number,
    secondMoment: number,
    length: number,
    oneMinusBeta1: number,
    beta2: number,
    oneMinusBeta2: number,
    stepSize: number,
    rootScale: number,
    epsilon: number,
    keep: number,
    weightDecay: number,
    gradientScale: number,
  ): void;

  /** Sum of squares in float64; finite exactly when every value of the span is. */
  sumOfSquares(span: number, length: number): number;

  /** Index of the first NaN or infinity of a span, or −1. */
  firstNonFinite(span: number, length: number): number;

  /** Writes Philox blocks of four 32-bit words; room for a multiple of four blocks is needed. */
  philoxWords(
    target: number,
    blocks: number,
    key0: number,
    key1: number,
    counter0: number,
    counter1: number,
    counter2: number,
    counter3: number,
  ): void;

  /** Turns random words into float32 uniform in [low, low + range), in place. */
  wordsToUniform(span: number, length: number, low: number, range: number): void;

  /** Turns random words into normal float32, in place; room for a multiple of eight numbers is needed. */
  wordsToNormal(span: number, length: number, mean: number, deviation: number): void;
}

let compiled: WebAssembly.Module | undefined;

/**
 * Makes an instance of the kernels that works on `memory`. The module is compiled once, synchronously; it has no data
 * of its own, so making an instance leaves the memory as it is.
 */
export function kernelsOver(memory: WebAssembly.Memory): Kernels {
  compiled ??= new WebAssembly.Module(kernelBytes());
  return new WebAssembly.Instance(compiled, { env: { memory } }).exports as unknown as Kernels;
}

/** The WebAssembly binary. */
export const kernelBytes = (): Uint8Array<ArrayBuffer> => binaryOf(base64);
