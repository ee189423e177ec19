import { attentionRolloutFigure } from "./figures/attention-rollout.ts";
import { receptiveFieldCentres } from "./figures/receptive-field-centres.ts";
import { responseTraces } from "./figures/response-traces.ts";
import { scoreDistribution } from "./figures/score-distribution.ts";
import { type TrainingHistory, trainingCurve } from "./figures/training-curve.ts";
import { count } from "./numbers.ts";
import { facts, figureBlock, list, note, paragraph, type Section, scroll } from "./page.ts";
import { finiteValues } from "./quantiles.ts";
import type { ReportedMetrics, ResponseReport } from "./response-data.ts";
import {
  centreTable,
  distributionTable,
  otherScoresTable,
  subjectTable,
  traceTable,
} from "./response-tables.ts";
import { scoreMeanings } from "./response-words.ts";
import { intervalsText, isKnown, scoreOrder } from "./score-words.ts";

/** The sections of the report on a response model, each undefined without data. */

export function scoreSection(report: ResponseReport): Section | undefined {
  if (report.subjects.length === 0) return undefined;
  const others = otherScoresTable(report);
  return {
    title: "Scores by subject",
    content: [
      scroll(subjectTable(report)),
      ...(others === undefined ? [] : [scroll(others)]),
      note(`Means over neurons; brackets are ${intervalsText(report.confidence)}.`),
      list(meanings([report.overall, ...report.subjects.map(({ metrics }) => metrics)])),
    ],
  };
}

/** What the scores mean that any of the metrics has. */
export function meanings(metrics: readonly ReportedMetrics[]): string[] {
  return scoreOrder
    .filter((kind) => metrics.some((own) => isKnown(own[kind])))
    .map((kind) => scoreMeanings[kind]);
}

export function traceSection(
  { neuronTraces = [], score, responseUnit }: ResponseReport,
  document: Document,
): Section | undefined {
  if (neuronTraces.length === 0) return undefined;
  const caption =
    "How to read it: a panel is a neuron, a dot an image of the test tier. Images stand in the order of the model’s prediction, which is therefore the rising line; for a perfect model of a neuron without noise every dot would lie on it. Bars, where an image was repeated, reach one standard error of the mean up and down.";
  return {
    title: "Predicted and recorded",
    content: [
      figureBlock(
        (options) => responseTraces({ neurons: neuronTraces, score, unit: responseUnit }, options),
        document,
        caption,
        traceTable(neuronTraces, score),
      ),
    ],
  };
}

export function distributionSection(
  { distribution }: ResponseReport,
  document: Document,
): Section | undefined {
  if (distribution === undefined) return undefined;
  const { models, ceiling } = distribution;
  if (models.every(({ scores }) => finiteValues(scores).length === 0)) return undefined;
  const scatter =
    ceiling === undefined
      ? ""
      : ` In the second panel a dot is a neuron, its ${ceiling.name} to the right and its score upward: on the dashed line nothing is left to explain, and a dot above it is luck, since both are estimates.`;
  const caption = `How to read it: each histogram counts neurons by their score, as high as its own fullest bin, with the median as a line.${scatter}`;
  return {
    title: ceiling === undefined ? "Scores of the neurons" : "Scores and their ceiling",
    content: [
      figureBlock(
        (options) => scoreDistribution(distribution, options),
        document,
        caption,
        distributionTable(distribution),
      ),
    ],
  };
}

export function centreSection(
  { receptiveFields = [], score }: ResponseReport,
  document: Document,
): Section | undefined {
  if (receptiveFields.length === 0) return undefined;
  const caption =
    "How to read it: a dot is a neuron, at the place of the image where its readout takes the core’s features, coloured by its score. The model learned these places from the responses. The stimulus behind them is an example.";
  return {
    title: "Where the neurons look",
    content: [
      figureBlock(
        (options) => receptiveFieldCentres({ subjects: receptiveFields, score }, options),
        document,
        caption,
        centreTable(receptiveFields),
      ),
    ],
  };
}

export function rolloutSection({ rollouts = [] }: ResponseReport, document: Document): Section | undefined {
  if (rollouts.length === 0) return undefined;
  const caption =
    "How to read it: the stimulus as the model saw it and, darkened, the same with the attention of all blocks and heads over it, followed through the blocks (attention rollout, Abnar & Zuidema 2020). 1× is what every patch would have if all had the same. It tells where the core gathers what it passes on, not what a neuron prefers.";
  return {
    title: "Where the core attends",
    content: [figureBlock((options) => attentionRolloutFigure(rollouts, options), document, caption)],
  };
}

export function responseTrainingSection(
  training: TrainingHistory | undefined,
  document: Document,
): Section | undefined {
  if (training === undefined || training.phases.every(({ points }) => points.length === 0)) return undefined;
  const caption =
    "How to read it: training runs from left to right. The loss should fall, and the correlation on images that were not trained on rise until it levels off; the weights with the highest were kept.";
  return {
    title: "Training",
    content: [figureBlock((options) => trainingCurve(training, options), document, caption)],
  };
}

/** Model, data, settings, and trained values by part. */
export function makingSection(
  model: string,
  data: string,
  configuration: readonly (readonly [name: string, value: string])[],
  parameters: { readonly [part: string]: number },
): Section {
  const parts = Object.entries(parameters);
  const total = parts.reduce((sum, [, values]) => sum + values, 0);
  const entries: [string, string][] = parts.map(([part, values]) => [`parameters, ${part}`, count(values)]);
  if (parts.length > 1) entries.push(["parameters, total", count(total)]);
  return {
    title: "How it was made",
    content: [paragraph(`The model is ${model}, the data ${data}.`), facts([...configuration, ...entries])],
  };
}
