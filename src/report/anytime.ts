import type { AnytimeReport, AnytimeReportPoint } from "./anytime-data.ts";
import { sampleEvenly } from "./figures/sample-evenly.ts";
import { count, fixed, percent, percentage, plural, significant } from "./numbers.ts";
import { type Column, textTable } from "./table.ts";

/** What stopping early comes to, for a terminal: the curve of the rule that was run, then the rules side by side. */
export function anytimeTextTable(report: AnytimeReport): string {
  const { rule, curves, fixed: full, anytime, calibration, images } = report;
  const own = curves.find((curve) => curve.rule === rule);
  const points = own === undefined ? [] : sampleEvenly(own.points, 12);
  if (own?.chosen !== undefined && !points.includes(own.chosen)) points.push(own.chosen);
  points.sort((a, b) => a.threshold - b.threshold);
  const faster = anytime.imagesPerSecond / full.imagesPerSecond;
  const parts = [
    `Stopping by ${rule}, on ${plural(images, "test image")}; thresholds from ${plural(calibration.images, "calibration image")}:`,
    textTable(points, [
      ...curveColumns,
      { header: "", cell: (point) => (point === own?.chosen ? "← keeps the accuracy" : "") },
    ]),
    "Every rule at the lowest threshold that keeps the accuracy on the calibration images:",
    textTable(curves, ruleColumns),
    `All T = ${full.steps} steps: ${percent(full.accuracy)}, ${significant(full.imagesPerSecond)} images/s.`,
    `Stopped at ${significant(report.threshold)}: ${percent(anytime.accuracy)} in ${fixed(anytime.meanSteps, 2)} steps, ${significant(anytime.imagesPerSecond)} images/s (${fixed(faster, 2)} times as fast); ${plural(anytime.changedDecisions, "decision")} of ${count(images)} changed.`,
    `Images by steps: ${stepsText(anytime.imagesBySteps)}`,
  ];
  return parts.join("\n\n");
}

const curveColumns: Column<AnytimeReportPoint>[] = [
  { header: "threshold", align: "right", cell: ({ threshold }) => significant(threshold, 4) },
  { header: "steps", unit: "mean", align: "right", cell: ({ meanSteps }) => fixed(meanSteps, 2) },
  { header: "accuracy", unit: "%", align: "right", cell: ({ accuracy }) => percentage(accuracy) },
  {
    header: "on calibration",
    unit: "%",
    align: "right",
    cell: ({ calibration }) => percentage(calibration.accuracy),
  },
];

const ruleColumns: Column<AnytimeReport["curves"][number]>[] = [
  { header: "rule", cell: ({ rule }) => rule },
  {
    header: "threshold",
    align: "right",
    cell: ({ chosen }) => significant(chosen?.threshold, 4),
  },
  { header: "steps", unit: "mean", align: "right", cell: ({ chosen }) => fixed(chosen?.meanSteps, 2) },
  { header: "accuracy", unit: "%", align: "right", cell: ({ chosen }) => percentage(chosen?.accuracy) },
];

/** "3: 120, 4: 60, …": steps at which any image stopped. */
const stepsText = (imagesBySteps: readonly number[]): string =>
  imagesBySteps.flatMap((images, t) => (images > 0 ? [`${t + 1}: ${count(images)}`] : [])).join(", ");
