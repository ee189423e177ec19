import { StriateError } from "../../error.ts";
import { count, plural } from "../numbers.ts";
import { finiteValues, median } from "../quantiles.ts";
import type { NeuronScores, ScoreDistribution } from "../response-data.ts";
import { scoreNames, scoreText } from "../score-words.ts";
import { ceilingScatter, mostDots } from "./ceiling-scatter.ts";
import { type FigureOptions, frameFigure, type Panel } from "./frame.ts";
import { type HistogramRow, histogramRows, scoreBins } from "./histogram-rows.ts";
import { shortenText } from "./text.ts";

/**
 * How the scores of the neurons are distributed: a histogram for each model and one of the ceiling, and, where there
 * is a ceiling, each neuron's score against its own.
 */
export function scoreDistribution(data: ScoreDistribution, options: FigureOptions): string {
  const { document } = options;
  const name = scoreNames[data.score];
  const scored = [...data.models, ...(data.ceiling === undefined ? [] : [data.ceiling])];
  const rows = scored
    .map((own): HistogramRow => ({ name: own.name, values: finiteValues(own.scores), ...style(own, data) }))
    .filter(({ values }) => values.length > 0);
  const bins = scoreBins(rows.flatMap(({ values }) => values));
  const pairs = scorePairs(data);
  const panels: Panel[] = [];
  if (rows.length > 0) {
    panels.push({
      title: "Neurons by score",
      draw: (width) => histogramRows(rows, bins, name, width, document),
    });
  }
  if (pairs.length > 0) {
    panels.push({
      title: shortenText(`${data.models.at(-1)!.name} against the ${data.ceiling!.name}`, 280),
      draw: (width) =>
        ceilingScatter(pairs, { low: bins.low, score: name, ceiling: data.ceiling!.name }, width, document),
    });
  }
  return frameFigure(
    {
      label: `${name} of the neurons. ${rows.map((row) => `${row.name}: median ${scoreText(median(row.values))} of ${plural(row.values.length, "neuron")}`).join("; ")}.`,
      legend:
        pairs.length > 0
          ? [
              {
                label: `a score as high as the ${data.ceiling!.name}`,
                colour: "var(--muted)",
                line: true,
                dash: "5 3",
              },
            ]
          : [],
      panels,
      columns: 2,
      notes: remarks(scored, rows, bins.low, pairs.length),
    },
    options,
  );
}

function style(own: NeuronScores, { models, ceiling }: ScoreDistribution): Pick<HistogramRow, "colour"> {
  if (own === ceiling) return { colour: "var(--float)" };
  return { colour: own === models.at(-1) ? "var(--signed)" : "var(--quantized)" };
}

/** The ceiling and the score of each neuron that has both. */
function scorePairs({ models, ceiling }: ScoreDistribution): { ceiling: number; score: number }[] {
  const main = models.at(-1);
  if (main === undefined || ceiling === undefined) return [];
  if (main.scores.length !== ceiling.scores.length) {
    throw new StriateError(
      `The ${ceiling.name} has ${ceiling.scores.length} values; expected ${main.scores.length}, one for each neuron of ${main.name}`,
    );
  }
  return Array.from(main.scores, (score, i) => ({ score, ceiling: ceiling.scores[i] })).filter(
    (pair) => Number.isFinite(pair.score) && Number.isFinite(pair.ceiling),
  );
}

/** What is not drawn, and why. */
function remarks(
  scored: readonly NeuronScores[],
  rows: readonly HistogramRow[],
  low: number,
  pairs: number,
): string[] {
  const notes = scored.flatMap(({ name, scores }) => {
    const absent = scores.length - finiteValues(scores).length;
    return absent > 0 ? [`${name}: ${plural(absent, "neuron has", "neurons have")} no value.`] : [];
  });
  for (const { name, values } of rows) {
    const below = values.filter((value) => value < low).length;
    if (below > 0)
      notes.push(
        `${name}: ${plural(below, "neuron lies", "neurons lie")} below the axis, which starts at ${scoreText(low)}.`,
      );
  }
  if (pairs > mostDots)
    notes.push(
      `Of ${plural(pairs, "neuron")} with a score and a ceiling, ${count(mostDots)} are drawn as dots.`,
    );
  return notes;
}
