import type { Markup } from "./markup.ts";
import { count, fixed, percentage } from "./numbers.ts";
import { finiteValues, mean, quantile } from "./quantiles.ts";
import type {
  NeuronTrace,
  ReceptiveFieldCentres,
  ReportedMetrics,
  ResponseReport,
  ScoreDistribution,
  ScoreEstimate,
  ScoreKind,
} from "./response-data.ts";
import {
  estimateText,
  intervalText,
  isKnown,
  scoreNames,
  scoreOrder,
  scoreText,
  shareOfCeiling,
} from "./score-words.ts";
import { type Column, htmlTable, textTable } from "./table.ts";

/** The numbers of a response model as tables, for the page and for the terminal. */

interface SubjectRow {
  name: string;
  neurons: number;
  testImages?: number;
  testTrials?: number;
  metrics: ReportedMetrics;
  all: boolean;
}

/** The subjects, and all neurons together where there are several. */
function subjectRows({ subjects, overall }: ResponseReport): SubjectRow[] {
  const rows = subjects.map((subject) => ({ ...subject, all: false }));
  if (rows.length < 2) return rows;
  const neurons = rows.reduce((sum, row) => sum + row.neurons, 0);
  return [...rows, { name: "all neurons", neurons, metrics: overall, all: true }];
}

/** Means with their intervals under them. */
export function estimateColumn<Row>(
  header: string,
  estimate: (row: Row) => ScoreEstimate | undefined,
): Column<Row> {
  return {
    header,
    align: "right",
    cell: (row) => scoreText(estimate(row)?.value),
    detail: (row) => intervalText(estimate(row)),
  };
}

/** A column for each of the scores that any row has; FEVE brings the number of its neurons. */
export function scoreColumns<Row extends { metrics: ReportedMetrics }>(
  rows: readonly Row[],
  kinds: readonly ScoreKind[],
): Column<Row>[] {
  return kinds
    .filter((kind) => rows.some(({ metrics }) => isKnown(metrics[kind])))
    .flatMap((kind): Column<Row>[] => {
      const estimates = estimateColumn<Row>(scoreNames[kind], ({ metrics }) => metrics[kind]);
      if (rows.every(({ metrics }) => metrics[kind]?.neurons === undefined)) return [estimates];
      return [
        estimates,
        {
          header: "neurons",
          unit: `with ${scoreNames[kind]}`,
          align: "right",
          cell: ({ metrics }) => count(metrics[kind]?.neurons),
        },
      ];
    });
}

function ceilingColumns(report: ResponseReport, rows: readonly SubjectRow[]): Column<SubjectRow>[] {
  if (rows.every(({ metrics }) => !isKnown(metrics.ceiling))) return [];
  return [
    estimateColumn(report.ceilingName ?? "ceiling", ({ metrics }) => metrics.ceiling),
    {
      header: "share",
      unit: "% of it",
      align: "right",
      cell: ({ metrics }) => percentage(shareOfCeiling(metrics, report.score), 1),
    },
  ];
}

/** Sizes, the main score and the ceiling, a row a subject. */
export function subjectTable(report: ResponseReport): Markup {
  const rows = subjectRows(report);
  const columns: Column<SubjectRow>[] = [
    { header: "subject", cell: ({ name }) => name },
    { header: "neurons", align: "right", cell: ({ neurons }) => count(neurons) },
    { header: "images", unit: "test", align: "right", cell: ({ testImages }) => count(testImages) },
    { header: "trials", unit: "test", align: "right", cell: ({ testTrials }) => count(testTrials) },
    estimateColumn(scoreNames[report.score], ({ metrics }) => metrics[report.score]),
    ...ceilingColumns(report, rows),
  ];
  return htmlTable(rows, columns, { emphasis: ({ all }) => all });
}

/** The other scores, a row a subject; undefined where there are none. */
export function otherScoresTable(report: ResponseReport): Markup | undefined {
  const rows = subjectRows(report);
  const columns = scoreColumns(
    rows,
    scoreOrder.filter((kind) => kind !== report.score),
  );
  if (columns.length === 0) return undefined;
  const subject: Column<SubjectRow> = { header: "subject", cell: ({ name }) => name };
  return htmlTable(rows, [subject, ...columns], { emphasis: ({ all }) => all });
}

