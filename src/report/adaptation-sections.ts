import { comparedArms, comparedImages } from "./adaptation-comparison.ts";
import type { AdaptationReport } from "./adaptation-data.ts";
import { adaptationTable, allScoresTable, modulationTable } from "./adaptation-tables.ts";
import { adaptationArms } from "./figures/adaptation-arms.ts";
import { adaptationCurve } from "./figures/adaptation-curve.ts";
import { modulationFigure } from "./figures/modulation.ts";
import { count, plural } from "./numbers.ts";
import { facts, figureBlock, list, note, paragraph, type Section, scroll } from "./page.ts";
import { meanings } from "./response-sections.ts";
import { intervalsText, isKnown } from "./score-words.ts";

/** The sections of the report on an adaptation, each undefined without data. */

export function armSection(report: AdaptationReport): Section | undefined {
  const points = report.settings.flatMap(({ arms }) => arms.flatMap((arm) => arm.points));
  if (points.length === 0) return undefined;
  return {
    title: "Every arm, every setting",
    content: [
      scroll(adaptationTable(report)),
      note(`Means over neurons; brackets are ${intervalsText(report.confidence)}.`),
      list(meanings(points.map(({ metrics }) => metrics))),
    ],
  };
}

export function curveSection(report: AdaptationReport, document: Document): Section | undefined {
  const { score, ceilingName } = report;
  const settings = report.settings.filter(({ arms }) =>
    arms.some(({ points }) => points.some(({ metrics }) => isKnown(metrics[score]))),
  );
  if (settings.length === 0) return undefined;
  const caption =
    "How to read it: each line is one way of adapting, measured after training on so many images; each doubling is as far to the right as the one before. Bars are intervals; arms at one number of images stand a little apart so that their bars can be told from one another.";
  return {
    title: "How many images it takes",
    content: settings.map((setting, i) =>
      figureBlock(
        (options) => adaptationCurve({ setting, score, ceilingName, title: setting.name }, options),
        document,
        i === 0 ? caption : `Read as above: ${setting.name}.`,
      ),
    ),
  };
}

export function armComparisonSection(report: AdaptationReport, document: Document): Section | undefined {
  const { score, ceilingName } = report;
  const compared = report.settings.flatMap((setting) => {
    const images = comparedImages(setting, report);
    const arms = images === undefined ? [] : comparedArms(setting, images, score);
    return arms.length < 2 ? [] : [{ setting, images: images!, arms }];
  });
  if (compared.length === 0) return undefined;
  const caption =
    "How to read it: arms from the best to the worst, each with its interval; in the second panel how many values it trained, where each step of the grid is ten times the one before. Far to the right in the first panel and far to the left in the second is much for little.";
  const numbers = allScoresTable(report);
  return {
    title: "What it costs",
    content: [
      ...compared.map(({ setting, images, arms }, i) => {
        const data = {
          arms: arms.map(({ arm, estimate }) => ({ ...arm, estimate })),
          score,
          title: `${setting.name}, ${plural(images, "image")}`,
          ceiling: setting.ceiling,
          ceilingName,
        };
        const read = i === 0 ? caption : `Read as above: ${setting.name}.`;
        return figureBlock((options) => adaptationArms(data, options), document, read);
      }),
      ...(numbers === undefined ? [] : [paragraph("All scores of the same arms:"), scroll(numbers)]),
    ],
  };
}

export function modulationSection(
  { modulation = [] }: AdaptationReport,
  document: Document,
): Section | undefined {
  if (modulation.length === 0) return undefined;
  const caption =
    "How to read it: after each block a path multiplies every channel by 1 + γ and adds β; a column is a channel, a row a block, the first on top. White (black on a dark page) leaves a channel as the frozen core has it, orange is above zero and blue below. All paths share one scale.";
  return {
    title: "What the paths change",
    content: [
      figureBlock(
        (options) => modulationFigure(modulation, options),
        document,
        caption,
        modulationTable(modulation),
      ),
    ],
  };
}

export function adaptationMakingSection({
  model,
  data,
  configuration,
  modelParameters,
}: AdaptationReport): Section {
  const entries: (readonly [string, string])[] = [...configuration];
  if (modelParameters !== undefined) entries.push(["parameters, frozen model", count(modelParameters)]);
  return {
    title: "How it was made",
    content: [paragraph(`The frozen model is ${model}, the data ${data}.`), facts(entries)],
  };
}
