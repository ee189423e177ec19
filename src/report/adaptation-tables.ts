import { comparedImages, imageCounts, metricsAt } from "./adaptation-comparison.ts";
import type {
  AdaptationArm,
  AdaptationReport,
  AdaptationSetting,
  PathModulation,
} from "./adaptation-data.ts";
import { armName, inMethodOrder, methodStyles } from "./arm-style.ts";
import type { Markup } from "./markup.ts";
import { count, percent, plural, significant } from "./numbers.ts";
import { finiteValues, rootMeanSquare } from "./quantiles.ts";
import type { ReportedMetrics, ScoreEstimate, ScoreKind } from "./response-data.ts";
import { estimateColumn, scoreColumns } from "./response-tables.ts";
import { estimateText, isKnown, scoreNames, scoreOrder, scoreText } from "./score-words.ts";
import { type Column, htmlTable, textTable } from "./table.ts";

/** The numbers of an adaptation as tables, for the page and for the terminal. */

interface ArmRow {
  setting: AdaptationSetting;
  arm: AdaptationArm;
}

function armRows({ settings }: AdaptationReport): ArmRow[] {
  return settings.flatMap((setting) => inMethodOrder(setting.arms).map((arm) => ({ setting, arm })));
}

/** "to mouse 4, 1,024 images, 301 neurons, 100 test images, true ceiling 0.490". */
function settingHeading(
  { name, allImages, neurons, testImages, ceiling }: AdaptationSetting,
  { ceilingName = "ceiling" }: AdaptationReport,
): string {
  const parts = [name];
  if (allImages !== undefined) parts.push(plural(allImages, "image"));
  if (neurons !== undefined) parts.push(plural(neurons, "neuron"));
  if (testImages !== undefined) parts.push(plural(testImages, "test image"));
  if (isKnown(ceiling)) parts.push(`${ceilingName} ${scoreText(ceiling.value)}`);
  return parts.join(", ");
}

/** Which arm a row is of and what it trains, also as a share of what full fine-tuning trains where that is known. */
const armColumns: readonly Column<ArmRow>[] = [
  { header: "arm", cell: ({ arm }) => armName(arm) },
  {
    header: "trained",
    unit: "values",
    align: "right",
    cell: ({ arm }) => count(arm.trainableParameters),
    detail: ({ setting, arm }) => {
      const full = setting.arms.find(({ method }) => method === "full")?.trainableParameters ?? 0;
      return full > 0 ? `${percent(arm.trainableParameters / full, 1)} of full` : undefined;
    },
  },
];

/** A number of images, or all that a setting has. */
type Images = number | "all";

function imageColumns(rows: readonly ArmRow[]): Images[] {
  const counts = imageCounts(rows.map(({ arm }) => arm));
  const named = counts.filter((images) =>
    rows.some(({ setting, arm }) => setting.allImages !== images && metricsAt(arm, images) !== undefined),
  );
  const all = rows.some(({ setting, arm }) => metricsAt(arm, setting.allImages ?? Number.NaN) !== undefined);
  return all ? [...named, "all"] : named;
}

function scoreAt({ setting, arm }: ArmRow, images: Images, score: ScoreKind): ScoreEstimate | undefined {
  if (images === setting.allImages) return undefined;
  const wanted = images === "all" ? setting.allImages : images;
  return wanted === undefined ? undefined : metricsAt(arm, wanted)?.[score];
}

function curveColumn(images: Images, score: ScoreKind): Column<ArmRow> {
  const header = images === "all" ? "all" : count(images);
  return { ...estimateColumn<ArmRow>(header, (row) => scoreAt(row, images, score)), unit: "images" };
}

/** The main score of every arm by number of images. */
export function adaptationTable(report: AdaptationReport): Markup {
  const rows = armRows(report);
  const curves = imageColumns(rows).map((images) => curveColumn(images, report.score));
  return htmlTable(rows, [...armColumns, ...curves], {
    caption: `${scoreNames[report.score]} on the test tier after adapting with so many images.`,
    group: ({ setting }) => settingHeading(setting, report),
    colour: ({ arm }) => methodStyles[arm.method].colour,
  });
}

/** The same for a terminal; intervals of the last column alone, for want of room. */
export function adaptationTextTable(report: AdaptationReport): string {
  const rows = armRows(report);
  const images = imageColumns(rows);
  const curves = images.map((key, i): Column<ArmRow> => {
    const column = curveColumn(key, report.score);
    const spelled = (row: ArmRow) => estimateText(scoreAt(row, key, report.score));
    return i === images.length - 1 ? { ...column, cell: spelled } : column;
  });
  return textTable(rows, [...armColumns, ...curves], {
    group: ({ setting }) => settingHeading(setting, report),
  });
}

/** Every score of every arm at the number of images compared; undefined where there is but the main one. */
export function allScoresTable(report: AdaptationReport): Markup | undefined {
  const rows = armRows(report).flatMap((row) => {
    const images = comparedImages(row.setting, report);
    const metrics: ReportedMetrics | undefined =
      images === undefined ? undefined : metricsAt(row.arm, images);
    return metrics === undefined ? [] : [{ ...row, images: images!, metrics }];
  });
  const known = scoreOrder.filter((kind) => rows.some(({ metrics }) => isKnown(metrics[kind])));
  if (known.every((kind) => kind === report.score)) return undefined;
  return htmlTable(
    rows,
    [
      { header: "arm", cell: ({ arm }) => armName(arm) },
      ...scoreColumns(rows, [report.score, ...known.filter((kind) => kind !== report.score)]),
    ],
    {
      group: ({ setting, images }) => `${setting.name}, ${plural(images, "image")}`,
      colour: ({ arm }) => methodStyles[arm.method].colour,
    },
  );
}

export function modulationTable(paths: readonly PathModulation[]): Markup {
  const rows = paths.flatMap((path) =>
    path.gamma.map((gamma, i) => ({ path: path.name, block: i + 1, gamma, beta: path.beta[i] })),
  );
  type Row = (typeof rows)[number];
  const largest = (values: ArrayLike<number>) =>
    significant(Math.max(...finiteValues(values).map(Math.abs)), 2);
  const columns: Column<Row>[] = [
    { header: "block", cell: ({ block }) => String(block) },
    { header: "γ", unit: "rms", align: "right", cell: ({ gamma }) => significant(rootMeanSquare(gamma), 2) },
    { header: "γ", unit: "largest |γ|", align: "right", cell: ({ gamma }) => largest(gamma) },
    { header: "β", unit: "rms", align: "right", cell: ({ beta }) => significant(rootMeanSquare(beta), 2) },
    { header: "β", unit: "largest |β|", align: "right", cell: ({ beta }) => largest(beta) },
  ];
  return htmlTable(rows, columns, { group: ({ path }) => path, compact: true });
}
