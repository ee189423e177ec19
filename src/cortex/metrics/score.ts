import { StriateError } from "../../error.ts";
import type { Recording, Tier } from "../../formats/recording.ts";
import { type BootstrapOptions, bootstrapMeans, bootstrapRatio, type Estimate } from "./bootstrap.ts";
import { correlations } from "./correlation.ts";
import { correlationToAverage } from "./correlation-to-average.ts";
import { explainableVariance, explainedVariance, FEV_THRESHOLD } from "./fev.ts";
import { normalizedCorrelation as normalizedCorrelationOf } from "./normalized-correlation.ts";
import { oracleCorrelation } from "./oracle.ts";
import { checkPredictions, hasRepeats, type ResponseTrials, rowsOf, tierTrials } from "./trials.ts";

/** A metric of every neuron, and its mean with a bootstrap interval over neurons. */
export interface NeuronScores {
  /** In the order of the recording; NaN where the metric is not defined, and then not part of the mean. */
  readonly perNeuron: Float64Array;
  readonly mean: Estimate;
}

/** A ceiling, and how far the model's single-trial correlation comes. */
export interface Ceiling extends NeuronScores {
  /** Mean single-trial correlation of the model over the mean ceiling, of neurons with a ceiling above 0. */
  readonly share: Estimate;
}

/** Metrics that not every recording allows. */
export interface ConditionalScores {
  /** Responses and predictions averaged over repeats. */
  readonly toAverage: NeuronScores;
  /** Fraction of explainable variance: of the recording alone, whatever the model. */
  readonly fev: NeuronScores;
  /** Fraction of explainable variance explained, of neurons with FEV ≥ 0.15: `mean.neurons` of them. */
  readonly feve: NeuronScores;
  /** Each trial against the mean of the other repeats: of the recording alone. */
  readonly oracle: NeuronScores;
  /** Correlation over its ceiling (Schoppe et al. 2016), of the same neurons as FEVE. */
  readonly normalizedCorrelation: NeuronScores;
  /** The correlation that the noise-free responses of a synthetic recording have with its responses. */
  readonly ceiling: Ceiling;
}

export type ConditionalScore = keyof ConditionalScores;

/** How well predictions of one tier of a recording agree with its responses. */
export interface ResponseScores extends Partial<ConditionalScores> {
  readonly recording: string;
  readonly subject: string;
  readonly tier: Tier;
  readonly trials: number;
  readonly images: number;
  /** Trials of the image that was shown least and of the one shown most often. */
  readonly repeats: readonly [least: number, most: number];
  /** Correlation over all trials. A neuron that never changes, or was not recorded, scores 0. */
  readonly singleTrial: NeuronScores;
  /** Why each metric that is not here is not. */
  readonly absent: Readonly<Partial<Record<ConditionalScore, string>>>;
}

export interface ScoreOptions extends BootstrapOptions {
  readonly recording: Recording;
  /** "test" when absent. */
  readonly tier?: Tier;
  /** (trials of the tier, neurons), row-major, in the order of the recording. */
  readonly predictions: Float32Array;
  /** Metrics that must be there: an error where the recording does not allow one. */
  readonly required?: readonly ConditionalScore[];
}

/**
 * Scores predictions with every metric that the recording allows. Without repeats only the single-trial correlation
 * is there; the correlation to average would be the same number, and is left out.
 *
 * @throws StriateError when the tier is empty, predictions do not fit or are not finite, or a required metric is absent
 */
export function scoreResponses(options: ScoreOptions): ResponseScores {
  const { recording, tier = "test", predictions, required = [] } = options;
  const trials = tierTrials(recording, tier);
  checkPredictions(predictions, trials);
  const singleTrial = correlations(predictions, trials.responses, trials.trials, trials.neurons);
  const conditional = conditionalMetrics(trials, predictions);
  const synthetic = syntheticCeiling(recording, trials);
  const perNeuron = { singleTrial, ...conditional.perNeuron, ...synthetic.perNeuron };
  const absent = { ...conditional.absent, ...synthetic.absent };
  requirePresent(required, absent, trials.name);
  const means = bootstrapMeans(Object.values(perNeuron), options);
  const { ceiling, ...scores } = Object.fromEntries(
    Object.entries(perNeuron).map(([name, values], i) => [name, { perNeuron: values, mean: means[i]! }]),
  ) as { readonly singleTrial: NeuronScores } & Partial<Record<ConditionalScore, NeuronScores>>;
  const counts = trials.repeats.map((rows) => rows.length);
  return {
    recording: recording.name,
    subject: recording.subject,
    tier,
    trials: trials.trials,
    images: trials.repeats.length,
    repeats: [Math.min(...counts), Math.max(...counts)],
    ...scores,
    ...(ceiling && {
      ceiling: { ...ceiling, share: bootstrapRatio(singleTrial, ceiling.perNeuron, options) },
    }),
    absent,
  };
}

/** What a recording allows: values of each neuron, or the reason why not. */
interface Conditional {
  readonly perNeuron: Partial<Record<ConditionalScore, Float64Array>>;
  readonly absent: Partial<Record<ConditionalScore, string>>;
}

function conditionalMetrics(trials: ResponseTrials, predictions: Float32Array): Conditional {
  if (!hasRepeats(trials)) {
    const reason = "no image was shown twice";
    const names = ["toAverage", "fev", "feve", "oracle", "normalizedCorrelation"] as const;
    return { perNeuron: {}, absent: Object.fromEntries(names.map((name) => [name, reason])) };
  }
  const explainable = explainableVariance(trials);
  const { fev } = explainable;
  const always = {
    toAverage: correlationToAverage(trials, predictions),
    fev,
    oracle: oracleCorrelation(trials),
  };
  if (!fev.some((value) => value >= FEV_THRESHOLD)) {
    const reason = `no neuron has an FEV of at least ${FEV_THRESHOLD}`;
    return { perNeuron: always, absent: { feve: reason, normalizedCorrelation: reason } };
  }
  const feve = explainedVariance(trials, predictions, explainable);
  const normalizedCorrelation = normalizedCorrelationOf(trials, predictions).map((value, neuron) =>
    fev[neuron]! >= FEV_THRESHOLD ? value : Number.NaN,
  );
  if (normalizedCorrelation.every(Number.isNaN)) {
    const reason = "averages over repeats differ no more than noise makes them";
    return { perNeuron: { ...always, feve }, absent: { normalizedCorrelation: reason } };
  }
  return { perNeuron: { ...always, feve, normalizedCorrelation }, absent: {} };
}

function syntheticCeiling(
  { expected }: Recording,
  { places, responses, trials, neurons }: ResponseTrials,
): Conditional {
  if (!expected)
    return {
      perNeuron: {},
      absent: { ceiling: "only a synthetic recording knows its noise-free responses" },
    };
  const ceiling = correlations(rowsOf(expected, places, neurons), responses, trials, neurons);
  if (!ceiling.some((correlation) => correlation > 0))
    return { perNeuron: {}, absent: { ceiling: "no response correlates with its noise-free mean" } };
  return { perNeuron: { ceiling }, absent: {} };
}

function requirePresent(
  required: readonly ConditionalScore[],
  absent: Conditional["absent"],
  name: string,
): void {
  for (const metric of required) {
    const reason = absent[metric];
    if (reason !== undefined)
      throw new StriateError(
        `${name}: ${metric} was asked for, but ${reason}`,
        metric === "ceiling"
          ? "Ask for the oracle, which recordings with repeats have"
          : "Import the recording with --repeats, the responses to each presentation, or do not ask for it",
      );
  }
}
