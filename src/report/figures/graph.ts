import { html, Markup } from "../markup.ts";
import { figureCss } from "./frame.ts";
import { type LinkedNode, layOutGraph } from "./graph-layout.ts";
import { type Box, boxHeight, edgePath, placeNodes } from "./graph-routes.ts";
import { fontSize, shortenText, textWidth } from "./text.ts";

/** What a node does, which gives its colour. */
export type GraphRole = "port" | "linear" | "activation" | "other";

export interface GraphNode extends LinkedNode {
  /** Unique in the graph; shown while one points at the node. */
  readonly name: string;
  /** Such as "Conv" or "LIF". */
  readonly type: string;
  /** Such as the shape of its weights. */
  readonly detail?: string;
  /** Names of the nodes whose values it takes. A cycle is recurrence. */
  readonly inputs: readonly string[];
  /** Default "other". */
  readonly role?: GraphRole;
}

export interface GraphFigureOptions {
  /** What a person who cannot see the figure is told before the number of nodes. Default "A network". */
  readonly label?: string;
}

const roles: Record<GraphRole, { readonly name: string; readonly colour: string }> = {
  port: { name: "input or output", colour: "var(--ink)" },
  linear: { name: "linear", colour: "var(--signed)" },
  activation: { name: "neuron or activation", colour: "var(--unsigned)" },
  other: { name: "other", colour: "var(--quantized)" },
};

const detailSize = fontSize - 1;
const widestText = 220;
const legendHeight = 30;

/**
 * Draws a directed graph from top to bottom as standalone SVG, as wide and as high as its nodes need.
 *
 * @throws StriateError for two nodes of one name and for an input that no node has.
 */
export function graphFigure(nodes: readonly GraphNode[], options: GraphFigureOptions = {}): string {
  const layout = layOutGraph(nodes);
  const texts = nodes.map(({ type, detail = "" }) => ({
    type: shortenText(type, widestText),
    detail: shortenText(detail, widestText),
  }));
  const placed = placeNodes(layout, texts.map(boxWidth), legendHeight);
  const legend = drawLegend(nodes);
  const width = 2 * Math.ceil(Math.max(placed.width, legend.width) / 2);
  const height = Math.ceil(placed.height);
  const edges = layout.edges.map((edge) => edgePath(edge, layout, placed));
  const label = `${options.label ?? "A network"}: ${nodes.length} nodes, ${edges.length} connections`;
  return html`<svg xmlns="http://www.w3.org/2000/svg" class="striate-figure" role="img" aria-label="${label}" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" font-family="system-ui, -apple-system, 'Segoe UI', Roboto, 'Helvetica Neue', Arial, sans-serif" font-size="${fontSize}" fill="currentColor"><style>${new Markup(figureCss)}</style>${legend.markup}
<g transform="translate(${Math.floor((width - placed.width) / 2)},0)"><g fill="none" stroke="var(--muted)" stroke-width="1.2">${edges.map(({ line }) => html`<path d="${line}"/>`)}</g>
<g fill="var(--muted)">${edges.map(({ head }) => html`<path d="${head}"/>`)}</g>
${nodes.map((node, index) => drawNode(node, texts[index], placed.boxes[index]))}</g></svg>
`.text;
}

interface NodeText {
  readonly type: string;
  readonly detail: string;
}

/** The type is set in semibold, wider than the estimate. */
function boxWidth({ type, detail }: NodeText): number {
  const behind = detail === "" ? 0 : 8 + textWidth(detail, detailSize);
  return Math.round(Math.max(56, 22 + textWidth(type) * 1.15 + behind));
}

function drawNode(
  { name, role = "other" }: GraphNode,
  { type, detail }: NodeText,
  { x, y, width }: Box,
): Markup {
  const { colour } = roles[role];
  const behind =
    detail === ""
      ? undefined
      : html`<tspan dx="8" font-size="${detailSize}" fill="var(--muted)">${detail}</tspan>`;
  return html`<g><title>${name}</title><rect x="${x}" y="${y}" width="${width}" height="${boxHeight}" rx="5" fill="${colour}" fill-opacity="0.12" stroke="${colour}" stroke-width="1.3"/><text x="${x + width / 2}" y="${y + boxHeight / 2}" dy="0.35em" text-anchor="middle"><tspan font-weight="600">${type}</tspan>${behind}</text></g>
`;
}

/** The roles that occur, in one row. */
function drawLegend(nodes: readonly GraphNode[]): { markup: Markup; width: number } {
  const present = new Set(nodes.map(({ role = "other" }) => role));
  let x = 4;
  const items = Object.entries(roles)
    .filter(([role]) => present.has(role as GraphRole))
    .map(([, { name, colour }]) => {
      const left = x;
      x += 18 + textWidth(name) + 18;
      return html`<rect x="${left}" y="4" width="12" height="12" rx="2" fill="${colour}" fill-opacity="0.25" stroke="${colour}"/><text x="${left + 18}" y="10" dy="0.35em">${name}</text>`;
    });
  return { markup: html`<g>${items}</g>`, width: x };
}
