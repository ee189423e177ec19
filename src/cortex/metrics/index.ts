export {
  type BootstrapOptions,
  bootstrapDifference,
  bootstrapMean,
  bootstrapMeans,
  bootstrapRatio,
  type Estimate,
} from "./bootstrap.ts";
export { correlations, meanCorrelation } from "./correlation.ts";
export { correlationToAverage } from "./correlation-to-average.ts";
export { type ExplainableVariance, explainableVariance, explainedVariance, FEV_THRESHOLD } from "./fev.ts";
export { normalizedCorrelation } from "./normalized-correlation.ts";
export { oracleCorrelation } from "./oracle.ts";
export { splitHalfReliability } from "./reliability.ts";
export {
  type Ceiling,
  type ConditionalScore,
  type ConditionalScores,
  type NeuronScores,
  type ResponseScores,
  type ScoreOptions,
  scoreResponses,
} from "./score.ts";
export { checkPredictions, hasRepeats, type ResponseTrials, tierTrials } from "./trials.ts";
