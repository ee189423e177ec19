import { parseHTML } from "linkedom";
import { describe, expect, it } from "vitest";
import { comparedArms, comparedImages, compareEstimates } from "../../src/report/adaptation-comparison.ts";
import { adaptationHeadline, adaptationLead } from "../../src/report/adaptation-words.ts";
import {
  type AdaptationArm,
  type AdaptationReport,
  adaptationReport,
  adaptationTextTable,
} from "../../src/report/index.ts";
import { sampleAdaptation } from "./sample-responses.ts";
import { markupFaults } from "./well-formed.ts";

const sample = sampleAdaptation();
const page = adaptationReport(sample);
const { document } = parseHTML(page);
const at64 = { ...sample, comparedAt: 64 };

function headings(html: string): (string | null)[] {
  return [...parseHTML(html).document.querySelectorAll("h2")].map((heading) => heading.textContent);
}

/** The sample with one setting of these arms, each with one score after some number of images. */
function withArms(...arms: [AdaptationArm["method"], images: number, value: number, half?: number][]) {
  const report: AdaptationReport = {
    ...sample,
    settings: [
      {
        name: "to mouse 4",
        arms: arms.map(([method, images, value, half]) => ({
          method,
          trainableParameters: method === "full" ? 1000 : 40,
          points: [
            {
              images,
              metrics: {
                singleTrialCorrelation: {
                  value,
                  ...(half === undefined ? {} : { low: value - half, high: value + half }),
                },
              },
            },
          ],
        })),
      },
    ],
  };
  return report;
}

