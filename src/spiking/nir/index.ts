export { type NirExport, nirFromSpikingGraph } from "./export.ts";
export { type NirImportOptions, spikingGraphFromNir } from "./import.ts";
