import { parseHTML } from "linkedom";
import { describe, expect, it } from "vitest";
import { type ResponseReport, responseReport, responseTextTable } from "../../src/report/index.ts";
import { sampleResponses } from "./sample-responses.ts";
import { markupFaults } from "./well-formed.ts";

const sample = sampleResponses();
const page = responseReport(sample);
const { document } = parseHTML(page);
const hostile = `</style><script>alert('x')</script><img src=x onerror="y">&\u0000\u202e`;

function headings(html: string): (string | null)[] {
  return [...parseHTML(html).document.querySelectorAll("h2")].map((heading) => heading.textContent);
}

function table(html: string, index: number): (string | null)[][] {
  const tables = [...parseHTML(html).document.querySelectorAll("table")];
  return [...tables[index].querySelectorAll("tbody tr")].map((row) =>
    [...row.querySelectorAll("th, td")].map((cell) => cell.textContent),
  );
}

/** A report with nothing but its sizes. */
const bare: ResponseReport = {
  run: "score",
  model: "conv",
  data: "one monkey",
  score: "correlation",
  overall: {},
  subjects: [],
  parameters: {},
  configuration: [],
  notes: [],
  provenance: sample.provenance,
};

describe("the page on a response model", () => {
  it("is well-formed, loads nothing, and is the same from the same report", () => {
    expect(markupFaults(page)).toEqual([]);
    expect(responseReport(sampleResponses())).toBe(page);
    const images = / href="data:image\/png;base64,[\w+/=]+"/g;
    expect(page.match(images)?.length).toBe(2 * (3 + 2 * 4));
    const text = page.replaceAll(images, "");
    expect(text).not.toMatch(/NaN|undefined|Infinity|\[object|<script|<img|url\(|href=/);
    expect(text.replaceAll('xmlns="http://www.w3.org/2000/svg"', "")).not.toMatch(/https?:|\/\//);
  });

  it("tells its structure, each figure wide and narrow, with how to read it", () => {
    expect(headings(page)).toEqual([
      "Scores by subject",
      "What to know",
      "Predicted and recorded",
      "Scores and their ceiling",
      "Where the neurons look",
      "Where the core attends",
      "Training",
      "How it was made",
      "Do it again",
    ]);
    for (const figure of document.querySelectorAll("figure")) {
      expect(figure.querySelectorAll("svg[role=img][aria-label]")).toHaveLength(2);
      expect(figure.querySelector("figcaption")?.textContent).toMatch(/^How to read it: .{80}/);
    }
  });

  it("says what was reached, of which ceiling, with its interval", () => {
    expect(document.querySelector("h1")?.textContent).toBe(
      "v1t-small reaches a single-trial correlation of 0.394, 78.0\u00a0% of the true ceiling",
    );
    const lead = document.querySelector(".lead")?.textContent;
    expect(lead).toContain("915 neurons of 3 subjects");
    expect(lead).toContain("0.394 [0.382, 0.406], that of the true ceiling 0.505 [0.495, 0.515]");
    expect(lead).toContain("95\u00a0% intervals");
    expect(lead).toContain("between 0.377 (mouse 2) and 0.412 (mouse 1)");
  });

  it("gives the scores of every subject and of all, with the neurons that FEVE is of", () => {
    expect(table(page, 0)[0]).toEqual([
      "mouse 1",
      "312",
      "100",
      "1,000",
      "0.412 [0.400, 0.424]",
      "0.520 [0.510, 0.530]",
      "79.2",
    ]);
    expect(table(page, 0).at(-1)?.slice(0, 2)).toEqual(["all neurons", "915"]);
    expect(table(page, 1)[1]).toEqual([
      "mouse 2",
      "0.596 [0.579, 0.613]",
      "0.660 [0.640, 0.680]",
      "0.452 [0.427, 0.477]",
      "274",
    ]);
  });

  it("leaves out what a recording without repeats, a ceiling or a second subject lacks", () => {
    const metrics = { correlation: { value: 0.29 }, feve: { value: Number.NaN } };
    const subject = { name: "PE", neurons: 20, testImages: 80, testTrials: 80, metrics };
    const report = { ...bare, overall: metrics, subjects: [subject] };
    const html = responseReport(report);
    expect(headings(html)).toEqual(["Scores by subject", "How it was made", "Do it again"]);
    expect(table(html, 0)).toEqual([["PE", "20", "80", "80", "0.290"]]);
    expect(parseHTML(html).document.querySelectorAll("table")).toHaveLength(1);
    expect(parseHTML(html).document.querySelector("h1")?.textContent).toBe(
      "conv reaches a correlation of 0.290",
    );
    for (const absent of ["FEVE", "ceiling", "all neurons", "Brackets", "By subject"]) {
      expect(html.slice(html.indexOf("<body>"))).not.toContain(absent);
    }
  });

  it("says so where nothing could be scored, and shows no figure of nothing", () => {
    const nothing: ResponseReport = {
      ...bare,
      overall: { correlation: { value: Number.NaN } },
      neuronTraces: [],
      distribution: { score: "correlation", models: [{ name: "conv", scores: [Number.NaN] }] },
      receptiveFields: [],
      rollouts: [],
      training: { unit: "epoch", heldOut: "validation images", phases: [{ name: "a", points: [] }] },
    };
    const html = responseReport(nothing);
    expect(html).not.toContain("<figure>");
    expect(parseHTML(html).document.querySelector("h1")?.textContent).toBe("conv was scored on one monkey");
  });

  it("escapes hostile names", () => {
    const html = responseReport({
      ...sample,
      model: hostile,
      data: hostile,
      ceilingName: hostile,
      notes: [hostile],
      configuration: [[hostile, hostile]],
      parameters: { [hostile]: 3 },
      subjects: sample.subjects.map((subject) => ({ ...subject, name: hostile })),
      neuronTraces: sample.neuronTraces?.map((neuron) => ({ ...neuron, name: hostile, role: hostile })),
      receptiveFields: sample.receptiveFields?.map((field) => ({ ...field, subject: hostile })),
    });
    expect(markupFaults(html)).toEqual([]);
    expect(html).not.toMatch(/<script|<img/);
  });
});

describe("the tables for the terminal", () => {
  it("give every score with its interval, in 80 characters", () => {
    const lines = responseTextTable(sample).split("\n");
    expect(lines.find((line) => line.startsWith("mouse 1"))?.split(/ {2,}/)).toEqual([
      "mouse 1",
      "312",
      "0.412 [0.400, 0.424]",
      "0.520",
      "79.2",
    ]);
    expect(lines.at(-1)?.split(/ {2,}/)).toEqual([
      "all neurons",
      "0.623 [0.606, 0.640]",
      "0.690 [0.670, 0.710]",
      "0.473 [0.448, 0.498]",
    ]);
    for (const line of lines) expect(line.length).toBeLessThanOrEqual(80);
  });
});
