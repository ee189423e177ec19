import { parseHTML } from "linkedom";
import { describe, expect, it } from "vitest";
import {
  accuracyBySteps,
  energyAndSpikes,
  figureDocument,
  firingRates,
  raster,
  sequentialError,
  trainingCurve,
} from "../../src/report/index.ts";
import { sampleReport } from "./sample-report.ts";
import { markupFaults } from "./well-formed.ts";

const document = figureDocument();
const sample = sampleReport();
const accuracyData = {
  series: sample.accuracyBySteps,
  float: sample.summary.ann.accuracy,
  quantized: sample.summary.quantized,
};
const energyData = { spiking: sample.summary.spiking, annNanojoules: sample.energy.annNanojoules };
const hostile = `<script>alert("1")</script>&nbsp;'\u0000\ud800`;
const one = { bits: 2, neurons: "signed", fineTuned: false } as const;
const image = { height: 2, width: 2, pixels: [0, 255, 128, 0] };

const figures: Record<string, (width: number) => string> = {
  "accuracy by steps": (width) => accuracyBySteps(accuracyData, { document, width }),
  "sequential error": (width) => sequentialError(sample.sequentialError, { document, width }),
  "firing rates": (width) => firingRates(sample.firingRates, { document, width }),
  "energy and spikes": (width) => energyAndSpikes(energyData, { document, width }),
  raster: (width) => raster(sample.raster!, { document, width }),
  "training curve": (width) => trainingCurve(sample.training!, { document, width }),
  "accuracy, no series": (width) => accuracyBySteps({ series: [], quantized: [] }, { document, width }),
  "accuracy, one point": (width) =>
    accuracyBySteps(
      { series: [{ ...one, points: [{ steps: 3, accuracy: 0.5 }] }], quantized: [] },
      { document, width },
    ),
  "accuracy, all equal, perfect and not a number": (width) =>
    accuracyBySteps(
      {
        series: [
          { ...one, points: [1, 2, 3].map((steps) => ({ steps, accuracy: 1 })) },
          { ...one, bits: 3, points: [{ steps: 1, accuracy: Number.NaN }] },
        ],
        float: 1,
        quantized: [{ bits: 2, accuracy: 1 }],
      },
      { document, width },
    ),
  "error, none": (width) => sequentialError([], { document, width }),
  "error, all zero and not a number, hostile name": (width) =>
    sequentialError(
      [
        {
          ...one,
          layers: [
            { name: hostile, error: 0 },
            { name: "b", error: Number.NaN },
          ],
        },
      ],
      { document, width },
    ),
  "rates, one layer": (width) =>
    firingRates([{ ...one, steps: 3, layers: [{ name: hostile.repeat(20), rate: 1 }] }], { document, width }),
  "energy, none": (width) => energyAndSpikes({ spiking: [] }, { document, width }),
  "energy, all zero": (width) =>
    energyAndSpikes(
      { spiking: [{ ...one, steps: 3, spikesPerImage: 0, energyNanojoules: 0 }], annNanojoules: 0 },
      { document, width },
    ),
  "raster, no spikes": (width) =>
    raster(
      {
        layers: [{ name: hostile, neurons: 3, spikes: [] }],
        steps: 1,
        image,
        label: hostile,
        predicted: hostile,
      },
      { document, width },
    ),
  "raster, no layers": (width) =>
    raster({ layers: [], steps: 400, image, label: 1, predicted: 2 }, { document, width }),
  "training, one point": (width) =>
    trainingCurve(
      {
        unit: "step",
        heldOut: "test images",
        phases: [{ name: hostile, points: [{ position: 0, loss: 0 }] }],
      },
      { document, width },
    ),
  "training, diverged": (width) =>
    trainingCurve(
      {
        unit: "epoch",
        heldOut: "validation images",
        phases: [
          {
            name: "float",
            points: [
              { position: 1, loss: 0.031, accuracy: 0.1, heldOutAccuracy: 0 },
              { position: 2, loss: Number.NaN, accuracy: 1, heldOutLoss: 0.032, heldOutAccuracy: 1 },
            ],
          },
          { name: "empty", points: [] },
        ],
      },
      { document, width },
    ),
  "training, nothing": (width) =>
    trainingCurve({ unit: "epoch", heldOut: "test images", phases: [] }, { document, width }),
};

