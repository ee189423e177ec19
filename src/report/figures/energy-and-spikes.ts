import * as Plot from "@observablehq/plot";
import { count, plural, significant } from "../numbers.ts";
import { type NetworkKind, networkStyles, spikingKind } from "../palette.ts";
import { type FigureOptions, figureWidth, frameFigure, isNarrow, type Panel } from "./frame.ts";
import { shortenName } from "./layer-dots.ts";
import { networkLegend } from "./legend.ts";
import { textWidth } from "./text.ts";

/** What one image costs a spiking network. */
export interface SpikingCost {
  bits: number;
  steps: number;
  neurons: "unsigned" | "signed";
  fineTuned: boolean;
  spikesPerImage: number;
  energyNanojoules: number;
}

export interface EnergyAndSpikesData {
  spiking: SpikingCost[];
  /** Energy of one image in the dense float network, nanojoules; undefined leaves it out. */
  annNanojoules?: number;
}

interface Bar {
  /** Place from the top. */
  row: number;
  name: string;
  kind: NetworkKind;
  spikes?: number;
  energy: number;
}

/** Spikes and energy of one image as horizontal bars from zero, one for each network. */
export function energyAndSpikes(data: EnergyAndSpikesData, options: FigureOptions): string {
  const bars: Bar[] = data.spiking.map(({ bits, steps, neurons, fineTuned, ...cost }, i) => ({
    row: i,
    name: `${bits} bit, T = ${steps}, ${neurons}${fineTuned ? ", fine-tuned" : ""}`,
    kind: spikingKind(neurons, fineTuned),
    spikes: cost.spikesPerImage,
    energy: cost.energyNanojoules,
  }));
  if (data.annNanojoules !== undefined) {
    bars.unshift({ row: -1, name: networkStyles.float.name, kind: "float", energy: data.annNanojoules });
  }
  const narrow = isNarrow(figureWidth(options));
  const panels: Panel[] = [
    {
      title: "Energy per image (nJ)",
      subtitle: "arithmetic only, 45 nm",
      draw: (width) => drawBars(bars, (bar) => bar.energy, significant, width, options.document),
    },
    {
      title: "Spikes per image",
      subtitle: "all layers and steps",
      draw: (width) =>
        narrow
          ? drawBars(
              bars.filter(({ spikes }) => spikes !== undefined),
              (bar) => bar.spikes,
              count,
              width,
              options.document,
            )
          : drawBars(bars, (bar) => bar.spikes, count, width, options.document),
    },
  ];
  return frameFigure(
    {
      label: `Energy and spikes per image. ${bars.map(describe).join("; ")}.`,
      legend: networkLegend(
        bars.map(({ kind }) => kind),
        false,
      ).map((item) => ({ ...item, bar: true })),
      panels,
      columns: 2,
    },
    options,
  );
}

function describe({ name, spikes, energy }: Bar): string {
  const fired = spikes === undefined ? "" : `, ${plural(Math.round(spikes), "spike")}`;
  return `${name}: ${significant(energy)} nJ${fired}`;
}

const rowHeight = 24;

function drawBars(
  bars: Bar[],
  value: (bar: Bar) => number | undefined,
  format: (value: number | undefined) => string,
  width: number,
  document: Document,
): Element {
  const drawn = bars.filter((bar) => Number.isFinite(value(bar) ?? Number.NaN));
  const high = Math.max(0, ...drawn.map((bar) => value(bar)!));
  const valueWidth = Math.max(20, ...drawn.map((bar) => textWidth(format(value(bar))))) + 8;
  const marginLeft = Math.min(Math.max(0, ...bars.map(({ name }) => textWidth(name))) + 10, width * 0.56);
  return Plot.plot({
    document,
    width,
    height: bars.length * rowHeight + 8,
    marginTop: 4,
    marginBottom: 4,
    marginLeft,
    marginRight: valueWidth,
    x: { domain: [0, high > 0 ? high : 1], axis: null },
    y: { domain: bars.map(({ row }) => row), type: "band", axis: null, padding: 0.28 },
    marks: [
      Plot.barX(drawn, {
        x1: 0,
        x2: (bar: Bar) => value(bar),
        y: "row",
        fill: (bar: Bar) => networkStyles[bar.kind].colour,
        rx: 2,
      }),
      Plot.ruleX([0], { stroke: "var(--muted)" }),
      Plot.text(bars, {
        y: "row",
        text: (bar: Bar) => shortenName(bar.name, marginLeft - 10),
        frameAnchor: "left",
        textAnchor: "end",
        dx: -8,
      }),
      Plot.text(drawn, {
        x: (bar: Bar) => value(bar),
        y: "row",
        text: (bar: Bar) => format(value(bar)),
        textAnchor: "start",
        dx: 5,
        fontVariant: "tabular-nums",
      }),
      Plot.text(
        bars.filter((bar) => value(bar) === undefined),
        { x: 0, y: "row", text: () => "does not spike", textAnchor: "start", dx: 6, fill: "var(--muted)" },
      ),
    ],
  }) as Element;
}
