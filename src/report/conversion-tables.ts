import type { ConversionReport, ConversionVariant, ConvertedLayer } from "./conversion-data.ts";
import { markedSteps } from "./figures/step-ticks.ts";
import type { Markup } from "./markup.ts";
import { count, fixed, percentage, significant } from "./numbers.ts";
import { type Column, htmlTable, textTable } from "./table.ts";

/** The numbers of a conversion as tables, for the page and for the terminal. */

/** A column for each variant. */
function variantColumns<Row>(
  variants: readonly ConversionVariant[],
  first: Column<Row>,
  cell: (variant: ConversionVariant, row: Row) => string | undefined,
): Column<Row>[] {
  return [
    first,
    ...variants.map(
      (variant): Column<Row> => ({
        header: variant.name,
        align: "right",
        cell: (row) => cell(variant, row),
      }),
    ),
  ];
}

/** A row for each number of steps, a column for each variant's accuracy in percent. */
function accuracyColumns(variants: readonly ConversionVariant[]): Column<number>[] {
  return variantColumns<number>(
    variants,
    { header: "T", align: "right", cell: String },
    ({ accuracyBySteps }, steps) =>
      percentage(accuracyBySteps.find((point) => point.steps === steps)?.accuracy),
  );
}

function accuracyRows(variants: readonly ConversionVariant[]): number[] {
  return markedSteps(variants.flatMap(({ accuracyBySteps }) => accuracyBySteps.map(({ steps }) => steps)));
}

export function variantAccuracyTable(variants: readonly ConversionVariant[]): Markup {
  return htmlTable(accuracyRows(variants), accuracyColumns(variants), {
    caption: "Accuracy in percent after T steps.",
    wrapHeaders: true,
    compact: true,
  });
}

export function variantAccuracyText(variants: readonly ConversionVariant[]): string {
  return textTable(accuracyRows(variants), accuracyColumns(variants), { wrapHeaders: true });
}

export function variantErrorTable(variants: readonly ConversionVariant[]): Markup {
  const layers = [...new Set(variants.flatMap((variant) => variant.layers.map(({ name }) => name)))];
  const columns = variantColumns<string>(
    variants,
    { header: "layer", cell: (layer) => layer },
    (variant, layer) => significant(variant.layers.find(({ name }) => name === layer)?.error),
  );
  return htmlTable(layers, columns, { caption: "Mean |a/λ − N/T|.", wrapHeaders: true, compact: true });
}

export function layerRateTable(layers: readonly ConvertedLayer[]): Markup {
  const columns: Column<ConvertedLayer>[] = [
    { header: "layer", cell: ({ name }) => name },
    { header: "rate", align: "right", cell: ({ rate }) => fixed(rate, 4) },
  ];
  return htmlTable(layers, columns, { caption: "Spikes per neuron and step.", compact: true });
}

interface CostRow {
  name: string;
  accuracy: number;
  spikes?: number;
  operations: number;
  energy: number;
  /** Energy over the ANN's. */
  multiple?: number;
}

/** The ANN first, then the saved network by steps. */
function costRows({ ann, costs }: ConversionReport): CostRow[] {
  return [
    { name: "ANN", accuracy: ann.accuracy, operations: ann.macs, energy: ann.energyNanojoules },
    ...costs.map(({ steps, accuracy, spikesPerImage, synapticOperations, energyNanojoules }) => ({
      name: `T = ${steps}`,
      accuracy,
      spikes: spikesPerImage,
      operations: synapticOperations,
      energy: energyNanojoules,
      multiple: energyNanojoules / ann.energyNanojoules,
    })),
  ];
}

const costColumns: Column<CostRow>[] = [
  { header: "network", cell: ({ name }) => name },
  { header: "accuracy", unit: "%", align: "right", cell: ({ accuracy }) => percentage(accuracy) },
  { header: "spikes", unit: "per image", align: "right", cell: ({ spikes }) => count(spikes) },
  { header: "operations", unit: "per image", align: "right", cell: ({ operations }) => count(operations) },
  { header: "energy", unit: "nJ per image", align: "right", cell: ({ energy }) => significant(energy) },
  { header: "energy", unit: "× the ANN’s", align: "right", cell: ({ multiple }) => significant(multiple) },
];

/** What the columns mean, to be set beside the table. */
export const costTableNote =
  "Operations are multiply–accumulates in the ANN and synaptic operations in the spiking network: a weight added because a spike arrived. Spikes, operations and energy are means over the images.";

export function costTable(report: ConversionReport): Markup {
  return htmlTable(costRows(report), costColumns);
}

export function costText(report: ConversionReport): string {
  return textTable(costRows(report), costColumns);
}
