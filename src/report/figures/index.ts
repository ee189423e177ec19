export { type AccuracyByStepsData, type AccuracySeries, accuracyBySteps } from "./accuracy-by-steps.ts";
export { type AdaptationArmsData, type ArmScore, adaptationArms } from "./adaptation-arms.ts";
export { type AdaptationCurveData, adaptationCurve } from "./adaptation-curve.ts";
export { anytimeCurve } from "./anytime-curve.ts";
export { attentionRolloutFigure } from "./attention-rollout.ts";
export { type ConversionAccuracyData, conversionAccuracy } from "./conversion-accuracy.ts";
export { conversionCosts } from "./conversion-costs.ts";
export { conversionError } from "./conversion-error.ts";
export { conversionRates } from "./conversion-rates.ts";
export type { GreyImage } from "./digit.ts";
export { type EnergyAndSpikesData, energyAndSpikes, type SpikingCost } from "./energy-and-spikes.ts";
export { type EventPictureData, eventPicturePng, eventPictureSvg } from "./event-picture.ts";
export { type FiringRateSeries, firingRates } from "./firing-rates.ts";
export type { FigureOptions } from "./frame.ts";
export { type GraphFigureOptions, type GraphNode, type GraphRole, graphFigure } from "./graph.ts";
export { modulationFigure } from "./modulation.ts";
export { type RasterData, raster } from "./raster.ts";
export type { RasterLayer, Spike } from "./raster-blocks.ts";
export { type ReceptiveFieldCentresData, receptiveFieldCentres } from "./receptive-field-centres.ts";
export { type ResponseTracesData, responseTraces } from "./response-traces.ts";
export { type ScalingData, type ScalingSeries, scaling } from "./scaling.ts";
export { scoreDistribution } from "./score-distribution.ts";
export { type SequentialErrorSeries, sequentialError } from "./sequential-error.ts";
export { type SpikeRasterData, spikeRaster } from "./spike-raster.ts";
export {
  type TrainingHistory,
  type TrainingPhase,
  type TrainingPoint,
  trainingCurve,
} from "./training-curve.ts";
