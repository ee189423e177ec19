import { currentBackend, setRuntimeFiles } from "../../src/web.ts";
import { events, randomBits, spiking, training } from "./computations.ts";

const striate = {
  spiking: () => spiking("portable"),
  training: () => training("portable"),
  events,
  randomBits,
  setRuntimeFiles,
  describe: () => ({
    backend: currentBackend().name,
    threads: currentBackend().defaultThreads,
    kernelThreads: currentBackend().kernelThreads,
    isolated: crossOriginIsolated,
    cores: navigator.hardwareConcurrency,
  }),
};

declare global {
  interface Window {
    /** What the tests call in the page. */
    striate: typeof striate;
  }
}

const files = new URLSearchParams(location.search).get("files");
if (files !== null) setRuntimeFiles(files);
window.striate = striate;
