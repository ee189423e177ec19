/** Kernels of the event engine, one WebAssembly module; src/runtime/kernels/events.ts is their face in TypeScript. */
export { gather1, gather2, gather4, gather8 } from "./gather";
export { gatherInt8By1, gatherInt8By2, gatherInt8By4, gatherInt8By8 } from "./gather-int8";
export { isBinary } from "./input";
export { scatterLists } from "./lists";
export { maximumRow } from "./maximum";
export { mergeRows } from "./merge";
export { scatter } from "./scatter";
export { quit, run, serve } from "./threads";
