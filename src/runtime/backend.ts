import type { InferenceSession, Tensor as RuntimeTensor, TensorConstructor } from "onnxruntime-common";
import { StriateError } from "../error.ts";
import type { KernelThread, KernelThreadSetup } from "./threads.ts";

/** An ONNX Runtime: the native one in Node, the WebAssembly one in a browser. */
export interface Backend {
  readonly name: string;
  /** Threads used when the caller does not say. */
  readonly defaultThreads: number;
  /** Threads of the event kernels when the caller does not say. */
  readonly kernelThreads: number;
  startKernelThread(setup: KernelThreadSetup): Promise<KernelThread>;
  /** True when the runtime may have the blocked convolution, which start-up then checks. */
  readonly mayBlock: boolean;
  readonly Tensor: TensorConstructor;
  createSession(model: Uint8Array, options: InferenceSession.SessionOptions): Promise<InferenceSession>;
}

export type { InferenceSession, RuntimeTensor };

let registered: Backend | undefined;

/** Chooses the runtime for everything compiled from now on; importing striate/node or striate/web does this. */
export function useBackend(backend: Backend): void {
  registered = backend;
}

export function currentBackend(): Backend {
  if (registered === undefined) {
    throw new StriateError(
      "no runtime has been chosen",
      'Import "striate/node" in Node or "striate/web" in a browser first',
    );
  }
  return registered;
}
