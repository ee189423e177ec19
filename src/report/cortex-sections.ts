import type { AdaptationReport } from "./adaptation-data.ts";
import { armComparisonSection } from "./adaptation-sections.ts";
import { cortexTable, pathsName } from "./cortex-table.ts";
import { cortexHeadline, cortexParagraphs } from "./cortex-words.ts";
import { note, paragraph, type Section, scroll } from "./page.ts";
import type { CortexReports, CortexSummary } from "./quickstart-data.ts";
import { distributionSection, traceSection } from "./response-sections.ts";
import { scoreMeanings } from "./response-words.ts";
import { intervalsText } from "./score-words.ts";

/** The sections on the quickstart's second half; none without it. */
export function cortexSections(
  summary: CortexSummary | undefined,
  reports: CortexReports | undefined,
  document: Document,
): (Section | undefined)[] {
  if (summary === undefined || reports === undefined) return [];
  const { responses, adaptation } = reports;
  const arms = armComparisonSection(withPathsNamed(adaptation), document);
  return [
    {
      title: "A model of the visual cortex",
      content: [
        paragraph(`${cortexHeadline(summary)}.`),
        ...cortexParagraphs(summary).map(paragraph),
        scroll(cortexTable(summary)),
        note(
          `Means over neurons, on test images; brackets are ${intervalsText()}. ${scoreMeanings.singleTrialCorrelation}`,
        ),
      ],
    },
    traceSection(responses, document),
    distributionSection(responses, document),
    arms && { ...arms, title: "Another animal" },
  ];
}

/** Calls the paths what the table does. */
const withPathsNamed = (adaptation: AdaptationReport): AdaptationReport => ({
  ...adaptation,
  settings: adaptation.settings.map((setting) => ({
    ...setting,
    arms: setting.arms.map((arm) => (arm.method === "paths" ? { ...arm, name: pathsName } : arm)),
  })),
});
