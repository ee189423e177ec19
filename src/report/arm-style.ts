import type { AdaptationArm, AdaptationMethod } from "./adaptation-data.ts";
import type { NetworkStyle } from "./palette.ts";

/**
 * The name of each way of adapting, and what its curves and symbols look like. The colours of the readout, the paths
 * and full fine-tuning keep an Oklab distance above 9 (of 100) under simulated protanopia, deuteranopia and
 * tritanopia, in light and in dark; the alternatives, more than colours can tell apart, are hollow and dashed.
 */
export const methodStyles: Record<AdaptationMethod, Omit<NetworkStyle, "short">> = {
  readout: { name: "readout only", colour: "var(--quantized)", symbol: "square", dash: "2 3" },
  subject: { name: "subject path", colour: "var(--signed)", symbol: "triangle" },
  stimulus: { name: "stimulus path", colour: "var(--unsigned)", symbol: "circle" },
  dataset: { name: "dataset path", colour: "var(--dataset)", symbol: "square" },
  paths: { name: "paths together", colour: "var(--signed-tuned)", symbol: "diamond2" },
  adapters: {
    name: "adapters",
    colour: "var(--unsigned-tuned)",
    symbol: "circle",
    hollow: true,
    dash: "5 3",
  },
  "low-rank": {
    name: "low-rank updates",
    colour: "var(--negative)",
    symbol: "triangle",
    hollow: true,
    dash: "5 3",
  },
  behaviour: {
    name: "behaviour MLP",
    colour: "var(--dataset)",
    symbol: "diamond2",
    hollow: true,
    dash: "5 3",
  },
  full: { name: "full fine-tuning", colour: "var(--float)", symbol: "square" },
  scratch: { name: "from scratch", colour: "var(--float)", symbol: "circle", hollow: true, dash: "7 4" },
};

/** The order of legends and tables: references, paths, alternatives, and what trains everything. */
export const methodOrder = Object.keys(methodStyles) as AdaptationMethod[];

export const modulationMethods: ReadonlySet<AdaptationMethod> = new Set([
  "subject",
  "stimulus",
  "dataset",
  "paths",
]);

export function armName({ method, name }: Pick<AdaptationArm, "method" | "name">): string {
  return name ?? methodStyles[method].name;
}

/** In `methodOrder`, arms of one method as they were given. */
export function inMethodOrder<Arm extends { readonly method: AdaptationMethod }>(
  arms: readonly Arm[],
): Arm[] {
  return [...arms].sort((a, b) => methodOrder.indexOf(a.method) - methodOrder.indexOf(b.method));
}
