import * as Plot from "@observablehq/plot";
import { figureDocument } from "../src/report/document.ts";
import { frameFigure } from "../src/report/figures/frame.ts";
import { symbolMark } from "../src/report/figures/legend.ts";
import type { LineStyle } from "../src/report/palette.ts";
import type { CaseResult, Timing } from "./compare.ts";
import type { MachineRates } from "./machine.ts";

interface Series {
  readonly name: string;
  readonly points: { readonly x: number; readonly y: number }[];
  readonly isLimit?: boolean;
}

export interface TimesFigure {
  readonly axis: "density" | "size";
  readonly series: readonly Series[];
}

const styles: readonly LineStyle[] = [
  { colour: "var(--signed)", symbol: "circle" },
  { colour: "var(--signed-tuned)", symbol: "diamond2" },
  { colour: "var(--unsigned-tuned)", symbol: "square", hollow: true },
  { colour: "var(--negative)", symbol: "triangle" },
  { colour: "var(--unsigned)", symbol: "square" },
  { colour: "var(--dataset)", symbol: "diamond2", hollow: true },
  { colour: "var(--quantized)", symbol: "circle", hollow: true },
];
const limitStyles: readonly Omit<LineStyle, "symbol">[] = [
  { colour: "var(--muted)", dash: "6 4" },
  { colour: "var(--muted)", dash: "2 3" },
];
const axes = {
  density: { label: "spikes (% of the inputs at a step)", of: "input density" },
  size: { label: "inputs and neurons", of: "layer size" },
};

/**
 * Milliseconds a time step of each of ours, and of each library's fastest variant that agrees, at each x; beside them
 * what the machine needs for every product, and for the additions that spikes ask for.
 */
export function timesByCase(
  points: readonly { readonly x: number; readonly steps: number; readonly result: CaseResult | undefined }[],
  rates: MachineRates | undefined,
): { readonly series: readonly Series[] } {
  const series = new Map<string, Series>();
  const add = (name: string, x: number, y: number, isLimit = false) => {
    if (!series.has(name)) series.set(name, { name, points: [], ...(isLimit && { isLimit }) });
    series.get(name)!.points.push({ x, y });
  };
  for (const { x, steps, result } of points) {
    if (result === undefined) continue;
    for (const { name, milliseconds } of result.ours) add(name, x, milliseconds / steps);
    for (const [library, { milliseconds }] of fastestByLibrary(result)) add(library, x, milliseconds / steps);
    if (rates === undefined) continue;
    const least = (amount: number, rate: number) => amount / rate / 1e6 / steps;
    add("limit: every product", x, least(result.work.amount, rates.multiplyOperations), true);
    if (result.events !== undefined)
      add("limit: additions of spikes", x, least(result.events.additions, rates.additions), true);
  }
  return { series: [...series.values()] };
}

function fastestByLibrary({ peers, tolerance }: CaseResult): Map<string, Timing> {
  const fastest = new Map<string, Timing>();
  for (const timing of peers) {
    const library = timing.name.split(/\W/, 1)[0]!;
    const known = fastest.get(library);
    if (timing.difference! > tolerance || (known && known.milliseconds <= timing.milliseconds)) continue;
    fastest.set(library, timing);
  }
  return fastest;
}

/** Time against density or size, both axes logarithmic, as SVG. */
export function timesFigure({ axis, series }: TimesFigure): string {
  const document = figureDocument();
  const measured = series.filter(({ isLimit }) => !isLimit);
  const limits = series.filter(({ isLimit }) => isLimit);
  const styled: readonly (Series & Omit<LineStyle, "symbol"> & Partial<Pick<LineStyle, "symbol">>)[] = [
    ...measured.map((each, i) => ({ ...each, ...styles[i % styles.length]! })),
    ...limits.map((each, i) => ({ ...each, ...limitStyles[i % limitStyles.length]! })),
  ];
  const xs = [...new Set(series.flatMap(({ points }) => points.map(({ x }) => x)))];
  const ys = roundNumbers(series.flatMap(({ points }) => points.map(({ y }) => y)));
  return frameFigure(
    {
      label: `Time of one step against ${axes[axis].of}, of each engine and library`,
      legend: styled.map(({ name, colour, symbol, dash, hollow }) => ({
        label: name,
        colour,
        symbol,
        line: true,
        dash,
        hollow,
      })),
      panels: [
        {
          draw: (width) =>
            Plot.plot({
              document,
              width,
              height: 340,
              marginLeft: 52,
              marginRight: 14,
              marginBottom: 40,
              x: { type: "log", inset: 8 },
              y: { type: "log", inset: 8 },
              marks: [
                Plot.gridY(ys, { stroke: "var(--hairline)", strokeOpacity: 1 }),
                Plot.axisY(ys, { tickSize: 0, text: String, label: "ms a step", labelArrow: "none" }),
                Plot.axisX(xs, {
                  tickSize: 4,
                  text: String,
                  label: axes[axis].label,
                  labelAnchor: "center",
                  labelArrow: "none",
                }),
                ...styled.map(({ points, colour, dash }) =>
                  Plot.line(points, {
                    x: "x",
                    y: "y",
                    stroke: colour,
                    strokeWidth: 2,
                    strokeDasharray: dash,
                  }),
                ),
                ...styled.flatMap(({ points, symbol, colour, hollow }) =>
                  symbol === undefined ? [] : [symbolMark(points, { colour, symbol, hollow })],
                ),
              ],
            }) as Element,
        },
      ],
    },
    { document, width: 760 },
  );
}

/** 1, 2 and 5 of each decade between the least and the greatest of some numbers. */
function roundNumbers(values: readonly number[]): number[] {
  const [least, greatest] = [Math.min(...values), Math.max(...values)];
  const rounded: number[] = [];
  for (let decade = Math.floor(Math.log10(least)); decade <= Math.log10(greatest); decade++)
    for (const digit of [1, 2, 5]) rounded.push(Number(`${digit}e${decade}`));
  return rounded.filter((value) => value >= least && value <= greatest);
}
