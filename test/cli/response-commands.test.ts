import { existsSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import { readNpy } from "../../src/formats/index.ts";
import { start, striate, temporaryFolder } from "./striate.ts";

const folder = temporaryFolder();
const at = (name: string) => join(folder, name);
const [first, second, third] = [0, 1, 2].map((i) => at(`animals/synthetic-${i}`)) as [string, string, string];
const tiny = at("tiny.json");
const run = at("run");
const adapted = at("adapted");

beforeAll(async () => {
  const size = ["--subjects", "3", "--neurons", "8", "--images", "60", "--size", "16x24"];
  await done("recording", "synthesize", ...size, "--seed", "3", "--out", at("animals"));
  const core = { patch: 4, stride: 4, width: 8, depth: 2, heads: 2, mlp: 12 };
  writeFileSync(tiny, JSON.stringify({ core, pixels: 384, training: { epochs: 3, batchSize: 8 } }));
});

/** What the command prints, as JSON; it must succeed. */
async function done(...args: string[]) {
  const { code, stdout, stderr } = await striate(...args, "--json");
  expect(code, stderr).toBe(0);
  return JSON.parse(stdout);
}

async function refused(args: string[], message: string | RegExp): Promise<void> {
  const { code, stdout, stderr } = await striate(...args);
  expect([code === 0, stdout, stderr]).toEqual([
    false,
    "",
    typeof message === "string" ? expect.stringContaining(message) : expect.stringMatching(message),
  ]);
}

const estimate = { value: expect.any(Number), low: expect.any(Number), high: expect.any(Number) };
const json = (file: string) => JSON.parse(readFileSync(file, "utf8"));

describe("fit, score and adapt", () => {
  test("fit writes a run with everything that made it", async () => {
    const result = await done("fit", first, second, "--config", tiny, "--out", run);
    expect(result).toMatchObject({ model: "v1t-small", overall: { ...estimate, neurons: 16 }, epochs: 3 });
    expect(result.subjects).toHaveLength(2);
    expect(result.subjects[0]).toMatchObject({
      subject: "synthetic-0",
      tier: "test",
      singleTrial: estimate,
      oracle: estimate,
      ceiling: estimate,
      shareOfCeiling: estimate,
    });
    expect(result.parameters).toMatchObject({ core: expect.any(Number), readouts: expect.any(Number) });
    const described = json(join(run, "run.json"));
    expect(described.configuration.preset).toMatchObject({
      core: { kind: "transformer", width: 8 },
      training: { epochs: 3, batchSize: 8 },
    });
    expect(described.data[0]).toMatchObject({
      subject: "synthetic-0",
      neurons: 8,
      preprocessing: { images: { mean: expect.any(Number), deviation: expect.any(Number) } },
    });
    expect(described.versions.striate).toBeDefined();
    const report = readFileSync(join(run, "report.html"), "utf8");
    for (const title of ["Predicted and recorded", "Where the neurons look", "Where the core attends"])
      expect(report).toContain(title);
    await refused(["fit", first, "--config", tiny, "--out", run], /already holds a run.*--resume.*--force/);
  });

  test("score gives the fit's own scores, predictions in the units of the responses, and a report", async () => {
    const files = ["--predictions", at("predictions.npy"), "--html", at("score.html")];
    const scored = await done("score", run, "--data", first, ...files, "--require", "feve,oracle");
    expect(scored.subjects[0]).toEqual(json(join(run, "result.json")).subjects[0]);
    const predictions = readNpy(readFileSync(at("predictions.npy")), "predictions.npy");
    expect(predictions.shape).toEqual([scored.subjects[0].trials, 8]);
    expect(Math.min(...(predictions.data as Float32Array))).toBeGreaterThanOrEqual(0);
    expect(readFileSync(at("score.html"), "utf8")).toContain("Striate score report");
    const table = await striate("score", join(run, "model.safetensors"), "--data", first, "--quiet");
    expect([table.code, table.stderr]).toEqual([0, ""]);
    expect(table.stdout).toMatch(/single-trial\n.*correlation/);
  });

  test("adapt trains paths on a frozen core, and one small file carries them to it", async () => {
    const how = ["--paths", "subject,stimulus", "--images", "8", "--steps", "6"];
    const result = await done("adapt", run, "--data", third, ...how, "--out", adapted);
    expect(result).toMatchObject({ arm: { train: "paths" }, images: 8, overall: estimate });
    expect(result.core.after).toBe(result.core.before);
    expect(readFileSync(join(adapted, "report.html"), "utf8")).toContain("What the paths change");
    const small = join(adapted, "adaptation.safetensors");
    expect(statSync(small).size).toBeLessThan(statSync(join(adapted, "model.safetensors")).size);

    const [whole, carried] = [
      await done("score", adapted, "--data", third),
      await done("score", run, "--adaptation", small, "--data", third),
    ];
    expect(carried.subjects).toEqual(whole.subjects);
    expect(whole.subjects).toEqual(result.subjects);
    expect(whole.paths).toEqual(["subject", "stimulus"]);
    const off = await done("score", adapted, "--data", third, "--paths", "none");
    expect(off.subjects[0].singleTrial.value).not.toBe(whole.subjects[0].singleTrial.value);
    await refused(
      ["score", adapted, "--data", third, "--paths", "dataset"],
      "no dataset path, only subject, stimulus",
    );
    const info = await done("info", small);
    expect(info).toMatchObject({ coreHash: result.core.before, paths: [{ kind: "subject" }, {}] });
  });

  test("a model that knows the animal is scored before it is adapted", async () => {
    const how = ["--arm", "full", "--steps", "3", "--out", at("tuned")];
    const result = await done("adapt", run, "--data", first, ...how);
    expect(result.before.value).toBe(json(join(run, "result.json")).subjects[0].singleTrial.value);
    expect(result.core.after).not.toBe(result.core.before);
    expect(existsSync(at("tuned/adaptation.safetensors"))).toBe(false);
  });

  test("every way of adapting is compared, and a comparison goes on from what is done", async () => {
    const out = at("compared");
    const how = ["--compare", "--images", "8,all", "--steps", "2", "--out", out];
    const { arms, core } = await done("adapt", run, "--data", third, ...how);
    expect(core.after).toBe(core.before);
    expect(arms).toHaveLength(2 * 10);
    const names = new Set(arms.map(({ name }: { name: string }) => name));
    expect([...names]).toEqual([
      ...["readout", "subject", "stimulus", "dataset", "subject+stimulus+dataset"],
      ...["adapter", "low-rank", "behavior", "all", "scratch"],
    ]);
    const report = readFileSync(join(out, "report.html"), "utf8");
    for (const title of ["How many images it takes", "What it costs", "What the paths change"])
      expect(report).toContain(title);
    const kept = json(join(out, "arms.json"));
    writeFileSync(join(out, "arms.json"), JSON.stringify(kept.slice(0, 18)));
    const again = await done("adapt", run, "--data", third, ...how, "--resume");
    const withoutTime = (all: { seconds: number }[]) => all.map((one) => ({ ...one, seconds: 0 }));
    expect(withoutTime(again.arms)).toEqual(withoutTime(arms));
  });
});

test("fits and adaptations that are killed and resumed end with the same bits", async () => {
  const often = ["--checkpoint-every", "0", "--quiet", "--json"];
  const jobs: [string, string[]][] = [
    ["fit", ["fit", first, "--config", tiny, "--epochs", "20", "--batch", "4", ...often]],
    ["adapt", ["adapt", run, "--data", third, "--paths", "subject", "--steps", "120", ...often]],
  ];
  for (const [name, job] of jobs) {
    const [whole, killed] = [at(`${name}-whole`), at(`${name}-killed`)];
    await done(...job, "--out", whole);
    let kills = 0;
    for (let attempt = 0; attempt < 10; attempt++) {
      const resume = existsSync(join(killed, "run.json")) ? ["--resume"] : [];
      const { child, outcome } = start([...job, "--out", killed, ...resume]);
      const seen = steps(killed);
      const timer = setInterval(() => {
        if (kills < 2 && steps(killed) >= seen + 10 + 20 * kills) child.kill("SIGKILL");
      }, 5);
      const { code, stderr } = await outcome;
      clearInterval(timer);
      if (code === 0) break;
      expect(code, stderr).toBe(null);
      kills++;
    }
    expect(kills).toBe(2);
    for (const file of ["model.safetensors", "metrics.jsonl"])
      expect(readFileSync(join(killed, file)).equals(readFileSync(join(whole, file))), file).toBe(true);
  }
}, 180_000);

/** Training steps on disk. */
function steps(path: string): number {
  const log = join(path, "metrics.jsonl");
  return existsSync(log) ? readFileSync(log, "utf8").split("\n").length - 1 : 0;
}

describe("mistakes", () => {
  test("of what to score", async () => {
    await Promise.all([
      refused(["score", at("nothing"), "--data", first], "nothing does not exist"),
      refused(["score", run, "--data", third], /no readout for subject "synthetic-2".*adapt/),
      refused(["score", run, "--data", first, "--require", "beauty"], "--require has"),
      refused(
        ["score", run, "--data", first, "--tier", "train", "--require", "feve"],
        /feve was asked for, but no image was shown twice.*--repeats/,
      ),
      refused(["eval", run], "holds a model of neural responses"),
      refused(
        ["score", at("tuned"), "--data", third, "--adaptation", join(adapted, "adaptation.safetensors")],
        "adapts another core",
      ),
    ]);
  });

  test("of recordings that do not fit", async () => {
    const other = ["--subjects", "1", "--images", "60", "--size", "16x24", "--neurons"];
    await done("recording", "synthesize", ...other, "9", "--out", at("more-neurons"));
    await Promise.all([
      refused(["score", run, "--data", at("more-neurons")], /9 neurons, the model's readout .* has 8/),
      refused(["fit", first, at("more-neurons"), "--out", at("never")], /both of subject "synthetic-0"/),
      refused(["fit", at("nothing"), "--out", at("never")], "nothing"),
    ]);
    writeFileSync(at("wrong.json"), JSON.stringify({ core: { width: "wide" } }));
    await Promise.all([
      refused(
        ["fit", first, "--config", at("wrong.json"), "--out", at("never")],
        /wrong.json is not valid at core.width/,
      ),
      refused(
        ["fit", first, "--config", tiny, "--size", "3x3", "--out", at("never")],
        /patches of 4×4 do not fit images of 3×3/,
      ),
    ]);
    expect(existsSync(at("never"))).toBe(false);
  });

  test("of what to adapt", async () => {
    const adapt = (...args: string[]) => ["adapt", run, "--data", third, "--out", at("never"), ...args];
    await Promise.all([
      refused(adapt(), "what to train is missing"),
      refused(adapt("--paths", "subject,mood"), '--paths has "mood"'),
      refused(adapt("--paths", "subject", "--arm", "full"), "--paths and --arm exclude each other"),
      refused(adapt("--arm", "readout", "--images", "8,16"), "--compare"),
      refused(adapt("--arm", "readout", "--images", "5000"), /5000 images were asked for.*has \d+/),
      refused(["adapt", run, "--data", third, "--out", run, "--arm", "full"], "--out is the run to adapt"),
    ]);
    await done("fit", first, "--model", "ln", "--epochs", "1", "--out", at("linear"));
    await done("fit", first, "--config", tiny, "--epochs", "1", "--no-behavior", "--out", at("blind"));
    const rest = ["--data", third, "--out", at("never"), "--paths"];
    await Promise.all([
      refused(["adapt", at("linear"), ...rest, "subject"], "it has no core that paths could adapt"),
      refused(["adapt", at("blind"), ...rest, "behavior"], "fitted without behaviour"),
    ]);
  });

  test("of what to resume", async () => {
    await Promise.all([
      refused(["fit", first, "--out", at("empty"), "--resume"], "holds no run to resume"),
      refused(
        ["fit", first, second, "--config", tiny, "--seed", "2", "--out", run, "--resume"],
        "another configuration or other data",
      ),
    ]);
  });
});
