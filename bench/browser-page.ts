import { currentBackend } from "../src/web.ts";
import { Runs } from "./browser-runs.ts";

declare global {
  interface Window {
    /** What bench/browser.ts calls in the page. */
    runs: Runs;
    threads: number;
  }
}

window.threads = currentBackend().defaultThreads;
window.runs = new Runs(window.threads);
