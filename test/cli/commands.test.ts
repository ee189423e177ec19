import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, expect, test } from "vitest";
import { quadrantConfiguration, striate, temporaryFolder, writeQuadrants } from "./striate.ts";

const folder = temporaryFolder();
const data = join(folder, "data");
const run = join(folder, "run");
const configuration = join(folder, "quadrants.json");

beforeAll(async () => {
  writeQuadrants(data);
  writeFileSync(configuration, JSON.stringify(quadrantConfiguration(data, 4)));
  const { code, stderr } = await striate("train", configuration, "--out", run, "--json");
  expect(code, stderr).toBe(0);
});

test("train, convert and eval agree on what the networks do", async () => {
  const spiking = join(folder, "spiking");
  const converted = await striate(
    "convert",
    run,
    "--bits",
    "3",
    "--out",
    spiking,
    "--tuning-images",
    "64",
    "--json",
  );
  expect(converted.code, converted.stderr).toBe(0);
  const result = JSON.parse(converted.stdout);
  expect(
    result.spiking.map((entry: { neurons: string; fineTuned: boolean }) => [entry.neurons, entry.fineTuned]),
  ).toEqual([
    ["unsigned", false],
    ["signed", false],
    ["signed", true],
  ]);
  expect(result.spiking[1].accuracy).toBeGreaterThan(0.9);

  const measured = await striate("eval", spiking, "--json");
  expect(measured.code, measured.stderr).toBe(0);
  const evaluation = JSON.parse(measured.stdout);
  expect(evaluation.accuracy).toBe(result.spiking[2].accuracy);
  expect(evaluation.spikesPerImage).toBe(result.spiking[2].spikesPerImage);
  expect(Object.keys(evaluation.accuracyBySteps)).toEqual(["1", "2", "3", "4", "5", "6", "7"]);
  expect(evaluation.energyNanojoules).toBeCloseTo(
    evaluation.multiplyAccumulates * 4.6e-3 +
      (evaluation.synapticOperations - evaluation.multiplyAccumulates) * 0.9e-3,
    6,
  );

  const unsigned = await striate(
    "eval",
    spiking,
    "--neurons",
    "unsigned",
    "--steps",
    "5",
    "--batch",
    "50",
    "--json",
  );
  expect(JSON.parse(unsigned.stdout).steps).toBe(5);
  const html = readFileSync(join(spiking, "report.html"), "utf8");
  expect(html).toContain("<svg");
});

test("info describes runs, models and data files", async () => {
  const model = await striate("info", join(run, "float.safetensors"), "--json");
  expect(JSON.parse(model.stdout)).toMatchObject({ kind: { type: "float" }, classes: 4 });
  const idx = await striate("info", join(data, "t10k-images-idx3-ubyte"));
  expect(idx.stdout).toContain("128");
  expect((await striate("info", run)).stdout).toContain("quadrants");
});

test("every command explains itself", async () => {
  for (const command of ["quickstart", "train", "convert", "eval", "info"]) {
    const { code, stdout } = await striate(command, "--help");
    expect(code).toBe(0);
    expect(stdout).toContain(`Usage: striate ${command}`);
  }
});

/** A mistake gives one line that contains the given words, nothing on the standard output, and no success. */
async function expectMistake(args: string[], ...words: string[]): Promise<void> {
  const { code, stdout, stderr } = await striate(...args);
  const message = stderr.split("\n").filter((line) => /^(striate|error):/.test(line));
  expect(code, stderr).not.toBe(0);
  expect(stdout).toBe("");
  expect(message, stderr).toHaveLength(1);
  for (const word of words) expect(stderr).toContain(word);
  expect(stderr).not.toContain("    at ");
}

const variant = (name: string, change: object): string => {
  const path = join(folder, `${name}.json`);
  writeFileSync(path, JSON.stringify({ ...quadrantConfiguration(data), ...change }));
  return path;
};

