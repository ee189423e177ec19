import { readFile } from "node:fs/promises";
import { createServer, type Server } from "node:http";
import { createRequire } from "node:module";
import type { AddressInfo } from "node:net";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { rolldown } from "rolldown";

const runtimeFiles = dirname(
  createRequire(import.meta.url).resolve("onnxruntime-web/ort-wasm-simd-threaded.wasm"),
);

/** The page's program and everything that it imports, as one ES module. */
export async function bundlePage(): Promise<string> {
  const bundle = await rolldown({
    input: fileURLToPath(new URL("page.ts", import.meta.url)),
    platform: "browser",
  });
  const { output } = await bundle.generate({ format: "esm", codeSplitting: false });
  await bundle.close();
  return output[0].code;
}

const isolation = {
  "cross-origin-opener-policy": "same-origin",
  "cross-origin-embedder-policy": "require-corp",
};
const html = "text/html; charset=utf-8";
const javascript = "text/javascript; charset=utf-8";

interface Answer {
  readonly type: string;
  readonly body: string | Uint8Array;
  readonly headers?: Readonly<Record<string, string>>;
}

/**
 * Serves, on a free port of this machine, pages that run `program`:
 *
 * - /threads/ with the headers of cross-origin isolation, /plain/ without, each with the bundle and the runtime's .wasm
 *   beside it, where bundlers put it;
 * - /runtime/, the runtime's files; /runtime-without-headers/, the same without the headers of isolation;
 *   /script-only/, where the .wasm is missing; /web-pages/, where every answer is a web page.
 */
export async function servePages(program: string): Promise<{ origin: string; close: () => void }> {
  const server = createServer(async (request, response) => {
    const { pathname } = new URL(request.url!, "http://localhost");
    const answer = await answerTo(pathname, program).catch(() => undefined);
    const { type, body, headers } = answer ?? { type: "text/plain", body: "not found" };
    response.writeHead(answer ? 200 : 404, { "content-type": type, ...headers }).end(body);
  });
  await new Promise<void>((resolve) => server.listen(0, "localhost", resolve));
  return { origin: `http://localhost:${portOf(server)}`, close: () => server.close() };
}

async function answerTo(pathname: string, program: string): Promise<Answer | undefined> {
  const [, folder, file] = pathname.split("/");
  switch (folder) {
    case "threads":
      return pageFile(file!, program, isolation);
    case "plain":
      return pageFile(file!, program, {});
    case "runtime":
      return runtimeFile(file!, isolation);
    case "runtime-without-headers":
      return runtimeFile(file!, {});
    case "script-only":
      return file!.endsWith(".mjs") ? runtimeFile(file!, isolation) : undefined;
    case "web-pages":
      return { type: html, body: "<!doctype html><title>Start</title>", headers: isolation };
    default:
      return undefined;
  }
}

async function pageFile(file: string, program: string, headers: Record<string, string>): Promise<Answer> {
  if (file === "page.js") return { type: javascript, body: program, headers };
  if (file === "") {
    const body =
      '<!doctype html><title>Striate</title><link rel="icon" href="data:,"><script type="module" src="page.js"></script>';
    return { type: html, body, headers };
  }
  return runtimeFile(file, headers);
}

async function runtimeFile(file: string, headers: Record<string, string>): Promise<Answer> {
  const type = file.endsWith(".mjs") ? javascript : "application/wasm";
  return { type, body: await readFile(join(runtimeFiles, file)), headers };
}

const portOf = (server: Server): number => (server.address() as AddressInfo).port;
