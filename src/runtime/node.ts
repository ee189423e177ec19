import { availableParallelism } from "node:os";
import * as ort from "onnxruntime-node";
import { useBackend } from "./backend.ts";

useBackend({
  name: "onnxruntime-node",
  defaultThreads: availableParallelism(),
  mayBlock: process.arch === "x64",
  Tensor: ort.Tensor,
  createSession: (model, options) => ort.InferenceSession.create(model, options),
});

export * from "./index.ts";
