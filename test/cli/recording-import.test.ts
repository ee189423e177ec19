import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import sharp from "sharp";
import { expect, test } from "vitest";
import { writeNpy } from "../../src/formats/index.ts";
import { readRecording } from "../../src/formats/recordings.node.ts";
import { temporaryFolder } from "../formats/temporary-folder.ts";
import { root, striate } from "./striate.ts";

const macaque = join(root, "../shared/data/macaque-v4");
const isThere = existsSync(macaque);
if (!isThere) console.warn("skipped: no ../shared/data/macaque-v4");

/** Images and responses with repeats of some, as a laboratory has them. */
async function laboratory(): Promise<string> {
  const folder = await temporaryFolder();
  mkdirSync(join(folder, "images"));
  for (let image = 0; image < 20; image++) {
    const background = { r: image * 10, g: 255 - image * 10, b: 60 };
    await sharp({ create: { width: 12, height: 10, channels: 3, background } })
      .png()
      .toFile(join(folder, `images/image${image}.png`));
  }
  // the third repeat of four images in five was not shown; the last neuron never changes
  const data = Float32Array.from({ length: 4 * 20 * 3 }, (_, at) => {
    const isShown = at % 3 < 2 || Math.floor(at / 3) % 5 === 0;
    return !isShown ? Number.NaN : at < 180 ? (at * 7) % 11 : 3;
  });
  writeFileSync(join(folder, "repeats.npy"), writeNpy({ shape: [4, 20, 3], data }));
  return folder;
}

test("a recording is imported, described and drawn", async () => {
  const folder = await laboratory();
  const out = join(folder, "out");
  const from = ["--images", join(folder, "images"), "--repeats", join(folder, "repeats.npy")];
  const options = ["--grey", "--size", "5x6", "--split", "60,20,20", "--seed", "7", "--dataset", "lab"];
  const run = () =>
    striate("recording", "import", ...from, ...options, "--subject", "rat", "--out", out, "--json");
  const first = await run();
  expect([first.code, first.stderr]).toEqual([0, expect.stringMatching(/neurons 3 respond the same/)]);
  expect(JSON.parse(first.stdout)).toMatchObject({
    subject: "rat",
    dataset: "lab",
    neurons: 4,
    stimuli: 20,
    size: [1, 5, 6],
  });
  const again = await run();
  expect([again.code, again.stderr]).toEqual([
    1,
    expect.stringMatching(/already holds a recording.*--force/),
  ]);

  const sheet = { svg: join(folder, "sheet.svg"), png: join(folder, "sheet.png") };
  const info = await striate("info", out, "--svg", sheet.svg, "--png", sheet.png);
  expect([info.code, info.stderr]).toEqual([0, ""]);
  expect(info.stdout).toMatch(/subject +rat\n.*dataset +lab\n/);
  expect(info.stdout).toMatch(/warning +.*neurons 3 respond the same/);
  expect(info.stdout).toMatch(/train +2\d +12 +2 +2 +3 /);
  const svg = readFileSync(sheet.svg, "utf8");
  expect(svg.match(/<image /g)).toHaveLength(20);
  expect(svg).toContain(">image19</text>");
  const { width, height } = await sharp(sheet.png).metadata();
  expect([width, height]).toEqual([2008, Math.ceil(2 * (34 + 3 * (112 * (5 / 6) + 32)))]);

  const json = JSON.parse((await striate("info", out, "--json")).stdout);
  expect(json.tiers.map(({ images }: { images: number }) => images)).toEqual([12, 4, 4]);
  expect(json.tiers[0].oracle.neurons).toBe(4);
  expect(json.trials).toBe(44);
});

test("mistakes are one line that says what to do", async () => {
  const folder = await laboratory();
  const from = ["--images", join(folder, "images"), "--repeats", join(folder, "repeats.npy")];
  const fails = async (...options: string[]) => {
    const out = join(folder, "out");
    const { code, stderr } = await striate(
      "recording",
      "import",
      ...from,
      "--subject",
      "x",
      "--out",
      out,
      ...options,
    );
    expect(code).toBeGreaterThan(0);
    expect(existsSync(out)).toBe(false);
    return stderr;
  };
  expect(await fails("--split", "80,20")).toMatch(/--split must be three numbers, given "80,20"/);
  expect(await fails("--size", "64")).toMatch(/--size must be a height and a width such as 36x64/);
  expect(await fails("--images", join(folder, "image"))).toMatch(/Did you mean images/);
  const { stderr } = await striate("info", join(folder, "images"), "--png", join(folder, "x.png"));
  expect(stderr).toMatch(/images is no recording, of which --png draws stimuli/);
});

test.skipIf(!isThere)(
  "macaque V4: averages and repeats of real sessions",
  async () => {
    const folder = await temporaryFolder();
    const session = async (subject: string, ...responses: string[]) => {
      const out = join(folder, subject);
      const images = join(macaque, `images/images_${subject}.zip`);
      const options = ["--grey", "--size", "24x24", "--subject", subject, "--out", out, "--json"];
      const { code, stdout } = await striate(
        "recording",
        "import",
        "--images",
        images,
        ...responses,
        ...options,
      );
      expect(code).toBe(0);
      return { result: JSON.parse(stdout), recording: await readRecording(out) };
    };
    const averages = await session("201025", "--responses", join(macaque, "responses/responses_201025.npy"));
    expect(averages.result).toMatchObject({
      neurons: 89,
      trials: 1200,
      stimuli: 1200,
      tiers: { train: 960, validation: 120, test: 120 },
    });
    expect(averages.recording.stimulusIds[1199]).toBe("image1200");

    const repeats = await session("210325", "--repeats", join(macaque, "responses_raw/responses_210325.npy"));
    const { recording } = repeats;
    expect(recording).toMatchObject({ neurons: 50, trials: 4840, stimuli: { count: 640 } });
    const counts = new Uint32Array(640);
    for (const stimulus of recording.stimulusOf) counts[stimulus]!++;
    expect([Math.min(...counts), Math.max(...counts)]).toEqual([6, 10]);
    const info = JSON.parse((await striate("info", join(folder, "210325"), "--json")).stdout);
    expect(info.tiers[2].oracle.mean).toBeGreaterThan(0.35);
  },
  180_000,
);
