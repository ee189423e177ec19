import * as ort from "onnxruntime-web/wasm";
import { StriateError } from "../error.ts";
import { type InferenceSession, useBackend } from "./backend.ts";
import { requireRuntimeFile } from "./web-files.ts";

/*
 * What differs from Node:
 * - ONNX Runtime fetches ort-wasm-simd-threaded.mjs and .wasm when the first session is created, and starts its threads
 *   then; env.wasm.wasmPaths and numThreads have no effect later. A failed start is final until the page is loaded anew,
 *   so the files are looked at before it is tried.
 * - Threads need a cross-origin isolated page (COOP and COEP headers), and the .mjs as a file of its own, since every
 *   thread is a worker that loads it: inside a bundle, each worker would run the page's program once more.
 * - The number of threads is one for the page; a session's intraOpNumThreads is ignored.
 */

/** More threads than this gain little on layers of the size that run in a page. */
const MOST_THREADS = 4;

let base: string | undefined;
let begun = false;

const threads = (): number => {
  const isolated = base !== undefined && globalThis.crossOriginIsolated === true;
  return isolated ? Math.min(MOST_THREADS, navigator.hardwareConcurrency ?? 1) : 1;
};
