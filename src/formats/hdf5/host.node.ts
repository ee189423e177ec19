import { Worker } from "node:worker_threads";
import { useHdf5Worker } from "./host.ts";

// Node 20 runs no TypeScript: the tests, which run the sources, use the worker that was built last
const isSource = import.meta.url.endsWith(".ts");
const program = isSource ? "../../../dist/src/formats/hdf5/worker.node.js" : "./worker.node.js";

useHdf5Worker((heard, failed) => {
  const worker = new Worker(new URL(program, import.meta.url), { execArgv: [] });
  worker.on("message", heard);
  worker.on("error", ({ message }) => failed(message));
  worker.on("exit", () => failed("it ended"));
  return worker;
});
