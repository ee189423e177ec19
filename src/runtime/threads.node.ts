import { once } from "node:events";
import { Worker } from "node:worker_threads";
import { type KernelThread, type KernelThreadSetup, serveKernels } from "./threads.ts";

const program = `
  const { parentPort, workerData: setup } = require("node:worker_threads");
  ${serveKernels('parentPort.postMessage("ready")')}
`;

/** Starts a thread of kernels, which does not keep the process alive. */
export async function startKernelThread(setup: KernelThreadSetup): Promise<KernelThread> {
  const worker = new Worker(program, { eval: true, workerData: setup, execArgv: [] });
  await once(worker, "message");
  worker.unref();
  return { terminate: () => void worker.terminate() };
}
