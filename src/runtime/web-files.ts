import { StriateError } from "../error.ts";

/** The two files of onnxruntime-web that a page serves, from node_modules/onnxruntime-web/dist. */
export const SCRIPT = "ort-wasm-simd-threaded.mjs";
export const BINARY = "ort-wasm-simd-threaded.wasm";

const ADVICE = `Serve ${SCRIPT} and ${BINARY} from node_modules/onnxruntime-web/dist, and give their folder to setRuntimeFiles`;

/**
 * Checks that the runtime's script can be imported.
 *
 * @returns whether workers of a cross-origin isolated page may load it
 * @throws StriateError saying what the server answered instead
 */
export async function checkScript(url: string): Promise<boolean> {
  const { response, fault } = await request(url);
  if (fault !== undefined) throw startError(fault);
  await response.arrayBuffer();
  const type = response.headers.get("content-type") ?? "nothing";
  if (!/\b(java|ecma)script\b/.test(type)) {
    throw startError(`the server sent ${url} as ${type}, expected text/javascript`);
  }
  // a script from elsewhere is loaded through a blob, which takes over the page's own policy
  const elsewhere = new URL(url).origin !== globalThis.location?.origin;
  return (
    elsewhere ||
    /require-corp|credentialless/.test(response.headers.get("cross-origin-embedder-policy") ?? "")
  );
}

/** The error for a runtime that failed to start, with what is wrong with its binary if that can be told. */
export async function explainFailedStart(reason: string, binary: string | undefined): Promise<StriateError> {
  const fault = binary === undefined ? undefined : await faultOfBinary(binary);
  return startError(fault ?? reason, "; then load the page anew");
}

function startError(reason: string, andThen = ""): StriateError {
  return new StriateError(`onnxruntime-web could not start: ${reason}`, ADVICE + andThen);
}

async function faultOfBinary(url: string): Promise<string | undefined> {
  const { response, fault } = await request(url);
  if (fault !== undefined) return fault;
  const reader = response.body?.getReader();
  const start = (await reader?.read())?.value ?? new Uint8Array(0);
  await reader?.cancel();
  if ([0, 0x61, 0x73, 0x6d].every((byte, i) => start[i] === byte)) return undefined;
  const type = response.headers.get("content-type") ?? "nothing";
  return `what the server sent for ${url}, as ${type}, is not WebAssembly`;
}

type Answer =
  | { readonly response: Response; readonly fault?: undefined }
  | { readonly response?: undefined; readonly fault: string };

async function request(url: string): Promise<Answer> {
  try {
    const response = await fetch(url);
    if (response.ok) return { response };
    await response.body?.cancel();
    return { fault: `the server answered ${response.status} for ${url}` };
  } catch (error) {
    return { fault: `${url} could not be fetched (${(error as Error).message})` };
  }
}
