export { adaptationReport, adaptationTextTable } from "./adaptation.ts";
export type {
  AdaptationArm,
  AdaptationMethod,
  AdaptationReport,
  AdaptationSetting,
  PathModulation,
} from "./adaptation-data.ts";
export { anytimeTextTable } from "./anytime.ts";
export type { AnytimeReport, AnytimeReportPoint } from "./anytime-data.ts";
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
export { quickstartText, renderQuickstart } from "./quickstart.ts";
export type {
  AdaptedSummary,
  CortexReports,
  CortexSummary,
  EnergyAccount,
  Interval,
  Provenance,
  QuickstartReport,
  QuickstartSummary,
  SpikingSummary,
} from "./quickstart-data.ts";
export { responseReport, responseTextTable } from "./response.ts";
export type {
  AttentionRollout,
  GreyStimulus,
  NeuronScores,
  NeuronTrace,
  ReceptiveFieldCentres,
  ReportedMetrics,
  ReportedSubject,
  ResponseReport,
  ScoreDistribution,
  ScoreEstimate,
  ScoreKind,
} from "./response-data.ts";
export { type Column, htmlTable, type TableOptions, textTable } from "./table.ts";
export { type Metric, metricTextTable, type RunReport, renderRun } from "./train.ts";
