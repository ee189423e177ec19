import { notesSection } from "./conversion-sections.ts";
import { figureDocument } from "./document.ts";
import { renderPage } from "./page.ts";
import type { ResponseReport } from "./response-data.ts";
import {
  centreSection,
  distributionSection,
  makingSection,
  responseTrainingSection,
  rolloutSection,
  scoreSection,
  traceSection,
} from "./response-sections.ts";
import { responseHeadline, responseLead } from "./response-words.ts";
import { present, reproductionSection } from "./sections.ts";

export { responseTextTable } from "./response-tables.ts";

/** The report on a fitted or scored response model as one self-contained HTML file. */
export function responseReport(report: ResponseReport): string {
  const document = figureDocument();
  return renderPage({
    title: `Striate ${report.run}: ${report.model}`,
    kicker: `Striate ${report.run} report, response model`,
    headline: responseHeadline(report),
    lead: responseLead(report),
    sections: present([
      scoreSection(report),
      notesSection(report.notes),
      traceSection(report, document),
      distributionSection(report, document),
      centreSection(report, document),
      rolloutSection(report, document),
      responseTrainingSection(report.training, document),
      makingSection(report.model, report.data, report.configuration, report.parameters),
      reproductionSection(report.provenance, report),
    ]),
  });
}
