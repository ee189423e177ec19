import { binaryOf } from "./binary.ts";
import { base64 } from "./events.generated.ts";

/**
 * The event kernels over one shared memory, laid out as src/runtime/assembly/events/layout.ts says. Nothing is checked
 * here: a wrong address traps or overwrites something, so callers take addresses from an Arena.
 */
export interface EventKernels {
  /** Takes the program at an address through its steps, with all its threads, and returns when all have finished. */
  run(program: number): void;
  /** Ends the other threads of a program. */
  quit(program: number): void;
  /** 1 where each of some float32 is 0 or 1. */
  isBinary(values: number, length: number): number;
}

let compiled: Promise<WebAssembly.Module> | undefined;

/** The module, compiled once; it needs a shared memory of at most 65,536 pages. */
export function eventKernels(): Promise<WebAssembly.Module> {
  compiled ??= WebAssembly.compile(binaryOf(base64));
  return compiled;
}

export const eventKernelsOver = (module: WebAssembly.Module, memory: WebAssembly.Memory): EventKernels =>
  new WebAssembly.Instance(module, { env: { memory } }).exports as unknown as EventKernels;
