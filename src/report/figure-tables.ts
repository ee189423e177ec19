import type { AccuracySeries } from "./figures/accuracy-by-steps.ts";
import type { FiringRateSeries } from "./figures/firing-rates.ts";
import type { SequentialErrorSeries } from "./figures/sequential-error.ts";
import type { Markup } from "./markup.ts";
import { fixed, percentage, plural } from "./numbers.ts";
import { networkStyles, spikingKind } from "./palette.ts";
import { type Column, htmlTable } from "./table.ts";

/** The figures' numbers as tables: a row for each network, a column for each step or layer. */

interface Network {
  bits: number;
  neurons: "unsigned" | "signed";
  fineTuned: boolean;
}

function tableByNetwork<Row extends Network, Key>(
  rows: readonly Row[],
  keys: Iterable<Key>,
  header: (key: Key) => string,
  cell: (row: Row, key: Key) => string | undefined,
  caption: string,
): Markup {
  const columns: Column<Row>[] = [
    {
      header: "network",
      cell: ({ neurons, fineTuned }) => networkStyles[spikingKind(neurons, fineTuned)].name,
    },
    ...[...new Set(keys)].map(
      (key): Column<Row> => ({ header: header(key), align: "right", cell: (row) => cell(row, key) }),
    ),
  ];
  return htmlTable(rows, columns, {
    caption,
    group: ({ bits }) => plural(bits, "bit"),
  });
}

export function accuracyTable(series: readonly AccuracySeries[]): Markup {
  const steps = series.flatMap(({ points }) => points.map((point) => point.steps)).sort((a, b) => a - b);
  return tableByNetwork(
    series,
    steps,
    (step) => `T = ${step}`,
    (row, step) => percentage(row.points.find((point) => point.steps === step)?.accuracy),
    "Accuracy in percent.",
  );
}

export function sequentialErrorTable(series: readonly SequentialErrorSeries[]): Markup {
  return tableByNetwork(
    series,
    series.flatMap(({ layers }) => layers.map(({ name }) => name)),
    (name) => name,
    (row, name) => percentage(row.layers.find((layer) => layer.name === name)?.error),
    "Relative error in percent.",
  );
}

export function firingRateTable(series: readonly FiringRateSeries[]): Markup {
  return tableByNetwork(
    series,
    series.flatMap(({ layers }) => layers.map(({ name }) => name)),
    (name) => name,
    (row, name) => fixed(row.layers.find((layer) => layer.name === name)?.rate, 4),
    "Spikes per neuron and step.",
  );
}
