import * as Plot from "@observablehq/plot";
import { count, plural, significant } from "../numbers.ts";
import { type NetworkKind, networkOrder, networkStyles, spikingKind } from "../palette.ts";
import { type FigureOptions, figureWidth, frameFigure, isNarrow } from "./frame.ts";
import { networkLegend } from "./legend.ts";
import { shortenText, textWidth } from "./text.ts";

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

function orderedBars({ spiking, annNanojoules }: EnergyAndSpikesData): Bar[] {
  const bars = [...spiking]
    .sort((a, b) => a.bits - b.bits || a.steps - b.steps || rank(a) - rank(b))
    .map((cost): Bar => {
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

function describe({ name, group, spikes, energy }: Bar): string {
  const network = group === undefined ? name : `${group}, ${name}`;
  const fired = spikes === undefined ? "" : `, ${plural(Math.round(spikes), "spike")}`;
  return `${network}: ${significant(energy)} nJ${fired}`;
}

const rowHeight = 22;
const barHeight = 15;
const headingHeight = 26;

function drawBars(
  bars: Bar[],
  quantity: (bar: Bar) => number | undefined,
  format: (value: number | undefined) => string,
  width: number,
  document: Document,
): Element {
  const headings: { text: string; y: number }[] = [];
  let bottom = 0;
  const rows = bars.map((bar, i) => {
    if (bar.group !== undefined && bar.group !== bars[i - 1]?.group) {
      headings.push({ text: bar.group, y: bottom + headingHeight - 9 });
      bottom += headingHeight;
    }
    const y = bottom + rowHeight / 2;
    bottom += rowHeight;
    return { ...bar, y, value: quantity(bar), text: format(quantity(bar)) };
  });
  const drawn = rows.filter(({ value }) => Number.isFinite(value ?? Number.NaN));
  const high = Math.max(0, ...drawn.map(({ value }) => value!));
  const marginLeft = Math.ceil(
    Math.min(Math.max(40, ...rows.map(({ name }) => textWidth(name))) + 10, width / 2),
  );
  return Plot.plot({
    document,
    width,
    height: bottom + 4,
    marginTop: 0,
    marginBottom: 0,
    marginLeft,
    marginRight: Math.max(20, ...drawn.map(({ text }) => textWidth(text))) + 8,
    x: { domain: [0, high > 0 ? high : 1], axis: null },
    y: { domain: [0, bottom + 4], range: [0, bottom + 4], axis: null },
    marks: [
      Plot.text(headings, { y: "y", text: "text", frameAnchor: "left", dx: -marginLeft, fontWeight: 600 }),
      Plot.rect(drawn, {
        x1: 0,
        x2: "value",
        y1: ({ y }) => y - barHeight / 2,
        y2: ({ y }) => y + barHeight / 2,
        fill: ({ kind }: Bar) => networkStyles[kind].colour,
      }),
      Plot.ruleX(rows, {
        x: 0,
        y1: ({ y }) => y - rowHeight / 2,
        y2: ({ y }) => y + rowHeight / 2,
        stroke: "var(--muted)",
      }),
      Plot.text(rows, {
        y: "y",
        text: ({ name }: Bar) => shortenText(name, marginLeft - 10),
        frameAnchor: "left",
        textAnchor: "end",
        dx: -8,
      }),
      Plot.text(drawn, {
        x: "value",
        y: "y",
        text: "text",
        textAnchor: "start",
        dx: 5,
        fontVariant: "tabular-nums",
      }),
      Plot.text(
        rows.filter(({ value }) => value === undefined),
        { x: 0, y: "y", text: () => "does not spike", textAnchor: "start", dx: 6, fill: "var(--muted)" },
      ),
    ],
  }) as Element;
}
