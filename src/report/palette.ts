/**
 * One colour, one symbol and one name for each kind of network, the same in every figure, table and legend.
 *
 * Dense networks are neutral, spiking networks are coloured. The three spiking colours keep an Oklab distance
 * above 9 (of 100) under simulated protanopia, deuteranopia and tritanopia, in light and in dark, and each also
 * has its own symbol. Every colour is a CSS variable, `--striate-…`, that a host page may set.
 */
export type NetworkKind =
  | "float"
  | "quantized"
  | "unsigned"
  | "unsigned-fine-tuned"
  | "signed"
  | "signed-fine-tuned";

export type SymbolName = "circle" | "square" | "triangle" | "diamond2";

export interface NetworkStyle {
  name: string;
  /** The name where it is clear that a spiking network is meant. */
  short: string;
  /** A CSS colour that is legible on the figure's background in light and dark. */
  colour: string;
  symbol: SymbolName;
  /** SVG `stroke-dasharray`; undefined is a solid line. */
  dash?: string;
  /** Symbols and bars are drawn as outlines. */
  hollow?: boolean;
}

/** What sets a curve and its symbols apart from the others. */
export type LineStyle = Pick<NetworkStyle, "colour" | "symbol" | "dash" | "hollow">;

export const networkStyles: Record<NetworkKind, NetworkStyle> = {
  float: {
    name: "float network",
    short: "float network",
    colour: "var(--float)",
    symbol: "square",
    dash: "7 4",
  },
  quantized: {
    name: "quantised network",
    short: "quantised",
    colour: "var(--quantized)",
    symbol: "square",
    dash: "2 3",
  },
  unsigned: { name: "spiking, unsigned", short: "unsigned", colour: "var(--unsigned)", symbol: "circle" },
  "unsigned-fine-tuned": {
    name: "spiking, unsigned, fine-tuned",
    short: "unsigned, fine-tuned",
    colour: "var(--unsigned-tuned)",
    symbol: "circle",
    dash: "5 3",
    hollow: true,
  },
  signed: { name: "spiking, signed", short: "signed", colour: "var(--signed)", symbol: "triangle" },
  "signed-fine-tuned": {
    name: "spiking, signed, fine-tuned",
    short: "signed, fine-tuned",
    colour: "var(--signed-tuned)",
    symbol: "diamond2",
  },
};

/** The order of rows, legends and bars: from the dense network to the most refined spiking one. */
export const networkOrder = Object.keys(networkStyles) as NetworkKind[];

export function spikingKind(neurons: "unsigned" | "signed", fineTuned: boolean): NetworkKind {
  return fineTuned ? `${neurons}-fine-tuned` : neurons;
}

const colours: Record<string, [light: string, dark: string]> = {
  paper: ["#ffffff", "#14171c"],
  ink: ["#1f2328", "#e6edf3"],
  muted: ["#59636e", "#9aa4b0"],
  hairline: ["#d8dde3", "#333a44"],
  band: ["#f2f4f7", "#1d222a"],
  float: ["#1f2328", "#e6edf3"],
  quantized: ["#868f99", "#8b949e"],
  unsigned: ["#d16a00", "#f59a3d"],
  "unsigned-tuned": ["#b07d2b", "#b8742a"],
  signed: ["#1671c4", "#58a6ff"],
  "signed-tuned": ["#006b52", "#3ddbb0"],
  negative: ["#d6246e", "#ff6fa3"],
  dataset: ["#5f259f", "#a650e6"],
};

function declarations(mode: 0 | 1): string {
  return Object.entries(colours)
    .map(([name, pair]) => `--${name}:var(--striate-${name},${pair[mode]})`)
    .join(";");
}

/**
 * CSS that defines the palette's variables on `selector`, light by default and dark where the reader's screen
 * prefers it. Paper is always light. A host page overrides a colour by setting `--striate-<name>`.
 */
export function paletteCss(selector: string): string {
  return `${selector}{${declarations(0)}}@media screen and (prefers-color-scheme:dark){${selector}{${declarations(1)}}}`;
}
