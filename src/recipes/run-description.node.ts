import { createRequire } from "node:module";
import { availableParallelism, cpus } from "node:os";
import type { Provenance } from "../report/index.ts";

/** Versions of what computes the numbers of a run. */
export function versions(): Record<string, string> {
  const require = createRequire(import.meta.url);
  const versionOf = (path: string) => (require(path) as { version: string }).version;
  return {
    striate: STRIATE_VERSION,
    node: process.version.slice(1),
    "onnxruntime-node": versionOf("onnxruntime-node/package.json"),
  };
}

export const STRIATE_VERSION = "0.1.0";

/** The machine in a line. */
export const machine = (): string =>
  `${cpus()[0]?.model.trim() ?? process.arch}, ${availableParallelism()} threads`;

/** The largest memory that the process has had, in megabytes. */
export const peakMemoryMegabytes = (): number => Math.round(process.resourceUsage().maxRSS / 1024);

/** What a report says of how its numbers came to be: this process, with its command line. */
export const provenance = (seed: number): Provenance => ({
  seed,
  command: ["striate", ...process.argv.slice(2)].join(" "),
  versions: versions(),
  machine: machine(),
});
