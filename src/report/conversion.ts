import type { ConversionReport } from "./conversion-data.ts";
import {
  costSection,
  layerRateSection,
  notesSection,
  resultSection,
  variantAccuracySection,
  variantErrorSection,
} from "./conversion-sections.ts";
import { costText, variantAccuracyText } from "./conversion-tables.ts";
import { conversionHeadline, conversionLead } from "./conversion-words.ts";
import { figureDocument } from "./document.ts";
import { percent } from "./numbers.ts";
import { renderPage } from "./page.ts";
import { present, reproductionSection } from "./sections.ts";

/** The report on a conversion as one self-contained HTML file. */
export function renderConversion(report: ConversionReport): string {
  const document = figureDocument();
  return renderPage({
    title: `Striate convert: ${report.subject}`,
    kicker: `Striate conversion report, ${report.method}`,
    headline: conversionHeadline(report),
    lead: conversionLead(report),
    sections: present([
      resultSection(report),
      notesSection(report.notes),
      variantAccuracySection(report, document),
      variantErrorSection(report, document),
      layerRateSection(report, document),
      costSection(report, document),
      reproductionSection(report.provenance, report),
    ]),
  });
}

/** The conversion's numbers for a terminal: accuracy by steps and variant, then what the saved network costs. */
export function conversionTextTable(report: ConversionReport): string {
  const parts = [
    `ANN, before conversion: ${percent(report.ann.accuracy)}. Accuracy in percent after T steps:`,
  ];
  if (report.variants.length > 0) {
    parts.push(variantAccuracyText(report.variants));
    if (report.variants.length > 1) parts.push("The last column is the network that was saved. Its costs:");
  }
  parts.push(costText(report));
  return parts.join("\n\n");
}
