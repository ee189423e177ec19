import { cortexSections } from "./cortex-sections.ts";
import { cortexTextTable } from "./cortex-table.ts";
import { cortexHeadline } from "./cortex-words.ts";
import { figureDocument } from "./document.ts";
import { headline, leadParagraphs, mainNetwork } from "./headline.ts";
import { networkTable, networkTableNote, networkTextTable } from "./network-table.ts";
import { note, renderPage, type Section, scroll } from "./page.ts";
import type { QuickstartReport, QuickstartSummary } from "./quickstart-data.ts";
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

/** The quickstart's report as one self-contained HTML file. */
export function renderQuickstart(report: QuickstartReport): string {
  const { summary, energy, provenance } = report;
  const { ann, quantized, spiking } = summary;
  const document = figureDocument();
  const table: Section = {
    title: "The networks compared",
    content: [
      scroll(
        networkTable(
          { ann: { ...ann, energyNanojoules: energy.annNanojoules }, quantized, spiking },
          mainNetwork(spiking),
        ),
      ),
      note(networkTableNote),
    ],
  };
  return renderPage({
    title: `Striate: ${summary.task} quickstart`,
    kicker: `Striate quickstart report, ${summary.task}`,
    headline: headline(summary),
    lead: leadParagraphs(report),
    sections: present([
      table,
      accuracySection({ series: report.accuracyBySteps, float: ann.accuracy, quantized }, document),
      sequentialErrorSection(report.sequentialError, document),
      rasterSection(report.raster, document),
      firingRateSection(report.firingRates, document),
      energySection({ spiking, annNanojoules: energy.annNanojoules }, energy.caveats, document),
      trainingSection(report.training, document),
      ...cortexSections(summary.cortex, report.cortex, document),
      reproductionSection(provenance, summary),
    ]),
  });
}

/** What either half found and its table, for a terminal. */
export function quickstartText(summary: QuickstartSummary): string {
  const { ann, quantized, spiking, cortex } = summary;
  const parts = [headline(summary), networkTextTable({ ann, quantized, spiking })];
  if (cortex !== undefined) parts.push(cortexHeadline(cortex), cortexTextTable(cortex));
  return parts.join("\n\n");
}
