import { count, plural, significant } from "../numbers.ts";
import { type NetworkKind, networkOrder, networkStyles, spikingKind } from "../palette.ts";
import { barRows } from "./bar-rows.ts";
import { type FigureOptions, figureWidth, frameFigure, isNarrow } from "./frame.ts";
import { networkLegend } from "./legend.ts";

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

interface NetworkBar {
  name: string;
  /** The bars of one conversion stand together under this heading. */
  group?: string;
  kind: NetworkKind;
  spikes?: number;
  energy: number;
}

/** Spikes and energy of one image as horizontal bars from zero, one for each network. */
export function energyAndSpikes(data: EnergyAndSpikesData, options: FigureOptions): string {
  const bars = orderedBars(data);
  const spiking = bars.filter(({ spikes }) => spikes !== undefined);
  const { document } = options;
  const narrow = isNarrow(figureWidth(options));
  const legend = networkLegend(
    bars.map(({ kind }) => kind),
    false,
  );
  return frameFigure(
    {
      label: `Energy and spikes per image. ${bars.map(describe).join("; ")}.`,
      legend: legend.map((item) => ({ ...item, bar: true })),
      panels: [
        {
          title: "Energy per image (nJ)",
          subtitle: "arithmetic only, 45 nm",
          draw: (width) => drawBars(bars, ({ energy }) => energy, significant, width, document),
        },
        {
          title: "Spikes per image",
          subtitle: "all layers and steps",
          draw: (width) => drawBars(narrow ? spiking : bars, ({ spikes }) => spikes, count, width, document),
        },
      ],
      columns: 2,
    },
    options,
  );
}

function orderedBars({ spiking, annNanojoules }: EnergyAndSpikesData): NetworkBar[] {
  const bars = [...spiking]
    .sort((a, b) => a.bits - b.bits || a.steps - b.steps || rank(a) - rank(b))
    .map((cost): NetworkBar => {
      const kind = spikingKind(cost.neurons, cost.fineTuned);
      return {
        name: networkStyles[kind].short,
        group: `${plural(cost.bits, "bit")}, T = ${cost.steps}`,
        kind,
        spikes: cost.spikesPerImage,
        energy: cost.energyNanojoules,
      };
    });
  if (annNanojoules === undefined) return bars;
  return [{ name: networkStyles.float.short, kind: "float", energy: annNanojoules }, ...bars];
}

function rank({ neurons, fineTuned }: SpikingCost): number {
  return networkOrder.indexOf(spikingKind(neurons, fineTuned));
}

function describe({ name, group, spikes, energy }: NetworkBar): string {
  const network = group === undefined ? name : `${group}, ${name}`;
  const fired = spikes === undefined ? "" : `, ${plural(Math.round(spikes), "spike")}`;
  return `${network}: ${significant(energy)} nJ${fired}`;
}

function drawBars(
  bars: NetworkBar[],
  quantity: (bar: NetworkBar) => number | undefined,
  format: (value: number | undefined) => string,
  width: number,
  document: Document,
): Element {
  const rows = bars.map((bar) => {
    const value = quantity(bar);
    const text = value === undefined ? "does not spike" : format(value);
    return { name: bar.name, group: bar.group, colour: networkStyles[bar.kind].colour, value, text };
  });
  return barRows(rows, width, document);
}
