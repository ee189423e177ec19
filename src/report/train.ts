import { figureDocument } from "./document.ts";
import type { AccuracySeries } from "./figures/accuracy-by-steps.ts";
import type { FiringRateSeries } from "./figures/firing-rates.ts";
import type { RasterData } from "./figures/raster.ts";
import type { SequentialErrorSeries } from "./figures/sequential-error.ts";
import type { TrainingHistory } from "./figures/training-curve.ts";
import { type ComparedNetworks, networkTable, networkTableNote } from "./network-table.ts";
import { count, duration, percentage, significant } from "./numbers.ts";
import { note, renderPage, type Section, scroll } from "./page.ts";
import type { Provenance } from "./quickstart-data.ts";
import {
  accuracySection,
  energySection,
  firingRateSection,
  present,
  rasterSection,
  reproductionSection,
  sequentialErrorSection,
  trainingSection,
} from "./sections.ts";
import { type Column, htmlTable, textTable } from "./table.ts";

/** A measured number and how it is to be read: a fraction is shown in percent, a count in whole numbers. */
export interface Metric {
  name: string;
  value: number;
  as: "fraction" | "count" | "seconds" | "number";
  /** The unit of a count or a number. */
  unit?: string;
}

/** A report on one `train`, `convert` or `eval` run: plain data, of which everything after `metrics` may be absent. */
export interface RunReport {
  run: "train" | "convert" | "eval";
  /** The recipe, run or model that was worked on. */
  subject: string;
  /** The data it was measured on. */
  data: string;
  provenance: Provenance;
  /** The most important first: it is the headline. */
  metrics: Metric[];
  networks?: ComparedNetworks;
  training?: TrainingHistory;
  accuracyBySteps?: AccuracySeries[];
  sequentialError?: SequentialErrorSeries[];
  firingRates?: FiringRateSeries[];
  raster?: RasterData;
  energyCaveats?: string[];
  seconds?: { total: number; [part: string]: number };
  peakMemoryMB?: number;
}

const done = { train: "Trained", convert: "Converted", eval: "Measured" };

export function metricText({ value, as, unit }: Metric): string {
  if (as === "seconds") return duration(value);
  const text = as === "fraction" ? percentage(value) : as === "count" ? count(value) : significant(value, 4);
  const suffix = as === "fraction" ? "%" : unit;
  return suffix === undefined ? text : `${text}\u00a0${suffix}`;
}

const metricColumns: Column<Metric>[] = [
  { header: "measure", cell: ({ name }) => name },
  { header: "value", align: "right", cell: metricText },
];

/** The run's numbers for a terminal. */
export function metricTextTable(metrics: readonly Metric[]): string {
  return textTable(metrics, metricColumns);
}

/** The report on a run as one self-contained HTML file. */
export function renderRun(report: RunReport): string {
  const { run, subject, data, metrics, networks } = report;
  const document = figureDocument();
  const sections: (Section | undefined)[] = [];
  if (metrics.length > 0) {
    sections.push({
      title: "Results",
      content: [scroll(htmlTable(metrics, metricColumns, { compact: true }))],
    });
  }
  if (networks !== undefined) {
    sections.push({
      title: "The networks compared",
      content: [scroll(networkTable(networks)), note(networkTableNote)],
    });
  }
  const { ann, quantized = [], spiking = [] } = networks ?? {};
  const best = metrics[0];
  return renderPage({
    title: `Striate ${run}: ${subject}`,
    kicker: `Striate ${run} report`,
    headline:
      best === undefined
        ? `${done[run]} ${subject}`
        : `${done[run]} ${subject}: ${best.name} ${metricText(best)}`,
    lead: [`Measured on ${data}.`],
    sections: present([
      ...sections,
      trainingSection(report.training, document),
      accuracySection({ series: report.accuracyBySteps ?? [], float: ann?.accuracy, quantized }, document),
      sequentialErrorSection(report.sequentialError ?? [], document),
      rasterSection(report.raster, document),
      firingRateSection(report.firingRates ?? [], document),
      energySection({ spiking, annNanojoules: ann?.energyNanojoules }, report.energyCaveats ?? [], document),
      reproductionSection(report.provenance, report),
    ]),
  });
}
