import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import {
  loadDataset,
  quickstart,
  quickstartText,
  RunFolder,
  renderQuickstart,
  sliceDataset,
} from "../../src/node.ts";
import { silent } from "../../src/recipes/progress.ts";
import type { QuickstartOptions } from "../../src/recipes/quickstart.node.ts";
import type { QuickstartReport, QuickstartSummary } from "../../src/report/index.ts";
import { quickSettings } from "./quick-settings.ts";

const folder = mkdtempSync(join(tmpdir(), "striate-quickstart-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

let run: (name: string, options?: Partial<QuickstartOptions>) => Promise<QuickstartReport>;
let first: QuickstartReport;
let second: QuickstartReport;

beforeAll(async () => {
  const { train, test } = await loadDataset("mnist");
  const data = { train: sliceDataset(train, 0, 3000), test: sliceDataset(test, 0, 300) };
  run = async (name, options = {}) =>
    quickstart(data, await RunFolder.open(join(folder, name)), {
      seed: 3,
      cortex: quickSettings,
      ...options,
    });
  first = await run("first");
  second = await run("second");
}, 240_000);

test("the summary has the promised form", () => {
  const { summary } = first;
  expect(Object.keys(summary)).toEqual([
    "task",
    "images",
    "ann",
    "quantized",
    "spiking",
    "cortex",
    "seconds",
    "peakMemoryMB",
  ]);
  expect(summary.images).toEqual({ train: 3000, test: 300 });
  expect(summary.ann.macs).toBe(2_336_960);
  expect(summary.quantized.map(({ bits }) => bits)).toEqual([4, 3, 2]);
  const networks = summary.spiking.map(({ bits, steps, neurons, fineTuned }) => [
    bits,
    steps,
    neurons,
    fineTuned,
  ]);
  expect(networks).toEqual(
    [3, 2].flatMap((bits) => [
      [bits, 2 ** bits - 1, "unsigned", false],
      [bits, 2 ** bits - 1, "signed", false],
      [bits, 2 ** bits - 1, "signed", true],
    ]),
  );
  for (const { accuracy, spikesPerImage, synapticOperations, energyNanojoules } of summary.spiking) {
    expect(accuracy).toBeGreaterThan(0);
    expect(accuracy).toBeLessThanOrEqual(1);
    expect(spikesPerImage).toBeGreaterThan(100);
    expect(synapticOperations).toBeGreaterThan(spikesPerImage);
    expect(energyNanojoules).toBeLessThan(summary.ann.macs * 4.6e-3);
  }
  const signed = summary.spiking.find(({ neurons, bits }) => neurons === "signed" && bits === 3)!;
  expect(signed.accuracy).toBeGreaterThan(summary.quantized[1]!.accuracy - 0.03);
});

test("a second run with the same seed gives the same summary, apart from times and memory", () => {
  const measured = ({ seconds: _, peakMemoryMB: __, ...rest }: QuickstartSummary) => rest;
  expect(measured(second.summary)).toEqual(measured(first.summary));
  expect(second.raster).toEqual(first.raster);
  for (const name of readdirSync(join(folder, "first")).filter((file) => file.endsWith(".safetensors"))) {
    if (name === "checkpoint.safetensors") continue;
    const [a, b] = ["first", "second"].map((run) => readFileSync(join(folder, run, name)));
    expect(a!.equals(b!), name).toBe(true);
  }
});

test("the run holds a model for every phase and network", () => {
  for (const name of ["float", "quantized-4", "quantized-3", "quantized-2", "spiking-3", "spiking-2"]) {
    expect(existsSync(join(folder, "first", `${name}.safetensors`)), name).toBe(true);
  }
  expect(readFileSync(join(folder, "first/metrics.jsonl"), "utf8").trim().split("\n").length).toBeGreaterThan(
    200,
  );
});

test("resumed when it is done, it does nothing again and says the same, times included", async () => {
  const work: string[] = [];
  const progress = { ...silent, begin: (title: string) => work.push(title) };
  const again = await run("first", { resume: true, progress });
  expect(work).toEqual(["synthetic V1"]);
  const { peakMemoryMB: _, ...measured } = first.summary;
  expect(again.summary).toMatchObject(measured);
  expect(renderQuickstart({ ...again, summary: first.summary })).toBe(renderQuickstart(first));
});

test("the report draws it, and what is printed holds both halves", () => {
  const html = renderQuickstart(first);
  expect(html.match(/<svg/g)!.length).toBeGreaterThan(11);
  const text = quickstartText(first.summary);
  const { ann, cortex } = first.summary;
  for (const output of [html, text]) {
    expect(output).toContain((100 * ann.accuracy).toFixed(2));
    expect(output).toContain(cortex!.correlation.toFixed(3).replace("-", "−"));
  }
});
