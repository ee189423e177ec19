import { parseHTML } from "linkedom";
import { describe, expect, it } from "vitest";
import type { ConversionReport } from "../../src/report/conversion-data.ts";
import { conversionHeadline, conversionLead } from "../../src/report/conversion-words.ts";
import { conversionTextTable, renderConversion } from "../../src/report/index.ts";
import { sampleConversion } from "./sample-conversion.ts";
import { markupFaults } from "./well-formed.ts";

const sample = sampleConversion();
const page = renderConversion(sample);
const { document } = parseHTML(page);

/** The sample with other variants, each by its accuracies in percent after 8, 16, … steps. */
function withAccuracies(...variants: [name: string, ...percents: number[]][]): ConversionReport {
  return {
    ...sample,
    variants: variants.map(([name, ...percents]) => ({
      name,
      accuracyBySteps: percents.map((value, i) => ({ steps: 8 * 2 ** i, accuracy: value / 100 })),
      layers: [],
    })),
  };
}

describe("the page on a conversion", () => {
  it("is well-formed, loads nothing, and is the same from the same report", () => {
    expect(markupFaults(page)).toEqual([]);
    expect(renderConversion(sampleConversion())).toBe(page);
    expect(page).not.toMatch(/NaN|undefined|Infinity|\[object|<script|<img|url\(|href=/);
    expect(page.replaceAll('xmlns="http://www.w3.org/2000/svg"', "")).not.toMatch(/https?:|\/\//);
  });

  it("tells its structure, each figure wide and narrow, with how to read it", () => {
    expect([...document.querySelectorAll("h2")].map((heading) => heading.textContent)).toEqual([
      "Before and after",
      "What to know",
      "Accuracy, step by step",
      "Where conversion loses accuracy",
      "How busy the layers are",
      "Operations and energy",
      "Do it again",
    ]);
    expect(document.querySelectorAll("figure")).toHaveLength(4);
    for (const figure of document.querySelectorAll("figure")) {
      expect(figure.querySelectorAll("svg[role=img][aria-label]")).toHaveLength(2);
      expect(figure.querySelector("figcaption")?.textContent).toMatch(/^How to read it: .{80}/);
    }
    for (const text of [...sample.notes, ...sample.energyCaveats]) expect(page).toContain(text);
  });

  it("shows costs beside the ANN's, energy as a multiple of it", () => {
    const rows = [...document.querySelector("table")!.querySelectorAll("tbody tr")].map((row) =>
      [...row.querySelectorAll("th, td")].map((cell) => cell.textContent),
    );
    expect(rows[0]).toEqual(["ANN", "91.50", "–", "40,813,184", "187,741", "–"]);
    expect(rows.at(-1)).toEqual(["T = 64", "91.10", "909,472", "169,625,632", "154,656", "0.824"]);
  });

  it("escapes hostile names and leaves out what it was not given", () => {
    const bad = `</style><script>alert('x')</script><img src=x onerror="y">&\u0000\u202e`;
    const variants = sampleConversion().variants.map((variant) => ({
      ...variant,
      name: bad,
      layers: [{ name: bad, error: 1, rate: Number.NaN }],
    }));
    const hostile = renderConversion({ ...sample, subject: bad, method: bad, data: bad, variants });
    expect(markupFaults(hostile)).toEqual([]);
    expect(hostile).not.toMatch(/<script|<img|\0/);
    const bare = renderConversion({ ...sample, variants: [], costs: [], notes: [] });
    expect(markupFaults(bare)).toEqual([]);
    expect(bare.match(/<h2>/g)).toHaveLength(2);
    expect(parseHTML(bare).document.querySelector("h1")?.textContent).toBe(
      "resnet20-cifar10.onnx was converted to spikes (91.5\u00a0% before conversion)",
    );
  });
});

describe("the words", () => {
  it("give the accuracy after the most steps costed, else measured", () => {
    expect(conversionHeadline(sample)).toBe(
      "resnet20-cifar10.onnx spikes: 91.1\u00a0% at T\u00a0=\u00a064 (91.5\u00a0% before conversion)",
    );
    expect(conversionHeadline({ ...withAccuracies(["all", 50, 60]), costs: [] })).toContain(
      "60.0\u00a0% at T\u00a0=\u00a016",
    );
  });

  it("say what the corrections added, and what they took", () => {
    const told = (...variants: Parameters<typeof withAccuracies>) =>
      conversionLead(withAccuracies(...variants))[1]?.replaceAll("\u00a0", " ");
    expect(told(["plain", 50, 80, 90, 91], ["all", 60.5, 82, 90.04, 90.6])).toBe(
      "The saved network is “all”. In percentage points of accuracy, against “plain” it gains 10.5 at T = 8, 2.0 at T = 16, is level at T = 32 and loses 0.4 at T = 64.",
    );
    expect(told(["plain", 1, 2, 50, 80, 90, 91], ["all", 1, 2, 40, 70, 80, 81])).toContain(
      "it loses 10.0 at T = 32, 10.0 at T = 64, 10.0 at T = 128 and 10.0 at T = 256.",
    );
    expect(told(["a", 50], ["b", 60], ["all", 55])).toContain(
      "against “a” it gains 5.0 at T = 8; against “b” it loses 5.0 at T = 8.",
    );
    expect(told(["all", 55])).toBeUndefined();
    expect(told(["unmeasured"], ["all", 55])).toBeUndefined();
  });

  it("say what it costs, dearer or cheaper", () => {
    const [first] = conversionLead(sample);
    expect(first).toContain("0.40 percentage points below the ANN");
    expect(first).toContain("909,472 spikes");
    expect(first).toContain("1.2 times less than the ANN’s");
    const dear = { ...sample.costs[3], energyNanojoules: 3 * sample.ann.energyNanojoules };
    expect(conversionLead({ ...sample, costs: [dear] })[0]).toContain("3.0 times as much as the ANN’s");
  });
});

describe("the tables for the terminal", () => {
  const lines = conversionTextTable(sample).split("\n");

  it("give a row for each doubling of T and a column for each variant, in 80 characters", () => {
    expect(lines[0]).toMatch(/^ANN, before conversion: 91\.50\u00a0%/);
    const rows = lines.filter((line) => /^ *\d+ {2}/.test(line));
    expect(rows.map((row) => Number.parseInt(row, 10))).toEqual([1, 2, 4, 8, 16, 32, 64, 128]);
    expect(rows[5].trim().split(/ +/)).toEqual([
      "32",
      ...sample.variants.map(({ accuracyBySteps }) => (accuracyBySteps[31].accuracy * 100).toFixed(2)),
    ]);
    for (const line of lines) expect(line.length).toBeLessThanOrEqual(80);
  });

  it("give the costs, and every number of steps where they are few", () => {
    expect(lines.at(-1)?.split(/ {2,}/)).toEqual([
      "T = 64",
      "91.10",
      "909,472",
      "169,625,632",
      "154,656",
      "0.824",
    ]);
    const few = { ...withAccuracies(["a", 10], ["b", 20, 30]), costs: [] };
    expect(conversionTextTable(few)).toContain("\n 8  10.00  20.00\n16      –  30.00\n");
  });
});
