import * as Plot from "@observablehq/plot";
import { shortenText, textWidth } from "./text.ts";

export interface ArmRows {
  marginRight: number;
  x: Plot.ScaleOptions;
  /** False where the names stand beside another panel. */
  named: boolean;
}

const rowHeight = 26;
const marginTop = 8;
const marginBottom = 38;

/** Where the middle of a row lies on the y scale. */
export function rowMiddle(row: number): number {
  return (row + 0.5) * rowHeight;
}

/** Rows of equal height with names at the left, at least one, and marks over a common axis. */
export function armRows(
  names: readonly string[],
  { marginRight, x, named }: ArmRows,
  marks: readonly Plot.Markish[],
  width: number,
  document: Document,
): Element {
  const widest = Math.max(...names.map((name) => textWidth(name)));
  const marginLeft = named ? Math.ceil(Math.min(widest, width * 0.42) + 14) : 10;
  const height = names.length * rowHeight;
  return Plot.plot({
    document,
    width,
    height: height + marginTop + marginBottom,
    marginLeft,
    marginRight,
    marginTop,
    marginBottom,
    x,
    y: { domain: [0, height], reverse: true, axis: null },
    marks: [
      Plot.rect(
        names.flatMap((_, i) => (i % 2 === 0 ? [i * rowHeight] : [])),
        { y1: (top: number) => top, y2: (top: number) => top + rowHeight, fill: "var(--band)" },
      ),
      ...marks,
      Plot.text(named ? names : [], {
        y: (_, i) => rowMiddle(i),
        text: (name: string) => shortenText(name, marginLeft - 12),
        frameAnchor: "left",
        textAnchor: "end",
        dx: -10,
      }),
    ],
  }) as Element;
}
