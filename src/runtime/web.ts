import * as ort from "onnxruntime-web/wasm";
import { useBackend } from "./backend.ts";

const threads = globalThis.crossOriginIsolated ? Math.min(4, navigator.hardwareConcurrency ?? 1) : 1;
ort.env.wasm.numThreads = threads;

useBackend({
  name: "onnxruntime-web",
  defaultThreads: threads,
  mayBlock: false,
  Tensor: ort.Tensor,
  createSession: (model, options) => ort.InferenceSession.create(model, { ...options, executionProviders: ["wasm"] }),
});

/** Where the page serves the .wasm and .mjs files of onnxruntime-web from; call before anything is compiled. */
export function setRuntimeFiles(base: string): void {
  ort.env.wasm.wasmPaths = base;
}

export * from "./index.ts";
