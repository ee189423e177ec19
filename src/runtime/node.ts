import { availableParallelism } from "node:os";
import * as ort from "onnxruntime-node";
import { useBackend } from "./backend.ts";
import { startKernelThread } from "./threads.node.ts";

useBackend({
  name: "onnxruntime-node",
  defaultThreads: availableParallelism(),
  kernelThreads: availableParallelism(),
  startKernelThread,
  mayBlock: process.arch === "x64",
  Tensor: ort.Tensor,
  createSession: (model, options) => ort.InferenceSession.create(model, options),
});

export * from "./index.ts";
