import { parseHTML } from "linkedom";
import { describe, expect, it } from "vitest";
import {
  conversionAccuracy,
  conversionCosts,
  conversionError,
  conversionRates,
  figureDocument,
} from "../../src/report/index.ts";
import { sampleConversion } from "./sample-conversion.ts";
import { markupFaults } from "./well-formed.ts";

const document = figureDocument();
const sample = sampleConversion();
const { ann, variants, costs } = sample;
const long = `</svg>&'"\u0000${"layer".repeat(40)}`;
const invalid = { name: long, error: Number.NaN, rate: Number.NaN };

const figures: Record<string, (width: number) => string> = {
  accuracy: (width) => conversionAccuracy({ variants, ann: ann.accuracy }, { document, width }),
  "accuracy, none": (width) => conversionAccuracy({ variants: [], ann: 1 }, { document, width }),
  "accuracy, one step, not a number": (width) =>
    conversionAccuracy(
      {
        variants: [
          { name: long, accuracyBySteps: [{ steps: 3, accuracy: 0.5 }] },
          { name: "b", accuracyBySteps: [{ steps: 3, accuracy: Number.NaN }] },
        ],
        ann: Number.NaN,
      },
      { document, width },
    ),
  error: (width) => conversionError(variants, { document, width }),
  "error, none": (width) => conversionError([], { document, width }),
  "error, not a number": (width) => conversionError([{ name: long, layers: [invalid] }], { document, width }),
  rates: (width) => conversionRates(variants[0].layers, { document, width }),
  "rates, not a number": (width) => conversionRates([invalid], { document, width }),
  costs: (width) => conversionCosts(sample, { document, width }),
  "costs, all zero": (width) =>
    conversionCosts({ ann: { accuracy: 0, macs: 0, energyNanojoules: 0 }, costs: [] }, { document, width }),
};

describe.each(Object.entries(figures))("the figure of a conversion: %s", (_name, draw) => {
  it.each([350, 720])("is well-formed, finite, described and the same again at %i pixels", (width) => {
    const markup = draw(width);
    expect(markupFaults(markup)).toEqual([]);
    expect(markup).not.toMatch(/NaN|Infinity|undefined|<script|url\(|href/);
    const svg = parse(markup);
    expect(svg.getAttribute("aria-label")?.length).toBeGreaterThan(10);
    expect(Number(svg.getAttribute("width"))).toBe(width);
    expect(draw(width)).toBe(markup);
  });
});

function parse(markup: string): Element {
  return parseHTML(`<html><body>${markup}</body></html>`).document.querySelector("svg")!;
}

/** Where the symbols of the saved network stand, those of the legend left out. */
function savedSymbols(svg: Element): { x: number; y: number }[] {
  return [...svg.querySelectorAll('g[fill="var(--signed-tuned)"] path')]
    .map((path) => /translate\(([\d.]+),([\d.]+)\)/.exec(path.getAttribute("transform") ?? "")!)
    .map(([, x, y]) => ({ x: Number(x), y: Number(y) }))
    .slice(1);
}

describe("what the figures of a conversion show", () => {
  it("spaces doublings of T evenly and puts the ANN's accuracy at its height", () => {
    const accuracyBySteps = [1, 2, 4, 8].map((steps) => ({ steps, accuracy: steps === 8 ? 0.9 : 0.5 }));
    const svg = parse(
      conversionAccuracy({ variants: [{ name: "a", accuracyBySteps }], ann: 0.9 }, { document }),
    );
    const symbols = savedSymbols(svg);
    expect(symbols).toHaveLength(4);
    for (const i of [1, 2]) {
      expect(symbols[i + 1].x - symbols[i].x).toBeCloseTo(symbols[1].x - symbols[0].x, 1);
    }
    expect(svg.textContent).toContain("ANN 90.00\u00a0%");
    const level = svg.querySelector('g[stroke="var(--float)"] line, line[stroke="var(--float)"]')!;
    expect(Number(level.getAttribute("y1"))).toBeCloseTo(symbols[3].y, 1);
  });

  it("marks powers of two and the last step alone where every step was measured", () => {
    const accuracyBySteps = Array.from({ length: 100 }, (_, t) => ({ steps: t + 1, accuracy: 0.5 }));
    const svg = parse(
      conversionAccuracy({ variants: [{ name: "a", accuracyBySteps }], ann: 0.9 }, { document }),
    );
    expect(savedSymbols(svg)).toHaveLength(7 + 1);
  });

  it("places errors in proportion, one row a layer, and shortens long names to what tells them apart", () => {
    const names = ["layer3/layer3.2/Relu", "layer3/layer3.2/Relu_1", "layer3/layer3.1/Relu_1"];
    const layers = names.map((name, i) => ({ name, error: 0.1 * i, rate: 0 }));
    const svg = parse(conversionError([{ name: "a", layers }], { document, width: 260 }));
    const [zero, half, full] = savedSymbols(svg);
    expect(full.x - zero.x).toBeGreaterThan(50);
    expect(half.x - zero.x).toBeCloseTo((full.x - zero.x) / 2, 1);
    expect(full.y - half.y).toBeCloseTo(half.y - zero.y, 1);
    const shown = [...svg.querySelectorAll("text")].map(({ textContent }) => textContent ?? "");
    expect(shown.filter((text) => text.includes("…")).length).toBe(3);
    expect(new Set(shown.filter((text) => text.includes("…"))).size).toBe(3);
  });

  it("gives rates and energies bars in proportion", () => {
    const widths = (svg: Element, colour: string) =>
      [...svg.querySelectorAll(`g[fill="${colour}"] rect, rect[fill="${colour}"]`)].map((bar) =>
        Number(bar.getAttribute("width")),
      );
    const layers = [0.1, 0.2].map((rate, i) => ({ name: `l${i}`, rate }));
    const [half, full] = widths(parse(conversionRates(layers, { document })), "var(--signed-tuned)");
    expect(half / full).toBeCloseTo(0.5, 2);

    const svg = parse(
      conversionCosts(
        {
          ann: { ...ann, energyNanojoules: 1000 },
          costs: [{ ...costs[0], energyNanojoules: 250 }],
        },
        { document },
      ),
    );
    expect(widths(svg, "var(--signed-tuned)")[0] / widths(svg, "var(--float)")[0]).toBeCloseTo(0.25, 2);
    expect(svg.textContent).toContain("250 · 0.25×");
  });
});
