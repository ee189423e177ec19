import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { setFlagsFromString } from "node:v8";
import { Worker } from "node:worker_threads";
import asc from "assemblyscript/asc";
import { type Contender, local } from "./benchmark.ts";

const source = join(dirname(fileURLToPath(import.meta.url)), "../../bench/assembly/additions.ts");

/** Numbers that are added over and over: 16 KiB of ones, which stay in the nearest cache. */
const count = 4096;
const times = 40_000;

/** Additions of one step, of all threads together. */
export const additionsOf = (threads: number): number => threads * times * count;

/** What each thread runs: it adds when told to. */
const program = `
  const { parentPort, workerData: { module, count, times } } = require("node:worker_threads");
  const memory = new WebAssembly.Memory({ initial: 1 });
  new Float32Array(memory.buffer, 0, count).fill(1);
  const { exports } = new WebAssembly.Instance(module, { env: { memory } });
  parentPort.on("message", () => parentPort.postMessage(exports.additions(0, count, times)));
`;

/** Sums of single-precision numbers, four at a time in WebAssembly, on every thread at once. */
export async function addition(threads: number): Promise<Contender> {
  const module = await compileKernel();
  const workers = Array.from({ length: threads }, () => {
    const worker = new Worker(program, { eval: true, workerData: { module, count, times } });
    worker.unref();
    return worker;
  });
  const step = () =>
    Promise.all(
      workers.map(
        (worker) =>
          new Promise<number>((resolve) => {
            worker.ref();
            worker.once("message", (sum: number) => {
              worker.unref();
              resolve(sum);
            });
            worker.postMessage("add");
          }),
      ),
    );
  return local("WebAssembly", step, step);
}

async function compileKernel(): Promise<WebAssembly.Module> {
  const text = readFileSync(source, "utf8");
  let binary: Uint8Array | undefined;
  const flags = [
    "--runtime",
    "stub",
    "--enable",
    "simd",
    "--importMemory",
    "--noExportMemory",
    "--noAssert",
    "-O3",
  ];
  const { error, stderr } = await asc.main(["additions.ts", "--outFile", "additions.wasm", ...flags], {
    readFile: (name) => (name === "additions.ts" ? text : null),
    writeFile: (_name, contents) => {
      binary = contents as Uint8Array;
    },
    listFiles: () => [],
  });
  if (error || binary === undefined) throw error ?? new Error(stderr.toString());
  // The code of V8's quick compiler adds a tenth as fast, and is replaced only after many calls.
  setFlagsFromString("--no-liftoff");
  setFlagsFromString("--no-wasm-lazy-compilation");
  const module = new WebAssembly.Module(binary as Uint8Array<ArrayBuffer>);
  setFlagsFromString("--wasm-lazy-compilation");
  setFlagsFromString("--liftoff");
  return module;
}
