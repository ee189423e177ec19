import { currentBackend, setRuntimeFiles } from "../src/web.ts";
import { Runs } from "./browser-runs.ts";

declare global {
  interface Window {
    /** What bench/browser.ts calls in the page. */
    runs: Runs;
    threads: number;
  }
}

// The dense runtime has threads only when its script is a file of its own, which the server has under /runtime/.
if (crossOriginIsolated) setRuntimeFiles("/runtime/");
window.threads = currentBackend().kernelThreads;
window.runs = new Runs(window.threads);