describe("the page on an adaptation", () => {
  it("is well-formed, loads nothing, and is the same from the same report", () => {
    expect(markupFaults(page)).toEqual([]);
    expect(adaptationReport(sampleAdaptation())).toBe(page);
    expect(page).not.toMatch(/NaN|undefined|Infinity|\[object|<script|<img|url\(|href=/);
    expect(page.replaceAll('xmlns="http://www.w3.org/2000/svg"', "")).not.toMatch(/https?:|\/\//);
  });

  it("tells its structure: a curve and a comparison for each setting, the paths, the training", () => {
    expect(headings(page)).toEqual([
      "Every arm, every setting",
      "What to know",
      "How many images it takes",
      "What it costs",
      "What the paths change",
      "How it was made",
      "Do it again",
    ]);
    expect(document.querySelectorAll("figure")).toHaveLength(2 + 2 + 1);
    for (const figure of document.querySelectorAll("figure")) {
      expect(figure.querySelectorAll("svg[role=img][aria-label]")).toHaveLength(2);
      expect(figure.querySelector("figcaption")?.textContent).toMatch(
        /^(How to read it: .{80}|Read as above: .)/,
      );
    }
  });

  it("gives every arm's score with interval, by number of images, and its share of full fine-tuning", () => {
    const rows = [...document.querySelector("table")!.querySelectorAll("tbody tr")].map((row) =>
      [...row.querySelectorAll("th, td")].map((cell) => cell.textContent),
    );
    expect(rows[0]).toEqual(["to mouse 4, 1,024 images, 301 neurons, 100 test images, true ceiling 0.490"]);
    expect(rows[1]).toEqual([
      "readout only",
      "20,100 4.2\u00a0% of full",
      "0.141 [0.111, 0.171]",
      "0.232 [0.207, 0.257]",
      "0.301 [0.281, 0.321]",
      "0.342 [0.327, 0.357]",
    ]);
    expect(rows).toHaveLength(2 * 11);
  });

  it("puts what each setting has in all into one column, though the numbers differ", () => {
    const [first, second] = sample.settings;
    const arms = second.arms.map((arm) => ({
      ...arm,
      points: arm.points.map((point) => (point.images === 1024 ? { ...point, images: 719 } : point)),
    }));
    const html = adaptationReport({ ...sample, settings: [first, { ...second, allImages: 719, arms }] });
    const headers = [...parseHTML(html).document.querySelector("thead")!.querySelectorAll("th")];
    expect(headers.map(({ textContent }) => textContent)).toEqual([
      "arm",
      "trained (values)",
      "16 (images)",
      "64 (images)",
      "256 (images)",
      "all (images)",
    ]);
    const scratch = [...parseHTML(html).document.querySelectorAll("table")[0].querySelectorAll("tr")].at(-1);
    expect(scratch?.querySelectorAll("td").item(4).textContent).toContain("0.254");
  });

  it("escapes hostile names and leaves out what it was not given", () => {
    const hostile = `</style><script>alert('x')</script>&\u0000\u202e`;
    const html = adaptationReport({
      ...sample,
      run: "adapt",
      model: hostile,
      data: hostile,
      settings: [
        { name: hostile, arms: [{ method: "paths", name: hostile, trainableParameters: 3, points: [] }] },
      ],
      modulation: [],
      notes: [],
      configuration: [[hostile, hostile]],
    });
    expect(markupFaults(html)).toEqual([]);
    expect(html).not.toMatch(/<script|<figure>|NaN/);
    expect(headings(html)).toEqual(["How it was made", "Do it again"]);
  });
});

describe("the words about an adaptation", () => {
  it("compare at the number of images asked for, else at the most that all arms have", () => {
    const [setting] = sample.settings;
    expect(comparedImages(setting, sample)).toBe(1024);
    expect(comparedImages(setting, at64)).toBe(64);
    expect(comparedImages(setting, { comparedAt: 100 })).toBe(1024);
    const fewer = { ...setting.arms[0], points: setting.arms[0].points.slice(0, 2) };
    expect(comparedImages({ ...setting, arms: [fewer, ...setting.arms.slice(1)] }, {})).toBe(64);
    expect(comparedImages({ ...setting, arms: [] }, {})).toBeUndefined();
    expect(comparedArms(setting, 17, "singleTrialCorrelation")).toEqual([]);
  });

  it("tell intervals that lie apart from those that overlap", () => {
    const estimate = (value: number, half: number) => ({ value, low: value - half, high: value + half });
    expect(compareEstimates(estimate(0.3, 0.01), estimate(0.2, 0.01))).toBe("above, apart");
    expect(compareEstimates(estimate(0.2, 0.01), estimate(0.3, 0.01))).toBe("below, apart");
    expect(compareEstimates(estimate(0.3, 0.06), estimate(0.2, 0.06))).toBe("above");
    expect(compareEstimates({ value: 0.3 }, { value: 0.2 })).toBe("above");
    expect(compareEstimates({ value: 0.3 }, { value: 0.3001 })).toBe("level");
  });

  it("count the settings that the paths win, also when they win none", () => {
    expect(adaptationHeadline({ ...sample, comparedAt: 256 })).toBe(
      "Modulation paths score higher than the readout alone in 2 of 2 settings, in 1 with intervals apart",
    );
    const settings = sample.settings.map((setting) => ({
      ...setting,
      arms: setting.arms.filter(
        ({ method }) => method === "full" || method === "readout" || method === "paths",
      ),
    }));
    const swapped = settings.map((setting) => ({
      ...setting,
      arms: setting.arms.map((arm) =>
        arm.method === "full"
          ? arm
          : ({ ...arm, method: arm.method === "paths" ? "readout" : "paths" } as const),
      ),
    }));
    expect(adaptationHeadline({ ...sample, settings: swapped })).toBe(
      "Modulation paths score higher than the readout alone in 0 of 2 settings",
    );
  });

  it("say of one setting what was reached, beside the readout alone", () => {
    expect(adaptationHeadline(withArms(["readout", 64, 0.232], ["paths", 64, 0.296]))).toBe(
      "Adapted with 64 images, paths together reaches a single-trial correlation of 0.296 (readout only 0.232)",
    );
    expect(adaptationHeadline(withArms(["readout", 64, 0.232]))).toBe(
      "Adapted with 64 images, readout only reaches a single-trial correlation of 0.232",
    );
    expect(adaptationHeadline(withArms(["readout", 64, Number.NaN]))).toContain("was adapted to");
  });

  it("give the best of the paths, the references, and where its interval lies", () => {
    const arms: Parameters<typeof withArms> = [
      ["readout", 64, 0.232, 0.01],
      ["stimulus", 64, 0.262, 0.01],
      ["subject", 64, 0.285, 0.01],
      ["full", 64, 0.29, 0.01],
      ["scratch", 64, 0.112, 0.01],
    ];
    const [, sentence] = adaptationLead(withArms(...arms));
    expect(sentence).toBe(
      "To mouse 4, with 64 images: the best of the modulation paths (subject path) reaches 0.285 [0.275, 0.295]; readout only 0.232 [0.222, 0.242]; full fine-tuning 0.290 [0.280, 0.300]; from scratch 0.112 [0.102, 0.122]. Its interval lies above that of “readout only” and “from scratch” and overlaps that of “full fine-tuning”. It trains 40 values, 4.0\u00a0% of what full fine-tuning trains.",
    );
    const [intro, plain] = adaptationLead(withArms(["readout", 64, 0.232], ["subject", 64, 0.2]));
    expect(intro).not.toContain("Brackets");
    expect(plain).not.toContain("interval");
  });
});

describe("the table for the terminal", () => {
  it("gives every arm in 80 characters, with the last column's intervals", () => {
    const lines = adaptationTextTable(sample).split("\n");
    expect(lines.find((line) => line.startsWith("paths together"))?.split(/ {2,}/)).toEqual([
      "paths together",
      "62,300",
      "0.203",
      "0.296",
      "0.344",
      "0.369 [0.354, 0.384]",
    ]);
    for (const line of lines) expect(line.length).toBeLessThanOrEqual(80);
  });
});