test("mistakes on the command line", async () => {
  await expectMistake(["trian"], "train");
  await expectMistake(["train", "digits", "--sede", "3"], "--seed");
  await expectMistake(["train", "digits", "--seed", "one"], "--seed");
  await expectMistake(["train", "letters"], "digits");
  await expectMistake(["train", "digits", "--preset", "huge"], "quick");
  await expectMistake(["train", join(folder, "nowhere.json")], "nowhere.json");
  await expectMistake(["train", configuration, "--out", run], "--resume");
  await expectMistake(["train", configuration, "--out", join(folder, "fresh"), "--resume"], "no run");
  await expectMistake(
    ["train", configuration, "--out", run, "--resume", "--seed", "9"],
    "another configuration",
  );
  await expectMistake(["train", "digits", "--data", "mnits", "--out", join(folder, "x1")], "fashion-mnist:");
  await expectMistake(["eval", join(folder, "nothing")], "nothing");
  await expectMistake(["eval", folder], "run.json");
  await expectMistake(["eval", join(run, "float.safetensors")], "--data");
  await expectMistake(["eval", run, "--data", "mnist"], "28");
  await expectMistake(["eval", run, "--steps", "0"], "--steps");
  await expectMistake(
    ["eval", join(run, "float.safetensors"), "--data", `idx:${data}`, "--steps", "4"],
    "Convert",
  );
  await expectMistake(["convert", run, "--bits", "4"], "4-bit");
  await expectMistake(["convert", run, "--method", "magic"], "fast-snn");
  await expectMistake(["info", join(folder, "missing.bin")], "missing.bin");
}, 120_000);

test("mistakes in a configuration", async () => {
  await expectMistake(["train", variant("typo", { epochs: 3 })], "epochs");
  await expectMistake(
    ["train", variant("empty", { float: undefined, quantized: undefined })],
    "nothing to train",
  );
  const layers = [
    { type: "conv", channels: 16, kernel: 30 },
    { type: "linear", features: 4 },
  ];
  const input = { channels: 1, height: 12, width: 12 };
  await expectMistake(
    ["train", variant("shape", { architecture: { input, layers } }), "--out", join(folder, "x2")],
    "linear1",
  );
  const text = join(folder, "broken.json");
  writeFileSync(text, "{ not json");
  await expectMistake(["train", text], "broken.json");
  const wild = variant("wild", { float: { epochs: 30, learningRate: 1e30 } });
  await expectMistake(["train", wild, "--out", join(folder, "x3")], "learning rate");
});

test("damaged data leave nothing behind", async () => {
  const damage = (name: string, change: (bytes: Buffer) => Buffer, file = "train-images-idx3-ubyte") => {
    const copy = join(folder, name);
    writeQuadrants(copy);
    writeFileSync(join(copy, file), change(readFileSync(join(copy, file))));
    return copy;
  };
  const cases: [string, (bytes: Buffer) => Buffer, string, string][] = [
    ["truncated", (bytes) => bytes.subarray(0, 5000), "train-images-idx3-ubyte", "train-images"],
    [
      "corrupt",
      (bytes) => Buffer.concat([Buffer.from([9, 9, 9, 9]), bytes.subarray(4)]),
      "t10k-images-idx3-ubyte",
      "t10k-images",
    ],
    [
      "labels",
      (bytes) => Buffer.concat([bytes.subarray(0, 4), Buffer.from([0, 0, 1, 0]), bytes.subarray(8, 8 + 256)]),
      "train-labels-idx1-ubyte",
      "256",
    ],
  ];
  for (const [name, change, file, word] of cases) {
    const copy = damage(name, change, file);
    const out = join(folder, `out-${name}`);
    await expectMistake(["train", configuration, "--data", `idx:${copy}`, "--out", out], word);
    expect(existsSync(out) ? readdirSync(out) : []).toEqual([]);
  }
});

