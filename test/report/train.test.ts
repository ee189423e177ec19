import { parseHTML } from "linkedom";
import { describe, expect, it } from "vitest";
import { type Metric, metricTextTable, networkTextTable, renderRun } from "../../src/report/index.ts";
import { sampleReport } from "./sample-report.ts";
import { markupFaults } from "./well-formed.ts";

const { summary, provenance, training, accuracyBySteps } = sampleReport();
const metrics: Metric[] = [
  { name: "test accuracy", value: 0.99315, as: "fraction" },
  { name: "parameters", value: 123456, as: "count" },
  { name: "time", value: 3725, as: "seconds" },
  { name: "energy", value: 0.012346, as: "number", unit: "nJ" },
  { name: "loss", value: Number.NaN, as: "number" },
];

describe("the report on a run", () => {
  it("shows its metrics and curves, and nothing that was not measured", () => {
    const page = renderRun({
      run: "train",
      subject: "digits & <co>",
      data: "mnist",
      provenance,
      metrics,
      training,
      seconds: { total: 61 },
    });
    expect(markupFaults(page)).toEqual([]);
    const { document } = parseHTML(page);
    expect(document.querySelector("h1")?.textContent).toBe(
      "Trained digits & <co>: test accuracy 99.32\u00a0%",
    );
    expect([...document.querySelectorAll("h2")].map((heading) => heading.textContent)).toEqual([
      "Results",
      "Training",
      "Do it again",
    ]);
    expect([...document.querySelectorAll("td")].map((cell) => cell.textContent)).toEqual([
      "99.32\u00a0%",
      "123,456",
      "1 h 2 min",
      "0.01235\u00a0nJ",
      "–",
    ]);
    expect(document.querySelector("dl")?.textContent).toContain("1 min 1 s");
  });

  it("compares the networks of a conversion, several steps of one network told apart", () => {
    const extra = { ...summary.spiking[5], steps: 15, accuracy: 0.5 };
    const networks = { quantized: summary.quantized, spiking: [...summary.spiking, extra] };
    const report = {
      run: "convert",
      subject: "runs/digits",
      data: "mnist",
      provenance,
      metrics: [],
    } as const;
    const page = renderRun({ ...report, metrics: [], networks, accuracyBySteps });
    expect(markupFaults(page)).toEqual([]);
    const { document } = parseHTML(page);
    expect(document.querySelector("h1")?.textContent).toBe("Converted runs/digits");
    const names = [...document.querySelectorAll("tbody th[scope=row]")].map((cell) => cell.textContent);
    expect(names.slice(4, 9)).toEqual([
      "quantised",
      "unsigned, T = 7",
      "signed, T = 7",
      "signed, fine-tuned, T = 7",
      "signed, fine-tuned, T = 15",
    ]);
  });
});

describe("tables for the terminal", () => {
  it("hold the same numbers", () => {
    expect(metricTextTable(metrics).split("\n")[2]).toBe("test accuracy     99.32 %");
    const text = networkTextTable({
      ann: summary.ann,
      quantized: summary.quantized,
      spiking: summary.spiking,
    });
    expect(text.split("\n").find((line) => line.includes("10,572"))).toBe(
      "signed, fine-tuned     99.03     −0.13       10,572      935,204           1,364",
    );
    for (const line of text.split("\n")) expect(line.length).toBeLessThanOrEqual(80);
  });
});
