import type { Markup } from "./markup.ts";
import { count, percentage, plural } from "./numbers.ts";
import type { CortexSummary, Interval } from "./quickstart-data.ts";
import { estimateText, intervalText, scoreText } from "./score-words.ts";
import { type Column, htmlTable, textTable } from "./table.ts";

/** The quickstart's response model, before and after its adaptation, as a table for the page and for the terminal. */

/** What the arm of all its paths is called. */
export const pathsName = "modulation paths";

interface CortexRow {
  group: string;
  name: string;
  trainableParameters: number;
  correlation: number;
  interval: Interval;
  ceiling: number;
  isModel?: boolean;
}

function cortexRows(cortex: CortexSummary): CortexRow[] {
  const { model, animals, neurons, images, heldOutNeurons, ceiling, heldOutCeiling } = cortex;
  const size = (cells: number, highest: number) =>
    `${plural(cells, "neuron")}, true ceiling ${scoreText(highest)}`;
  const fitted = { group: `fitted to ${plural(animals, "animal")}: ${size(neurons, ceiling)}`, ceiling };
  const adapted = {
    group: `adapted to another with ${plural(images, "image")}: ${size(heldOutNeurons, heldOutCeiling)}`,
    ceiling: heldOutCeiling,
  };
  return [
    { ...cortex, ...fitted, name: model, isModel: true },
    { ...cortex.adapted, ...adapted, name: pathsName },
    { ...cortex.readoutOnly, ...adapted, name: "readout only" },
    { ...cortex.fromScratch, ...adapted, name: "from scratch" },
  ];
}

const estimate = ({ correlation, interval: [low, high] }: CortexRow) => ({ value: correlation, low, high });

const columns: readonly Column<CortexRow>[] = [
  { header: "model", cell: ({ name }) => name },
  {
    header: "trained",
    unit: "values",
    align: "right",
    cell: ({ trainableParameters }) => count(trainableParameters),
  },
  {
    header: "correlation",
    unit: "single trials",
    align: "right",
    cell: ({ correlation }) => scoreText(correlation),
    detail: (row) => intervalText(estimate(row)),
  },
  {
    header: "of the ceiling",
    unit: "%",
    align: "right",
    cell: ({ correlation, ceiling }) => percentage(correlation / ceiling, 1),
  },
];

export function cortexTable(cortex: CortexSummary): Markup {
  return htmlTable(cortexRows(cortex), columns, {
    group: ({ group }) => group,
    emphasis: ({ isModel }) => isModel === true,
  });
}

/** The same for a terminal, with the intervals beside the means. */
export function cortexTextTable(cortex: CortexSummary): string {
  const spelled = columns.map((column) =>
    column.detail === undefined
      ? column
      : { ...column, cell: (row: CortexRow) => estimateText(estimate(row)) },
  );
  return textTable(cortexRows(cortex), spelled, { group: ({ group }) => group });
}
