import { parseHTML } from "linkedom";
import { describe, expect, it } from "vitest";
import { layOutGraph } from "../../src/report/figures/graph-layout.ts";
import { type GraphNode, graphFigure } from "../../src/report/index.ts";
import { markupFaults } from "./well-formed.ts";

const node = (name: string, ...inputs: string[]): GraphNode => ({ name, type: name, inputs });
const residual = [
  { ...node("image"), role: "port" as const, detail: "3 × 32 × 32" },
  { ...node("conv1", "image"), role: "linear" as const },
  { ...node("relu1", "conv1"), role: "activation" as const },
  { ...node("conv2", "relu1"), role: "linear" as const },
  node("add", "conv2", "image"),
];
const shortcut = [
  ...residual.slice(0, 4),
  node("slice", "image"),
  node("pad", "slice"),
  node("add", "conv2", "pad"),
];
const recurrent = [
  node("in"),
  node("w", "in"),
  node("lif", "w", "back"),
  node("back", "lif"),
  node("self", "lif", "self"),
];
const dense = Array.from({ length: 8 }, (_, i) =>
  node(`d${i}`, ...Array.from({ length: i }, (__, j) => `d${j}`)),
);
const hostile = `<script>alert("1")</script>&nbsp;'\u0000\ud800`;
const graphs: Record<string, GraphNode[]> = {
  residual,
  shortcut,
  recurrent,
  dense,
  "one node": [node("only")],
  nothing: [],
  "hostile text": [{ name: hostile, type: hostile, detail: hostile.repeat(9), inputs: [] }],
  "all roots": ["a", "b", "c"].map((name) => node(name)),
};

describe.each(Object.entries(graphs))("%s", (_, nodes) => {
  it("is well-formed, finite, described and the same again", () => {
    const markup = graphFigure(nodes, { label: hostile });
    expect(markupFaults(markup)).toEqual([]);
    expect(markup).not.toMatch(/NaN|Infinity|undefined|<script|url\(|href/);
    expect(graphFigure(nodes, { label: hostile })).toBe(markup);
    const svg = parseHTML(`<html><body>${markup}</body></html>`).document.querySelector("svg")!;
    expect(svg.getAttribute("aria-label")).toContain(`${nodes.length} nodes`);
    expect(svg.querySelectorAll("title")).toHaveLength(nodes.length);
  });

  it("has no two nodes in one place, and no straight edge that passes one", () => {
    const { layer, column, edges } = layOutGraph(nodes);
    const places = new Set(nodes.map((__, index) => `${layer[index]} ${column[index]}`));
    expect(places.size).toBe(nodes.length);
    for (const { from, to, detour } of edges)
      if (detour === undefined) expect(layer[to]).toBe(layer[from] + 1);
  });

  it("has a lane of its own for every edge that takes a detour past the same layers", () => {
    const { layer, edges } = layOutGraph(nodes);
    const detours = edges.flatMap(({ from, to, detour }) =>
      detour === undefined
        ? []
        : [{ key: `${detour.gutter} ${detour.lane}`, span: [layer[from], layer[to]].sort((a, b) => a - b) }],
    );
    for (const [index, one] of detours.entries()) {
      for (const other of detours.slice(index + 1)) {
        if (one.key === other.key)
          expect(one.span[1] < other.span[0] || other.span[1] < one.span[0]).toBe(true);
      }
    }
  });
});

describe("the layout", () => {
  const laidOut = (nodes: GraphNode[]) => {
    const { layer, column, edges } = layOutGraph(nodes);
    const at = Object.fromEntries(nodes.map(({ name }, i) => [name, [layer[i], column[i]]]));
    return {
      at,
      detours: edges.filter(({ detour }) => detour).map(({ from, to }) => [nodes[from].name, nodes[to].name]),
    };
  };

  it("puts a chain in one column and its shortcut beside it", () => {
    expect(laidOut(residual)).toEqual({
      at: { image: [0, 0], conv1: [1, 0], relu1: [2, 0], conv2: [3, 0], add: [4, 0] },
      detours: [["image", "add"]],
    });
    expect(laidOut(shortcut)).toEqual({
      at: {
        image: [0, 0],
        conv1: [1, 0],
        relu1: [2, 0],
        conv2: [3, 0],
        slice: [1, 1],
        pad: [2, 1],
        add: [4, 0],
      },
      detours: [["pad", "add"]],
    });
  });

  it("lets only the edges that close a cycle run upwards", () => {
    const { at, detours } = laidOut(recurrent);
    expect(at.back).toEqual([3, expect.any(Number)]);
    expect(detours).toEqual(
      expect.arrayContaining([
        ["back", "lif"],
        ["self", "self"],
      ]),
    );
    expect(detours).toHaveLength(2);
  });

  it("does not depend on the order of the nodes", () => {
    expect(laidOut(shortcut.toReversed()).at).toEqual(laidOut(shortcut).at);
  });

  it("refuses two nodes of one name and an input that is not there", () => {
    expect(() => graphFigure([node("a"), node("a")])).toThrow(/Two nodes/);
    expect(() => graphFigure([node("a", "ghost")])).toThrow(/'a' takes 'ghost'/);
  });
});

it("gives every role that occurs its colour, in the nodes and in the legend", () => {
  const markup = graphFigure(residual);
  for (const text of ["linear", "neuron or activation", "input or output", "other", "3 × 32 × 32"]) {
    expect(markup).toContain(text);
  }
  expect(markup.match(/stroke="var\(--signed\)"/g)).toHaveLength(2 + 1);
  expect(graphFigure([node("a")])).not.toContain("linear<");
});
