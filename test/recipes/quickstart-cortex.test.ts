import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { applyAdaptation, decodeResponseModel, RunFolder } from "../../src/node.ts";
import { responseModelFile } from "../../src/recipes/fit-run.node.ts";
import { silent } from "../../src/recipes/progress.ts";
import { type QuickstartCortex, quickstartCortex } from "../../src/recipes/quickstart-cortex.node.ts";
import { quickSettings } from "./quick-settings.ts";

const folder = mkdtempSync(join(tmpdir(), "striate-quickstart-cortex-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const at = (...names: string[]) => join(folder, ...names);
const bytes = (...names: string[]) => readFileSync(at(...names));

const run = async (name: string, options: Partial<Parameters<typeof quickstartCortex>[1]> = {}) =>
  quickstartCortex(await RunFolder.open(at(name)), { seed: 3, settings: quickSettings, ...options });

let whole: QuickstartCortex;
beforeAll(async () => {
  whole = await run("whole");
});

test("the summary has the promised form, and its numbers agree with one another", () => {
  const { summary } = whole;
  expect(summary).toMatchObject({
    model: "v1t-small",
    animals: 2,
    neurons: 24,
    images: 20,
    heldOutNeurons: 12,
  });
  expect(summary.adapted.paths).toEqual(["subject", "stimulus", "dataset"]);
  const { adapted, readoutOnly, fromScratch } = summary;
  for (const { correlation, interval } of [summary, adapted, readoutOnly, fromScratch]) {
    expect(interval[0]).toBeLessThan(correlation);
    expect(interval[1]).toBeGreaterThan(correlation);
  }
  for (const ceiling of [summary.ceiling, summary.heldOutCeiling]) {
    expect(ceiling).toBeGreaterThan(0.3);
    expect(ceiling).toBeLessThan(1);
  }
  expect(summary.correlation).toBeLessThan(summary.ceiling);
  const { value, interval } = adapted.overReadoutOnly;
  expect(value).toBeCloseTo(adapted.correlation - readoutOnly.correlation, 12);
  expect(interval[0]).toBeLessThan(value);
  expect(readoutOnly.trainableParameters).toBeLessThan(adapted.trainableParameters);
  expect(adapted.trainableParameters).toBeLessThan(fromScratch.trainableParameters);
});

test("the folder is a run: a model, an adaptation that fits its core, metrics of every arm, reports", async () => {
  const { model, name } = decodeResponseModel(bytes("whole", responseModelFile), "model");
  expect(name).toBe("v1t-small");
  expect([...model.subjects.keys()]).toEqual(["synthetic-0", "synthetic-1"]);
  const adapted = await applyAdaptation(model, bytes("whole", "adaptation.safetensors"), "adaptation");
  expect([...adapted.subjects.keys()]).toEqual(["synthetic-2"]);
  expect(adapted.paths).toHaveLength(3);
  const lines = bytes("whole", "metrics.jsonl").toString().trim().split("\n");
  const steps = new Map<string, number>();
  for (const line of lines) {
    const { phase } = JSON.parse(line) as { phase: string };
    steps.set(phase, (steps.get(phase) ?? 0) + 1);
  }
  expect([...steps.keys()]).toEqual([
    "v1t-small",
    "subject+stimulus+dataset, 20 images",
    "readout, 20 images",
    "scratch, 20 images",
  ]);
  expect(new Set([...steps.values()].slice(1)).size).toBe(1);
  expect(JSON.parse(bytes("whole", "run.json").toString())).toMatchObject({ command: "quickstart", seed: 3 });
  expect(JSON.parse(bytes("whole", "result.json").toString()).summary).toEqual(whole.summary);
  for (const name of ["report.html", "adaptation.html"])
    expect(existsSync(at("whole", name)), name).toBe(true);
});

/** A signal that is set once it has been looked at so often, as every step of training does. */
function setAfter(looks: number): AbortSignal {
  let left = looks;
  return {
    get aborted() {
      return --left < 0;
    },
  } as AbortSignal;
}

test("stopped in every part and resumed, it ends with the same bits", async () => {
  let stops = 0;
  let result: QuickstartCortex | undefined;
  while (result === undefined) {
    try {
      result = await run("stopped", { resume: stops > 0, signal: setAfter(3) });
    } catch (error) {
      expect(String(error)).toContain("--resume");
      stops++;
    }
  }
  expect(stops).toBeGreaterThan(4);
  expect(result.summary).toEqual(whole.summary);
  for (const name of [responseModelFile, "adaptation.safetensors", "metrics.jsonl"])
    expect(bytes("stopped", name).equals(bytes("whole", name)), name).toBe(true);
});

test("resuming a run that is done trains nothing, and says the same, times included", async () => {
  const work: string[] = [];
  const progress = { ...silent, begin: (title: string) => work.push(title) };
  const again = await run("whole", { resume: true, progress });
  expect(work).toEqual(["synthetic V1"]);
  expect(again.summary).toEqual(whole.summary);
  expect(again.seconds).toEqual(whole.seconds);
});

test("a run of other sizes is not gone on with", async () => {
  const settings = { ...quickSettings, animals: 1 };
  await expect(run("whole", { resume: true, settings })).rejects.toThrow(/another seed or other sizes/);
});