/** The main score by subject and, below, the others: for a terminal. */
export function responseTextTable(report: ResponseReport): string {
  const rows = subjectRows(report);
  const kinds = scoreOrder.filter((kind) => rows.some(({ metrics }) => isKnown(metrics[kind])));
  const subject: Column<SubjectRow> = { header: "subject", cell: ({ name }) => name };
  const estimates = (kind: ScoreKind): Column<SubjectRow> => ({
    header: scoreNames[kind],
    align: "right",
    cell: ({ metrics }) => estimateText(metrics[kind]),
  });
  const neurons: Column<SubjectRow> = {
    header: "neurons",
    align: "right",
    cell: (row) => count(row.neurons),
  };
  const ceiling = ceilingColumns(report, rows);
  const others = kinds.filter((kind) => kind !== report.score).map(estimates);
  const tables = [[subject, neurons, estimates(report.score), ...ceiling]];
  if (others.length > 0) tables.push([subject, ...others]);
  return tables.map((columns) => textTable(rows, columns, { wrapHeaders: true })).join("\n\n");
}

export function traceTable(neurons: readonly NeuronTrace[], score: ScoreKind): Markup {
  const columns: Column<NeuronTrace>[] = [
    { header: "neuron", cell: ({ name }) => name },
    { header: "chosen as", cell: ({ role }) => role },
    { header: scoreNames[score], align: "right", cell: (neuron) => scoreText(neuron.score) },
    {
      header: "mean response",
      align: "right",
      cell: ({ recorded }) => fixed(mean(finiteValues(recorded)), 3),
    },
    {
      header: "mean prediction",
      align: "right",
      cell: ({ predicted }) => fixed(mean(finiteValues(predicted)), 3),
    },
  ];
  return htmlTable(neurons, columns, { compact: true });
}

const fractions = [0.05, 0.25, 0.5, 0.75, 0.95];

export function distributionTable({ models, ceiling, score }: ScoreDistribution): Markup {
  const rows = [...models, ...(ceiling === undefined ? [] : [ceiling])].map(({ name, scores }) => ({
    name,
    values: finiteValues(scores),
  }));
  const columns: Column<(typeof rows)[number]>[] = [
    { header: "", cell: ({ name }) => name },
    { header: "neurons", align: "right", cell: ({ values }) => count(values.length) },
    { header: "mean", align: "right", cell: ({ values }) => scoreText(mean(values)) },
    ...fractions.map(
      (fraction): Column<(typeof rows)[number]> => ({
        header: fraction === 0.5 ? "median" : `${fraction * 100} %`,
        align: "right",
        cell: ({ values }) => scoreText(quantile(values, fraction)),
      }),
    ),
  ];
  const caption = `${scoreNames[score]} of the neurons: mean, and what so many of a hundred do not exceed.`;
  return htmlTable(rows, columns, { caption, compact: true });
}

export function centreTable(subjects: readonly ReceptiveFieldCentres[]): Markup {
  const between = (values: ArrayLike<number>) => {
    const finite = finiteValues(values);
    return `${fixed(quantile(finite, 0.05), 2)} to ${fixed(quantile(finite, 0.95), 2)}`;
  };
  const columns: Column<ReceptiveFieldCentres>[] = [
    { header: "subject", cell: ({ subject }) => subject },
    { header: "median x", align: "right", cell: ({ x }) => fixed(quantile(finiteValues(x), 0.5), 2) },
    { header: "x of 90 %", align: "right", cell: ({ x }) => between(x) },
    { header: "median y", align: "right", cell: ({ y }) => fixed(quantile(finiteValues(y), 0.5), 2) },
    { header: "y of 90 %", align: "right", cell: ({ y }) => between(y) },
  ];
  const caption = "From −1 at the left and top edges to 1 at the right and bottom edges.";
  return htmlTable(subjects, columns, { caption, compact: true });
}
