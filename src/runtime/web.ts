import * as ort from "onnxruntime-web/wasm";
import { StriateError } from "../error.ts";
import { type InferenceSession, useBackend } from "./backend.ts";
import { log } from "./lowering.ts";
import { startKernelThread } from "./threads.web.ts";
import { BINARY, checkScript, explainFailedStart, SCRIPT } from "./web-files.ts";

/*
 * How onnxruntime-web differs from the native runtime:
 * - It fetches its .mjs and .wasm (env.wasm.wasmPaths) and starts its threads (env.wasm.numThreads) when the first
 *   session is created. Later changes of either do nothing, and a session's own number of threads is ignored. A start
 *   that fails is final until the page is loaded anew, so what can be checked is checked before.
 * - Threads need a cross-origin isolated page, and the .mjs as a file of its own: each thread is a worker that loads
 *   the script which the runtime is in. From a page's bundle, every worker would run the page's program once more, and
 *   the start would never end. Nor does it when the .mjs comes without the header that isolation asks for.
 * - Arrays given for outputs are left as they were.
 */

/** What onnxruntime-web takes at most when it is left to choose. */
const MOST_THREADS = 4;

type Values = InferenceSession.OnnxValueMapType;
type Fetches = InferenceSession.FetchesType;
type RunOptions = InferenceSession.RunOptions;

let folder: string | undefined;
let prepared: Promise<void> | undefined;
let threads = 1;

/**
 * Says where the page serves ort-wasm-simd-threaded.mjs and ort-wasm-simd-threaded.wasm from, two files of
 * node_modules/onnxruntime-web/dist. Call it before anything is compiled.
 *
 * With it, the runtime uses up to four threads on a cross-origin isolated page, one whose own answer and that of the
 * .mjs have the headers `Cross-Origin-Opener-Policy: same-origin` and `Cross-Origin-Embedder-Policy: require-corp`.
 * Without it, the runtime uses one thread and looks for its .wasm where a bundler has put it.
 *
 * @param address of the folder, absolute or relative to the page's
 * @throws StriateError when the runtime has started already
 */
export function setRuntimeFiles(address: string | URL): void {
  if (prepared !== undefined) {
    throw new StriateError(
      "setRuntimeFiles was called after the runtime had started",
      "Call it before the first compile",
    );
  }
  const { href } = new URL(address, globalThis.document?.baseURI ?? globalThis.location?.href);
  folder = href.endsWith("/") ? href : `${href}/`;
  threads = globalThis.crossOriginIsolated ? Math.min(MOST_THREADS, navigator.hardwareConcurrency ?? 1) : 1;
}

/** Settles where the runtime's files are and how many threads it starts. */
async function prepare(): Promise<void> {
  if (folder !== undefined) {
    const mayHaveThreads = await checkScript(folder + SCRIPT);
    if (threads > 1 && !mayHaveThreads) {
      threads = 1;
      log.warn(
        `striate: one thread only, since ${folder + SCRIPT} comes without Cross-Origin-Embedder-Policy: require-corp`,
      );
    }
    ort.env.wasm.wasmPaths = folder;
  }
  ort.env.wasm.numThreads = threads;
}

async function createSession(
  model: Uint8Array,
  options: InferenceSession.SessionOptions,
): Promise<InferenceSession> {
  prepared ??= prepare().catch((error) => {
    prepared = undefined;
    throw error;
  });
  await prepared;
  try {
    return fillingOutputs(
      await ort.InferenceSession.create(model, { ...options, executionProviders: ["wasm"] }),
    );
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    const [, reason] = /^no available backend found\. ERR: (?:\[wasm\] )?(.*)/s.exec(message) ?? [];
    throw reason === undefined ? error : await explainFailedStart(reason, folder && folder + BINARY);
  }
}

/** Makes run() write the arrays that are given for outputs, as the native runtime does. */
function fillingOutputs(session: InferenceSession): InferenceSession {
  const run = session.run.bind(session);
  session.run = async (
    feeds: Values,
    fetches: Fetches | RunOptions = {},
    options?: RunOptions,
  ): Promise<Values> => {
    const given = Object.entries(fetches).filter(([, tensor]) => tensor instanceof ort.Tensor);
    if (given.length === 0) return run(feeds, fetches as Fetches, options);
    const results: Record<string, ort.OnnxValue> = { ...(await run(feeds, Object.keys(fetches), options)) };
    for (const [name, tensor] of given) {
      (tensor.data as Float32Array).set((results[name] as ort.Tensor).data as Float32Array);
      results[name] = tensor;
    }
    return results;
  };
  return session;
}

useBackend({
  name: "onnxruntime-web",
  get defaultThreads() {
    return threads;
  },
  kernelThreads: globalThis.crossOriginIsolated
    ? Math.min(MOST_THREADS, globalThis.navigator?.hardwareConcurrency ?? 1)
    : 1,
  startKernelThread,
  mayBlock: false,
  Tensor: ort.Tensor,
  createSession,
});

export * from "./index.ts";
