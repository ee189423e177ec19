export { conversionTextTable, renderConversion } from "./conversion.ts";
export type {
  ConversionReport,
  ConversionVariant,
  ConvertedCost,
  ConvertedLayer,
} from "./conversion-data.ts";
export { figureDocument } from "./document.ts";
export * from "./figures/index.ts";
export { headline, mainNetwork } from "./headline.ts";
export { type ComparedNetworks, networkTextTable } from "./network-table.ts";
export { count, duration, percent, percentage, plural, significant } from "./numbers.ts";
export { type NetworkKind, spikingKind } from "./palette.ts";
export { renderQuickstart } from "./quickstart.ts";
export type {
  EnergyAccount,
  Provenance,
  QuickstartReport,
  QuickstartSummary,
  SpikingSummary,
} from "./quickstart-data.ts";
export { type Column, htmlTable, type TableOptions, textTable } from "./table.ts";
export { type Metric, metricTextTable, type RunReport, renderRun } from "./train.ts";
