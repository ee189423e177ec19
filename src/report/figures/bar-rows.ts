import * as Plot from "@observablehq/plot";
import { shortenText, textWidth } from "./text.ts";

/** One horizontal bar from zero, its name at the left and its number at the right. */
export interface Bar {
  name: string;
  /** Bars of one group stand together under this heading. */
  group?: string;
  colour: string;
  /** Undefined where `text` says why there is no bar. */
  value: number | undefined;
  text: string;
}

const rowHeight = 22;
const barHeight = 15;
const headingHeight = 26;

/** Bars under one another, on one scale that starts at zero. */
export function barRows(bars: readonly Bar[], width: number, document: Document): Element {
  const headings: { text: string; y: number }[] = [];
  let bottom = 0;
  const rows = bars.map((bar, i) => {
    if (bar.group !== undefined && bar.group !== bars[i - 1]?.group) {
      headings.push({ text: bar.group, y: bottom + headingHeight - 9 });
      bottom += headingHeight;
    }
    const y = bottom + rowHeight / 2;
    bottom += rowHeight;
    return { ...bar, y };
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
        fill: "colour",
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
        { x: 0, y: "y", text: "text", textAnchor: "start", dx: 6, fill: "var(--muted)" },
      ),
    ],
  }) as Element;
}
