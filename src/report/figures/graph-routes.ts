import type { GraphLayout, LaidOutEdge } from "./graph-layout.ts";

export interface Box {
  readonly x: number;
  readonly y: number;
  readonly width: number;
}

export interface PlacedGraph {
  readonly boxes: readonly Box[];
  /** Where the first lane of each gap between columns runs. */
  readonly firstLane: readonly number[];
  readonly width: number;
  readonly height: number;
}

/** Pixels. */
export const boxHeight = 26;
const layerGap = 20;
const laneWidth = 10;
const gutterMargin = 16;
const border = 4;
const bend = 8;
const headLength = 6;
const headWidth = 7;

/** Gives every node its place: centred in its column, which is as wide as its widest node. */
export function placeNodes(layout: GraphLayout, widths: readonly number[], top: number): PlacedGraph {
  const columns = Math.max(0, ...layout.column.map((column) => column + 1));
  const columnWidth = new Array<number>(columns).fill(0);
  layout.column.forEach((column, node) => {
    columnWidth[column] = Math.max(columnWidth[column], widths[node]);
  });
  const lanes = new Array<number>(columns).fill(0);
  for (const { detour } of layout.edges) {
    if (detour !== undefined) lanes[detour.gutter] = Math.max(lanes[detour.gutter], detour.lane + 1);
  }
  const firstLane: number[] = [];
  const columnLeft: number[] = [];
  let x = border;
  for (let column = 0; column < columns; column++) {
    columnLeft.push(x);
    x += columnWidth[column];
    firstLane.push(x + gutterMargin);
    const last = column === columns - 1;
    if (lanes[column] > 0) x += gutterMargin + (lanes[column] - 1) * laneWidth + (last ? 2 : gutterMargin);
    else if (!last) x += gutterMargin;
  }
  const boxes = layout.column.map((column, node) => ({
    x: columnLeft[column] + (columnWidth[column] - widths[node]) / 2,
    y: top + layout.layer[node] * (boxHeight + layerGap),
    width: widths[node],
  }));
  const lowest = Math.max(top, ...boxes.map(({ y }) => y + boxHeight));
  return { boxes, firstLane, width: x + border, height: lowest + border };
}

/** The line of an edge, and the head of the arrow where it ends. */
export function edgePath(
  { from, to, detour }: LaidOutEdge,
  { column }: GraphLayout,
  { boxes, firstLane }: PlacedGraph,
): { line: string; head: string } {
  const [source, target] = [boxes[from], boxes[to]];
  if (detour === undefined) {
    const [x, y, tipX, tipY] = [middle(source), source.y + boxHeight, middle(target), target.y];
    const curve = `C${x} ${y + layerGap / 2} ${tipX} ${y + 2} ${tipX} ${tipY - headLength}`;
    const line = x === tipX ? `V${tipY - headLength}` : curve;
    return { line: `M${x} ${y}${line}`, head: arrowHead(tipX, tipY, "down") };
  }
  const lane = firstLane[detour.gutter] + detour.lane * laneWidth;
  const sign = target.y > source.y ? 1 : -1;
  const end = enter(target, column[to] - detour.gutter, lane, sign);
  return { line: `${leave(source, column[from] - detour.gutter, lane, sign)}${end.line}`, head: end.head };
}

const middle = ({ x, width }: Box) => x + width / 2;

/**
 * From a box into a lane. `beside`: columns from the lane's gap to the box; 0 and 1 lie on either side of it, and from
 * there the line leaves sideways. `sign` is 1 where the lane goes down.
 */
function leave(box: Box, beside: number, lane: number, sign: 1 | -1): string {
  if (beside > 1) {
    const y = sign > 0 ? box.y + boxHeight : box.y;
    const x = middle(box);
    return `M${x} ${y}C${x} ${y + sign * layerGap} ${lane} ${y} ${lane} ${y + sign * layerGap}`;
  }
  const x = beside === 0 ? box.x + box.width : box.x;
  const y = box.y + boxHeight * (sign > 0 ? 0.5 : 0.8);
  const inwards = beside === 0 ? -bend : bend;
  return `M${x} ${y}H${lane + inwards}Q${lane} ${y} ${lane} ${y + sign * bend}`;
}

/** From a lane into a box; see `leave`. */
function enter(box: Box, beside: number, lane: number, sign: 1 | -1): { line: string; head: string } {
  if (beside > 1) {
    const x = middle(box);
    const y = sign > 0 ? box.y : box.y + boxHeight;
    const [start, stop] = [y - sign * layerGap, y - sign * headLength];
    return {
      line: `V${start}C${lane} ${y - sign * 2} ${x} ${start} ${x} ${stop}`,
      head: arrowHead(x, y, sign > 0 ? "down" : "up"),
    };
  }
  const x = beside === 0 ? box.x + box.width : box.x;
  const y = box.y + boxHeight * (sign > 0 ? 0.5 : 0.2);
  const inwards = beside === 0 ? -bend : bend;
  return {
    line: `V${y - sign * bend}Q${lane} ${y} ${lane + inwards} ${y}H${x + (beside === 0 ? headLength : -headLength)}`,
    head: arrowHead(x, y, beside === 0 ? "left" : "right"),
  };
}

function arrowHead(x: number, y: number, direction: "down" | "up" | "left" | "right"): string {
  const back = direction === "down" || direction === "right" ? -headLength : headLength;
  return direction === "down" || direction === "up"
    ? `M${x} ${y}l${-headWidth / 2} ${back}h${headWidth}z`
    : `M${x} ${y}l${back} ${-headWidth / 2}v${headWidth}z`;
}
