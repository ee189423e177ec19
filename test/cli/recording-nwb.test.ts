import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { readNwbRecording } from "../../src/formats/nwb.node.ts";
import { readSensoriumPath } from "../../src/formats/sensorium.node.ts";
import { temporaryFolder } from "../formats/temporary-folder.ts";
import { root, striate } from "./striate.ts";

const scenes = join(root, "test/fixtures/nwb/index_series.nwb");

test("recording import makes the recording that an NWB file holds", async () => {
  const out = join(await temporaryFolder(), "mouse");
  const choices = ["--window", "0.05,0.3", "--tier-column", "tier", "--dataset", "lab"];
  const { code, stdout, stderr } = await striate(
    "recording",
    "import",
    scenes,
    ...choices,
    "--out",
    out,
    "--json",
  );
  expect([code, stderr]).toEqual([
    0,
    expect.stringContaining("trials that overlap invalid_times are left out: 1"),
  ]);
  expect(JSON.parse(stdout)).toMatchObject({ subject: "mouse 1-7", neurons: 5, trials: 9, stimuli: 3 });
  const written = await readSensoriumPath(out);
  const wanted = await readNwbRecording(scenes, { window: [0.05, 0.3], tierColumn: "tier" });
  expect(written.responses).toEqual(wanted.responses);
  expect(written.tierOf).toEqual(wanted.tierOf);
  expect(written.coordinates).toEqual(wanted.coordinates);
  const image = (one: typeof wanted, trial: number) => {
    const pixels = one.stimuli.data.length / one.stimuli.count;
    const from = one.stimulusOf[trial]! * pixels;
    return one.stimuli.data.subarray(from, from + pixels);
  };
  for (let trial = 0; trial < 9; trial++) expect(image(written, trial)).toEqual(image(wanted, trial));
  expect(JSON.parse(readFileSync(join(out, "config.json"), "utf8"))).toMatchObject({
    subject: "mouse 1-7",
    dataset: "lab",
    striate: { from: { nwb: "index_series.nwb" }, window: [0.05, 0.3], tierColumn: "tier" },
  });
});

test("options that belong to another source, and windows that are none", async () => {
  const out = join(await temporaryFolder(), "none");
  for (const [given, message] of [
    [[scenes, "--tiers", "x.npy"], "--tiers is not for NWB files"],
    [["--onset-column", "x", "--subject", "a"], "--onset-column is for NWB files, and none is given"],
    [[scenes, "--window", "0.1"], '--window must be two times, given "0.1"'],
    [[scenes, "--window", "0.3,0.1"], "the window is 0.3 to 0.1"],
  ] as const) {
    const { code, stderr } = await striate("recording", "import", ...given, "--out", out);
    expect([code === 0, stderr]).toEqual([false, expect.stringContaining(message)]);
  }
});

test("info says what is in the file and what recording it makes", async () => {
  const { code, stdout } = await striate("info", scenes);
  expect([code, stdout]).toEqual([0, expect.stringMatching(/\/intervals\/trials +10 rows[\s\S]*neurons +5/)]);
});
