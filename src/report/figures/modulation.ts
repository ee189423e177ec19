import { StriateError } from "../../error.ts";
import type { PathModulation } from "../adaptation-data.ts";
import { plural, significant } from "../numbers.ts";
import { finiteValues, rootMeanSquare } from "../quantiles.ts";
import { colourBar } from "./colour-bar.ts";
import { type FigureOptions, figureWidth, frameFigure, type Panel } from "./frame.ts";
import { shadedCells } from "./shaded-cells.ts";
import { svgElement } from "./svg.ts";
import { fontSize, shortenText } from "./text.ts";

const negative = "var(--signed)";
const positive = "var(--unsigned)";
const shades = 20;
const rowHeight = 16;
const headingHeight = 22;
const marginLeft = 62;
const marginRight = 52;

/**
 * What each path does to the frozen core: γ and β of every channel (columns) after every block (rows), blue below
 * zero, orange above, on one scale for all of them.
 */
export function modulationFigure(paths: readonly PathModulation[], options: FigureOptions): string {
  const { document } = options;
  paths.forEach(checkPath);
  const drawn = paths.filter(({ gamma }) => gamma.some(({ length }) => length > 0));
  const limit = scaleLimit(drawn);
  const width = figureWidth(options);
  return frameFigure(
    {
      label: `Modulation of the core’s channels by block. ${drawn.map(describe).join("; ")}.`,
      key:
        drawn.length === 0
          ? undefined
          : (keyWidth) =>
              colourBar(
                {
                  label: "γ and β",
                  low: significant(-limit, 2),
                  high: significant(limit, 2),
                  colour: (fraction) => ({
                    fill: fraction < 0.5 ? negative : positive,
                    "fill-opacity": Math.round(Math.abs(2 * fraction - 1) * 1000) / 1000,
                  }),
                },
                keyWidth,
                document,
              ),
      panels: drawn.map(
        (path): Panel => ({
          title: shortenText(path.name, width * 0.85),
          subtitle: plural(path.gamma[0].length, "channel"),
          draw: (panelWidth) => drawPath(path, limit, panelWidth, document),
        }),
      ),
      notes: remarks(drawn, limit),
    },
    options,
  );
}

function checkPath({ name, gamma, beta }: PathModulation): void {
  const channels = gamma[0]?.length ?? 0;
  if (beta.length !== gamma.length || [...gamma, ...beta].some(({ length }) => length !== channels)) {
    throw new StriateError(
      `The modulation of ${name} has ${gamma.length} blocks of γ, ${beta.length} of β, of ${[...new Set([...gamma, ...beta].map(({ length }) => length))].join(", ")} channels; expected as many of each`,
    );
  }
}

function values({ gamma, beta }: PathModulation): number[] {
  return [...gamma, ...beta].flatMap(finiteValues);
}

/** The value that has the full colour: 99 of 100 values do not exceed it, so that single channels do not pale the rest. */
function scaleLimit(paths: readonly PathModulation[]): number {
  const sizes = paths
    .flatMap(values)
    .map(Math.abs)
    .sort((a, b) => a - b);
  const limit = sizes[Math.ceil(sizes.length * 0.99) - 1] || sizes.at(-1) || 1;
  return Number(limit.toPrecision(2));
}

function describe(path: PathModulation): string {
  const overall = (blocks: readonly ArrayLike<number>[]) =>
    significant(rootMeanSquare(blocks.flatMap((block) => Array.from(block))), 2);
  return `${path.name}: root mean square of γ ${overall(path.gamma)}, of β ${overall(path.beta)}`;
}

function remarks(paths: readonly PathModulation[], limit: number): string[] {
  const notes: string[] = [];
  if (paths.length > 0) notes.push("rms: the root of the mean square over the channels of a block.");
  const beyond = paths.flatMap(values).filter((value) => Math.abs(value) > limit).length;
  if (beyond > 0) notes.push(`${plural(beyond, "value lies", "values lie")} beyond the ends of the scale.`);
  for (const path of paths) {
    if (values(path).every((value) => value === 0)) {
      notes.push(`${path.name}: every γ and β is exactly 0, which leaves the core as it is.`);
    }
  }
  return notes;
}

function drawPath(path: PathModulation, limit: number, width: number, document: Document): Element {
  const root = svgElement(document, "svg", { width });
  const channels = path.gamma[0].length;
  const mapWidth = width - marginLeft - marginRight;
  const write = (x: number, y: number, text: string, attributes: Record<string, string | number> = {}) =>
    root.append(svgElement(document, "text", { x, y, "text-anchor": "end", ...attributes }, text));
  const muted = { fill: "var(--muted)", "font-size": fontSize - 1 };
  let top = 0;
  for (const [symbol, blocks] of [
    ["γ", path.gamma],
    ["β", path.beta],
  ] as const) {
    write(marginLeft, top + headingHeight - 8, symbol, { "text-anchor": "start", "font-weight": 600 });
    write(width, top + headingHeight - 8, "rms", muted);
    top += headingHeight;
    const height = blocks.length * rowHeight;
    const map = svgElement(document, "g", {
      transform: `translate(${marginLeft},${top}) scale(${mapWidth / channels},${rowHeight})`,
      "shape-rendering": "crispEdges",
    });
    const shadeOf = (value: number) =>
      Number.isFinite(value) ? Math.round(Math.max(-1, Math.min(1, value / limit)) * shades) : 0;
    const cells = blocks.flatMap((block) => Array.from(block));
    for (const [shade, d] of shadedCells(cells, channels, shadeOf)) {
      const opacity = (Math.abs(shade) / shades).toFixed(2);
      map.append(
        svgElement(document, "path", { d, fill: shade < 0 ? negative : positive, "fill-opacity": opacity }),
      );
    }
    root.append(map);
    const frame = { x: marginLeft, y: top, width: mapWidth, height };
    root.append(svgElement(document, "rect", { ...frame, fill: "none", stroke: "var(--hairline)" }));
    blocks.forEach((block, i) => {
      const y = top + i * rowHeight + rowHeight / 2 + 4;
      write(marginLeft - 8, y, `block ${i + 1}`);
      write(width, y, significant(rootMeanSquare(block), 2), { "font-variant": "tabular-nums" });
    });
    top += height + 4;
  }
  write(marginLeft, top + 12, "channel 1", { ...muted, "text-anchor": "start" });
  write(marginLeft + mapWidth, top + 12, `${channels}`, muted);
  root.setAttribute("height", String(top + 18));
  return root;
}
