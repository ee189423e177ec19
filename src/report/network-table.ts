import type { Markup } from "./markup.ts";
import { count, fixed, percentage, plural, significant } from "./numbers.ts";
import { type NetworkKind, networkOrder, networkStyles, spikingKind } from "./palette.ts";
import type { SpikingSummary } from "./quickstart-data.ts";
import { type Column, htmlTable, textTable } from "./table.ts";

/** The networks of one run: a float network, its quantised forms, and what these were converted to. */
export interface ComparedNetworks {
  ann?: { accuracy: number; macs?: number; energyNanojoules?: number };
  quantized: { bits: number; accuracy: number }[];
  spiking: SpikingSummary[];
}

/** One line of the table that compares networks. */
export interface NetworkRow {
  kind: NetworkKind;
  name: string;
  /** The heading that the row stands under: bits, and steps where all its spiking networks agree. */
  group?: string;
  bits?: number;
  steps?: number;
  accuracy: number;
  /** Accuracy minus the float network’s, as a fraction. */
  difference?: number;
  spikesPerImage?: number;
  /** Multiply-accumulates of a dense network, synaptic operations of a spiking one. */
  operations?: number;
  energyNanojoules?: number;
}

/** Float first, then by bits: quantised, unsigned, signed, fine-tuned; fewer steps first. */
export function networkRows({ ann, quantized, spiking }: ComparedNetworks): NetworkRow[] {
  const plain: Omit<NetworkRow, "name">[] = [
    ...quantized.map(({ bits, accuracy }) => ({ kind: "quantized" as const, bits, accuracy })),
    ...spiking.map(({ neurons, fineTuned, synapticOperations, ...rest }) => ({
      kind: spikingKind(neurons, fineTuned),
      operations: synapticOperations,
      ...rest,
    })),
  ];
  plain.sort(
    (a, b) =>
      a.bits! - b.bits! ||
      networkOrder.indexOf(a.kind) - networkOrder.indexOf(b.kind) ||
      (a.steps ?? 0) - (b.steps ?? 0),
  );
  const rows = plain.map((row): NetworkRow => {
    const steps = new Set(spiking.filter(({ bits }) => bits === row.bits).map((network) => network.steps));
    const bits = plural(row.bits!, "bit");
    const name = networkStyles[row.kind].short;
    if (steps.size === 1) return { ...row, name, group: `${bits}, T = ${[...steps][0]}` };
    return { ...row, name: row.steps === undefined ? name : `${name}, T = ${row.steps}`, group: bits };
  });
  if (ann === undefined) return rows;
  const { accuracy, macs, energyNanojoules } = ann;
  return [
    { kind: "float", name: networkStyles.float.short, accuracy, operations: macs, energyNanojoules },
    ...rows.map((row) => ({ ...row, difference: row.accuracy - accuracy })),
  ];
}

/** The columns of the table, for the page and for the terminal. */
export const networkColumns: Column<NetworkRow>[] = [
  { header: "network", cell: ({ name }) => name },
  { header: "accuracy", unit: "%", align: "right", cell: ({ accuracy }) => percentage(accuracy) },
  { header: "to float", unit: "points", align: "right", cell: ({ difference }) => signedPoints(difference) },
  {
    header: "spikes",
    unit: "per image",
    align: "right",
    cell: ({ spikesPerImage }) => count(spikesPerImage),
  },
  { header: "operations", unit: "per image", align: "right", cell: ({ operations }) => count(operations) },
  {
    header: "energy",
    unit: "nJ per image",
    align: "right",
    cell: ({ energyNanojoules }) => significant(energyNanojoules),
  },
];

function signedPoints(difference: number | undefined): string | undefined {
  if (difference === undefined || !Number.isFinite(difference)) return undefined;
  const text = fixed(difference * 100, 2);
  return difference > 0 && text !== "0.00" ? `+${text}` : text;
}

/** What the columns mean, to be set beside the table. */
export const networkTableNote =
  "“To float” is the accuracy minus the float network’s, in percentage points. Operations are multiply–accumulates in the float network and synaptic operations in the spiking ones: a weight added because a spike arrived. Spikes, operations and energy are means over the test images.";

export function networkTable(networks: ComparedNetworks, emphasis?: SpikingSummary): Markup {
  return htmlTable(networkRows(networks), networkColumns, {
    group: ({ group }) => group,
    colour: ({ kind }) => networkStyles[kind].colour,
    emphasis: (row) =>
      emphasis !== undefined &&
      row.kind === spikingKind(emphasis.neurons, emphasis.fineTuned) &&
      row.bits === emphasis.bits &&
      row.steps === emphasis.steps,
  });
}

/** The same table for a terminal. */
export function networkTextTable(networks: ComparedNetworks): string {
  return textTable(networkRows(networks), networkColumns, { group: ({ group }) => group });
}
