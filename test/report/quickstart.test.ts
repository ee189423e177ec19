import { parseHTML } from "linkedom";
import { describe, expect, it } from "vitest";
import { leadParagraphs } from "../../src/report/headline.ts";
import { headline, mainNetwork, quickstartText, renderQuickstart } from "../../src/report/index.ts";
import type { CortexSummary, QuickstartReport } from "../../src/report/quickstart-data.ts";
import { sampleReport } from "./sample-report.ts";
import { sampleAdaptation, sampleResponses } from "./sample-responses.ts";
import { markupFaults } from "./well-formed.ts";

const sample = sampleReport();
const page = renderQuickstart(sample);
const { document } = parseHTML(page);

describe("the quickstart page", () => {
  it("is well-formed and the same from the same report", () => {
    expect(markupFaults(page)).toEqual([]);
    expect(renderQuickstart(sampleReport())).toBe(page);
    expect(page).not.toMatch(/NaN|undefined|Infinity|\[object/);
  });

  it("loads nothing and runs nothing", () => {
    expect(page.replaceAll('xmlns="http://www.w3.org/2000/svg"', "")).not.toMatch(/https?:|\/\//);
    expect(page).not.toMatch(/<script|<link|<iframe|<img|@import|url\(|\ssrc=|href=/i);
    const policy = document
      .querySelector("meta[http-equiv=Content-Security-Policy]")
      ?.getAttribute("content");
    expect(policy).toContain("default-src 'none'");
  });

  it("fits a phone, follows light and dark, and tells its structure", () => {
    expect(document.querySelector("meta[name=viewport]")?.getAttribute("content")).toContain(
      "width=device-width",
    );
    expect(page).toContain("prefers-color-scheme:dark");
    expect(document.documentElement.getAttribute("lang")).toBe("en");
    expect(document.querySelectorAll("h1")).toHaveLength(1);
    expect([...document.querySelectorAll("h2")].map((heading) => heading.textContent)).toEqual([
      "The networks compared",
      "Accuracy, step by step",
      "Where conversion loses accuracy",
      "One image in spikes",
      "How busy the layers are",
      "Spikes and energy",
      "Training",
      "Do it again",
    ]);
    for (const figure of document.querySelectorAll("figure")) {
      expect(figure.querySelectorAll("svg[role=img][aria-label]")).toHaveLength(2);
      expect(figure.querySelector("figcaption")?.textContent).toMatch(/^How to read it: .{80}/);
    }
    for (const table of document.querySelectorAll("table")) {
      expect(table.parentElement?.getAttribute("class")).toBe("scroll");
    }
  });

  it("shows the numbers that it was given, in their rows", () => {
    const rows = [...document.querySelector("table")!.querySelectorAll("tbody tr")].map((row) =>
      [...row.querySelectorAll("th, td")].map((cell) => cell.textContent),
    );
    expect(rows[0]).toEqual(["float network", "99.16", "–", "–", "1,233,664", "5,675"]);
    expect(rows.map(([name]) => name)).toEqual([
      "float network",
      ...["2 bits, T = 3", "3 bits, T = 7", "4 bits, T = 15"].flatMap((group) => [
        group,
        "quantised",
        "unsigned",
        "signed",
        "signed, fine-tuned",
      ]),
    ]);
    const three = sample.summary.spiking.filter(({ bits }) => bits === 3);
    expect(rows.slice(8, 11).map((row) => row[1])).toEqual(
      three.map(({ accuracy }) => (accuracy * 100).toFixed(2)),
    );
    expect(rows[10]).toEqual(["signed, fine-tuned", "99.03", "−0.13", "10,572", "935,204", "1,364"]);
    expect(document.querySelector("tr.emphasis th")?.textContent).toBe("signed, fine-tuned");
  });

  it("repeats every caveat and all that it takes to do it again", () => {
    for (const caveat of sample.energy.caveats) expect(document.body.textContent).toContain(caveat);
    const facts = [...document.querySelectorAll("dl div")].map((entry) => entry.textContent);
    expect(facts).toEqual([
      "seed1",
      "machinean invented processor with 2 threads",
      "striate0.1.0",
      "node20.20.2",
      "onnxruntime-node1.30.0",
      "time, total3 min 41 s",
      "time, training2 min 18 s",
      "time, fine tuning24.9 s",
      "time, evaluation41.3 s",
      "peak memory911 MB",
    ]);
    expect(document.querySelector("pre")?.textContent).toBe("npm run quickstart -- --seed 1");
  });

  it("escapes hostile names wherever they come from", () => {
    const bad = `</style></svg></pre><script>alert('x')</script><img src=x onerror="y">&\u0000\u202e`;
    const report = sampleReport();
    report.summary.task = bad;
    report.summary.seconds[bad] = 1;
    report.sequentialError[0].layers[1].name = bad;
    report.firingRates[0].layers[1].name = bad;
    Object.assign(report.raster!, { label: bad, predicted: bad });
    report.raster!.layers[0].name = bad;
    report.training!.phases[0].name = bad;
    report.energy.caveats.push(bad);
    report.provenance = { seed: 1, command: bad, versions: { [bad]: bad }, machine: bad };
    const hostile = renderQuickstart(report);
    expect(markupFaults(hostile)).toEqual([]);
    expect(hostile).not.toMatch(/<script|<img/i);
    expect(hostile).not.toContain("\u0000");
    expect(hostile.match(/<h2>/g)).toHaveLength(8);
  });

  it("leaves out what it was not given", () => {
    const report: QuickstartReport = {
      ...sampleReport(),
      accuracyBySteps: [],
      sequentialError: [],
      firingRates: [],
      raster: undefined,
      training: undefined,
    };
    report.summary.spiking = [];
    report.summary.quantized = [];
    const bare = renderQuickstart(report);
    expect(markupFaults(bare)).toEqual([]);
    expect(bare).not.toContain("<figure>");
    expect(bare.match(/<h2>/g)).toHaveLength(2);
  });
});

describe("the headline", () => {
  it("is computed from the summary", () => {
    expect(headline(sample.summary)).toBe(
      "A network of spiking neurons recognises handwritten digits with 99.03\u00a0% accuracy in 7 time steps",
    );
    const [accuracy, cost] = leadParagraphs(sample);
    expect(accuracy).toContain("0.13 percentage points below the ordinary float network (99.16\u00a0%)");
    expect(accuracy).toContain("0.05 percentage points below the 3-bit quantised network");
    expect(accuracy).toContain("unsigned neurons it reaches 98.47\u00a0%");
    expect(accuracy).toContain("needs only 3 steps and reaches 98.61\u00a0%");
    expect(cost).toContain("10,572 spikes");
    expect(cost).toContain("1,364 nJ for arithmetic, 4.2 times less than the float network’s 5,675 nJ");
    expect(cost).toContain("took 3 min 41 s on an invented processor");
  });

  it("does not flatter a network that is worse and dearer, nor belittle one that is better", () => {
    const report = sampleReport();
    const network = mainNetwork(report.summary.spiking)!;
    Object.assign(network, { accuracy: 0.9916, energyNanojoules: 2 * report.energy.annNanojoules });
    expect(leadParagraphs(report)[0]).toMatch(/^It is level with the ordinary float network/);
    expect(leadParagraphs(report)[1]).toContain("2.0 times as much as the float network");
    network.accuracy = 0.995;
    expect(leadParagraphs(report)[0]).toMatch(/^It is 0\.34 percentage points above the ordinary float/);
    network.energyNanojoules = report.energy.annNanojoules * 1.01;
    expect(leadParagraphs(report)[1]).toContain("about as much as the float network");
  });

  it("takes the 3-bit signed fine-tuned network, else the nearest", () => {
    const { spiking } = sample.summary;
    expect(mainNetwork(spiking)).toMatchObject({ bits: 3, neurons: "signed", fineTuned: true });
    expect(mainNetwork(spiking.filter(({ bits }) => bits === 2))).toMatchObject({ bits: 2, fineTuned: true });
    expect(mainNetwork(spiking.filter(({ fineTuned }) => !fineTuned))).toMatchObject({
      bits: 3,
      neurons: "signed",
    });
    expect(mainNetwork([])).toBeUndefined();
  });
});

describe("the second half", () => {
  /** Invented. */
  const cortex: CortexSummary = {
    model: "v1t-small",
    animals: 2,
    neurons: 300,
    correlation: 0.41,
    interval: [0.39, 0.43],
    ceiling: 0.5,
    trainableParameters: 123_456,
    images: 64,
    heldOutNeurons: 150,
    heldOutCeiling: 0.48,
    adapted: {
      correlation: 0.3,
      interval: [0.28, 0.32],
      trainableParameters: 9876,
      paths: ["subject", "stimulus", "dataset"],
      overReadoutOnly: { value: 0.02, interval: [0.01, 0.03] },
    },
    readoutOnly: { correlation: 0.28, interval: [0.26, 0.3], trainableParameters: 5432 },
    fromScratch: { correlation: 0.12, interval: [0.1, 0.14], trainableParameters: 98_760 },
  };
  const withCortex = (change: Partial<CortexSummary["adapted"]> = {}): QuickstartReport => ({
    ...sample,
    summary: { ...sample.summary, cortex: { ...cortex, adapted: { ...cortex.adapted, ...change } } },
    cortex: { responses: sampleResponses(), adaptation: sampleAdaptation() },
  });
  const both = parseHTML(renderQuickstart(withCortex())).document;

  it("follows the first on the page, with its figures", () => {
    expect(markupFaults(renderQuickstart(withCortex()))).toEqual([]);
    const headings = [...both.querySelectorAll("h2")].map((heading) => heading.textContent);
    expect(headings.slice(7)).toEqual([
      "A model of the visual cortex",
      "Predicted and recorded",
      "Scores and their ceiling",
      "Another animal",
      "Do it again",
    ]);
  });

  it("shows the numbers that it was given, on the page and in the terminal", () => {
    const table = [...both.querySelectorAll("h2")][7]!.parentElement!.querySelector("table")!;
    const rows = [...table.querySelectorAll("tbody tr")].map((row) =>
      [...row.querySelectorAll("th, td")].map((cell) => cell.textContent),
    );
    expect(rows).toEqual([
      ["fitted to 2 animals: 300 neurons, true ceiling 0.500"],
      ["v1t-small", "123,456", "0.410 [0.390, 0.430]", "82.0"],
      ["adapted to another with 64 images: 150 neurons, true ceiling 0.480"],
      ["modulation paths", "9,876", "0.300 [0.280, 0.320]", "62.5"],
      ["readout only", "5,432", "0.280 [0.260, 0.300]", "58.3"],
      ["from scratch", "98,760", "0.120 [0.100, 0.140]", "25.0"],
    ]);
    const text = quickstartText(withCortex().summary);
    expect(text).toContain("a correlation of 0.410, 82.0\u00a0% of the true ceiling");
    const lines = text.split("\n").map((line) => line.split(/ {2,}/));
    for (const row of rows) expect(lines).toContainEqual(row);
  });

  it("says of the paths what the interval of the difference allows", () => {
    const said = (value: number, low: number, high: number) =>
      renderQuickstart(withCortex({ overReadoutOnly: { value, interval: [low, high] } }));
    expect(said(0.02, 0.01, 0.03)).toContain("the paths are 0.020 [0.010, 0.030] above the readout alone");
    expect(said(-0.02, -0.03, -0.01)).toContain("the paths are 0.020 [0.010, 0.030] below the readout alone");
    expect(said(0.01, -0.01, 0.03)).toContain("is 0.010 [−0.010, 0.030], which does not tell them apart");
    expect(said(0.02, 0.01, 0.03)).toContain(
      "train 9,876 values, 10.0\u00a0% of what training everything does",
    );
  });
});