describe.each(Object.entries(figures))("%s", (_name, draw) => {
  it.each([350, 720])("is well-formed, finite, described and the same again at %i pixels", (width) => {
    const markup = draw(width);
    expect(markupFaults(markup)).toEqual([]);
    expect(markup).not.toMatch(/NaN|Infinity|undefined|<script|url\(|href/);
    expect(markup.replaceAll("http://www.w3.org/2000/svg", "")).not.toMatch(/https?:/);
    const svg = parse(markup);
    expect(svg.getAttribute("xmlns")).toBe("http://www.w3.org/2000/svg");
    expect(svg.getAttribute("role")).toBe("img");
    expect(svg.getAttribute("aria-label")?.length).toBeGreaterThan(10);
    expect(Number(svg.getAttribute("width"))).toBe(width);
    expect(draw(width)).toBe(markup);
  });
});

function parse(markup: string): Element {
  return parseHTML(`<html><body>${markup}</body></html>`).document.querySelector("svg")!;
}

/** The x coordinates of symbols of one colour. */
function symbolX(svg: Element, colour: string): number[] {
  return [...svg.querySelectorAll(`g[fill="${colour}"][stroke="${colour}"]`)].flatMap((group) =>
    [...group.querySelectorAll("circle, path")].map((dot) =>
      Number(
        dot.getAttribute("cx") ??
          /translate\(([\d.]+)/.exec(
            dot.getAttribute("transform") ?? group.getAttribute("transform") ?? "",
          )?.[1],
      ),
    ),
  );
}

describe("what the figures show", () => {
  it("draws every shown accuracy and a marker for every clipped one", () => {
    const series = [{ ...one, points: [0.1, 0.95, 0.99].map((accuracy, i) => ({ steps: i + 1, accuracy })) }];
    const markup = accuracyBySteps({ series, float: 0.992, quantized: [] }, { document });
    const svg = parse(markup);
    expect(symbolX(svg, "var(--signed)")).toHaveLength(2 + 1);
    expect(svg.querySelectorAll('path[transform*="rotate(180)"]')).toHaveLength(1);
    expect(svg.textContent).toContain("▽ 1 point lies below the axis");
    expect(svg.textContent).toContain("10.00\u00a0%");
    expect(svg.getAttribute("aria-label")).toContain("2 bit spiking, signed: 99.00\u00a0% after 3 steps");
  });

  it("places errors in proportion on one axis", () => {
    const layers = [0, 0.1, 0.2].map((error, i) => ({ name: `l${i}`, error }));
    const xs = symbolX(
      parse(sequentialError([{ ...one, neurons: "unsigned", layers }], { document })),
      "var(--unsigned)",
    );
    const [zero, half, full] = xs.slice(-3);
    expect(full - zero).toBeGreaterThan(100);
    expect(half - zero).toBeCloseTo((full - zero) / 2, 1);
  });

  it("gives bars lengths in proportion and writes the numbers beside them", () => {
    const spiking = [{ ...one, steps: 3, spikesPerImage: 1234, energyNanojoules: 250 }];
    const svg = parse(energyAndSpikes({ spiking, annNanojoules: 1000 }, { document }));
    const bar = (colour: string) =>
      [...svg.querySelectorAll(`rect[fill="${colour}"]`)]
        .map((rect) => Number(rect.getAttribute("width")))
        .slice(-2);
    const [energy] = bar("var(--signed)");
    const [ann] = bar("var(--float)").slice(-1);
    expect(energy / ann).toBeCloseTo(0.25, 3);
    for (const text of ["1,000", "250", "1,234"]) expect(svg.textContent).toContain(text);
  });

  it("draws every spike of a layer that fits, in the colour of its sign", () => {
    const spikes = [
      { neuron: 0, step: 1, sign: 1 },
      { neuron: 4, step: 2, sign: 1 },
      { neuron: 4, step: 3, sign: -1 },
    ] as const;
    const layers = [{ name: "conv", neurons: 5, spikes: [...spikes] }];
    const svg = parse(raster({ layers, steps: 3, image, label: 4, predicted: 9 }, { document }));
    const bars = (colour: string): string[] =>
      svg
        .querySelector(`path[fill="${colour}"]`)
        ?.getAttribute("d")
        ?.match(/M[\d.]+ [\d.]+/g) ?? [];
    expect(bars("var(--ink)")).toHaveLength(2);
    expect(bars("var(--negative)")).toHaveLength(1);
    const height = (bar: string) => bar.split(" ")[1];
    expect(height(bars("var(--negative)")[0])).toBe(height(bars("var(--ink)")[1]));
    expect(svg.textContent).toContain("5 neurons, 3 spikes, 1 negative");
    expect(svg.textContent).toContain("network says: 9");
  });

  it("refuses spikes and images that contradict their sizes", () => {
    const layer = (neuron: number, step: number) => [
      { name: "conv", neurons: 5, spikes: [{ neuron, step, sign: 1 as const }] },
    ];
    const base = { steps: 3, image, label: 1, predicted: 1 };
    expect(() => raster({ ...base, layers: layer(5, 1) }, { document })).toThrow(
      /neuron 5 at step 1; expected/,
    );
    expect(() => raster({ ...base, layers: layer(0, 4) }, { document })).toThrow(/step 4; expected/);
    expect(() => raster({ ...base, layers: [], image: { ...image, width: 3 } }, { document })).toThrow(
      /4 pixels; expected 6/,
    );
    expect(() => raster({ ...base, layers: [], steps: 0 }, { document })).toThrow(/positive integer/);
    expect(() => raster({ ...base, layers: [] }, { document, width: 10 })).toThrow(/240 to 4000/);
  });
});