test("a full disk is named, and what was there stays whole", async (context) => {
  const mount = join(folder, "small-disk");
  mkdirSync(mount);
  if (spawnSync("mount", ["-t", "tmpfs", "-o", "size=96k", "tmpfs", mount]).status !== 0) {
    context.skip("skipped: a small file system cannot be mounted here");
  }
  try {
    await expectMistake(
      ["train", configuration, "--out", join(mount, "run"), "--checkpoint-every", "0"],
      "full",
    );
    for (const name of readdirSync(join(mount, "run"))) {
      expect(name).not.toMatch(/\.tmp$/);
      if (name.endsWith(".json")) JSON.parse(readFileSync(join(mount, "run", name), "utf8"));
    }
  } finally {
    spawnSync("umount", [mount]);
  }
});

test("an output folder that cannot be written is refused before any work", async () => {
  const file = join(folder, "a-file");
  writeFileSync(file, "");
  await expectMistake(["train", configuration, "--out", join(file, "run")], "a-file");
  mkdirSync(join(folder, "damaged"));
  writeFileSync(join(folder, "damaged/run.json"), "{");
  await expectMistake(["eval", join(folder, "damaged")], "run.json");
  writeFileSync(
    join(folder, "half.safetensors"),
    readFileSync(join(run, "float.safetensors")).subarray(0, 2000),
  );
  await expectMistake(
    ["eval", join(folder, "half.safetensors"), "--data", `idx:${data}`],
    "half.safetensors",
  );
});

test("eval --anytime stops when it is sure: fewer steps, the decisions of all of them where nothing is sure", async () => {
  const spiking = join(folder, "anytime");
  const conversion = ["convert", run, "--bits", "3", "--out", spiking, "--tuning-images", "64", "--quiet"];
  expect((await striate(...conversion)).code).toBe(0);
  const svg = join(folder, "anytime.svg");
  const options = ["--calibration-images", "96", "--json"];
  const { code, stdout, stderr } = await striate(
    "eval",
    spiking,
    "--anytime",
    "confidence",
    "--svg",
    svg,
    ...options,
  );
  expect(code, stderr).toBe(0);
  const { fixed, anytime, curves, threshold, calibration, images } = JSON.parse(stdout);
  const evaluation = JSON.parse((await striate("eval", spiking, "--json")).stdout);
  expect(fixed.accuracyBySteps).toEqual(Object.values(evaluation.accuracyBySteps));
  expect([images, calibration.images]).toEqual([128, 96]);
  expect(anytime.meanSteps).toBeLessThan(fixed.steps);
  expect(anytime.imagesBySteps.reduce((total: number, count: number) => total + count)).toBe(images);
  expect(curves.map(({ rule }: { rule: string }) => rule)).toEqual([
    "margin",
    "cutoff",
    "confidence",
    "entropy",
  ]);
  const own = curves[2].chosen;
  expect(own).toMatchObject({ threshold, accuracy: anytime.accuracy, meanSteps: anytime.meanSteps });
  expect(own.calibration.accuracy).toBeGreaterThanOrEqual(calibration.accuracy);
  expect(readFileSync(svg, "utf8")).toMatch(/^<svg[^>]+Accuracy against mean time steps/);

  const never = await striate("eval", spiking, "--anytime", "margin", "--threshold", "Infinity", ...options);
  expect(never.code, never.stderr).toBe(0);
  const full = JSON.parse(never.stdout);
  expect(full.anytime).toMatchObject({ meanSteps: 7, changedDecisions: 0, accuracy: fixed.accuracy });
  const table = await striate("eval", spiking, "--anytime", "entropy", "--tolerance", "0.05", "--quiet");
  expect(table.stdout).toMatch(/keeps the accuracy[\s\S]*times as fast/);
  const stray = await striate("eval", spiking, "--threshold", "0.5");
  expect([stray.code, stray.stderr]).toEqual([1, expect.stringContaining("--threshold is for --anytime")]);
  const dense = await striate("eval", run, "--anytime", "margin");
  expect([dense.code, dense.stderr]).toEqual([1, expect.stringContaining("has no spiking graph")]);
});
