import type { AdaptationReport } from "./adaptation-data.ts";
import {
  adaptationMakingSection,
  armComparisonSection,
  armSection,
  curveSection,
  modulationSection,
} from "./adaptation-sections.ts";
import { adaptationHeadline, adaptationLead } from "./adaptation-words.ts";
import { notesSection } from "./conversion-sections.ts";
import { figureDocument } from "./document.ts";
import { renderPage } from "./page.ts";
import { responseTrainingSection } from "./response-sections.ts";
import { present, reproductionSection } from "./sections.ts";

export { adaptationTextTable } from "./adaptation-tables.ts";

/** The report on an adaptation, or on a study of several, as one self-contained HTML file. */
export function adaptationReport(report: AdaptationReport): string {
  const document = figureDocument();
  return renderPage({
    title: `Striate ${report.run}: ${report.model}`,
    kicker: report.run === "adapt" ? "Striate adaptation report" : "Striate study of adaptation",
    headline: adaptationHeadline(report),
    lead: adaptationLead(report),
    sections: present([
      armSection(report),
      notesSection(report.notes),
      curveSection(report, document),
      armComparisonSection(report, document),
      modulationSection(report, document),
      responseTrainingSection(report.training, document),
      adaptationMakingSection(report),
      reproductionSection(report.provenance, report),
    ]),
  });
}
