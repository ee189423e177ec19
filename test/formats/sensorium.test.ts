import { cpSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { zipSync } from "fflate";
import { describe, expect, test } from "vitest";
import { withFileTree } from "../../src/formats/file-tree.node.ts";
import type { FileTree } from "../../src/formats/file-tree.ts";
import { readNpy, writeNpy } from "../../src/formats/index.ts";
import { type Recording, tiers } from "../../src/formats/recording.ts";
import { isRecording, readRecording, recordingsIn } from "../../src/formats/recordings.node.ts";
import { resizeImages } from "../../src/formats/resize-images.ts";
import { writeSensorium } from "../../src/formats/sensorium.node.ts";
import { rejectionOf } from "./errors.ts";
import { smallRecording } from "./small-recording.ts";
import { temporaryFolder } from "./temporary-folder.ts";

/** What must survive on disk, numbers by their bits. */
function contentOf(recording: Recording) {
  const bits = (values: Float32Array | undefined) =>
    values && Array.from(new Uint32Array(values.slice().buffer));
  const { name: _, stimuli, responses, coordinates, behavior, pupilCenter, expected, ...plain } = recording;
  return {
    ...plain,
    stimuli: { ...stimuli, data: bits(stimuli.data) },
    ...[responses, coordinates, behavior, pupilCenter, expected].map(bits),
  };
}

async function written(changes: Partial<Recording> = {}): Promise<string> {
  const folder = join(await temporaryFolder(), "recording");
  await writeSensorium(smallRecording(changes), folder);
  return folder;
}

const npy = (folder: string, path: string) => readNpy(new Uint8Array(readFileSync(join(folder, path))), path);
const numbers = (folder: string, path: string, shape: number[], ...data: number[]) =>
  writeFileSync(join(folder, path), writeNpy({ shape, data: Float32Array.from(data) }));
const labels = (folder: string, path: string, data: string[]) =>
  writeFileSync(join(folder, path), writeNpy({ shape: [data.length], data }));

/** The files of a folder below a top folder, and what a Mac adds. */
async function zipped(folder: string): Promise<Uint8Array> {
  const collect = async (tree: FileTree) =>
    Object.fromEntries(
      await Promise.all(
        tree.paths.map(async (path) => [`${basename(folder)}/${path}`, await tree.read(path)]),
      ),
    );
  return zipSync({ ...(await withFileTree(folder, collect)), "__MACOSX/._x": new Uint8Array(2) });
}

describe("what is written is read back bit for bit", () => {
  test("everything that a recording may hold", async () => {
    expect(contentOf(await readRecording(await written()))).toEqual(contentOf(smallRecording()));
  });

  test("only what it must hold, images of bytes", async () => {
    const data = Float32Array.from({ length: 8 * 60 }, (_, at) => (at * 7) % 256);
    const bare = {
      stimuli: { ...smallRecording().stimuli, data },
      coordinates: undefined,
      behavior: undefined,
      pupilCenter: undefined,
      expected: undefined,
    };
    const folder = await written(bare);
    expect(contentOf(await readRecording(folder))).toEqual(contentOf(smallRecording(bare)));
    expect(npy(folder, "data/images/3.npy")).toMatchObject({ dtype: "uint8", shape: [2, 6, 5] });
    expect(readdirSync(join(folder, "data")).sort()).toEqual(["images", "responses"]);
  });

  test("from a zip archive with a top folder", async () => {
    const folder = await written();
    writeFileSync(`${folder}.zip`, await zipped(folder));
    expect(contentOf(await readRecording(`${folder}.zip`))).toEqual(contentOf(smallRecording()));
  });
});

test("the layout of Sensorium 2022", async () => {
  const folder = await written();
  expect(npy(folder, "meta/trials/tiers.npy").data).toEqual([...smallRecording().tierOf]);
  expect(npy(folder, "meta/neurons/unit_ids.npy")).toMatchObject({ dtype: "int64", shape: [5] });
  expect(npy(folder, "meta/neurons/cell_motor_coordinates.npy").shape).toEqual([5, 3]);
  for (const name of ["area", "layer", "animal_ids", "sessions", "scan_idx"])
    expect(npy(folder, `meta/neurons/${name}.npy`).shape).toEqual([5]);
  for (const name of ["frame_image_id", "frame_image_class", "trial_idx"])
    expect(npy(folder, `meta/trials/${name}.npy`).shape).toEqual([12]);
  expect(npy(folder, "data/responses/11.npy")).toMatchObject({ dtype: "float32", shape: [5] });
});

test("statistics are those of the values, images once a trial, without NaN", async () => {
  const folder = await written();
  const { stimuli, stimulusOf, responses, pupilCenter } = smallRecording();
  const summary = (values: number[]) => {
    const sorted = values.filter((value) => !Number.isNaN(value)).sort((a, b) => a - b);
    const { length } = sorted;
    const mean = sorted.reduce((sum, value) => sum + value, 0) / length;
    const std = Math.sqrt(sorted.reduce((sum, value) => sum + (value - mean) ** 2, 0) / length);
    const median = (sorted[Math.floor((length - 1) / 2)]! + sorted[Math.floor(length / 2)]!) / 2;
    return { mean, std, min: sorted[0]!, max: sorted.at(-1)!, median };
  };
  const pixels = Array.from(stimulusOf).flatMap((index) =>
    Array.from(stimuli.data.slice(index * 60, index * 60 + 60)),
  );
  const column = (values: Float32Array, width: number, index: number) =>
    Array.from(values).filter((_, at) => at % width === index);
  const checked = [
    ["images", 0, summary(pixels)],
    ["responses", 2, summary(column(responses, 5, 2))],
    ["pupil_center", 1, summary(column(pupilCenter!, 2, 1))],
  ] as const;
  for (const [kind, index, expected] of checked) {
    for (const [name, value] of Object.entries(expected)) {
      const { data } = npy(folder, `meta/statistics/${kind}/all/${name}.npy`);
      expect([kind, name, (data as Float64Array)[index]]).toEqual([kind, name, expect.closeTo(value, 10)]);
    }
  }
  expect(npy(folder, "meta/statistics/images/all/mean.npy").shape).toEqual([]);
});

describe("folders as Sensorium publishes them", () => {
  test("names from the folder, color ids, classes that share ids, images without repeats once", async () => {
    const source = await written();
    rmSync(join(source, "config.json"));
    const folder = join(await temporaryFolder(), "static26872-17-20-ColorImageNet-94c6ff");
    cpSync(source, folder, { recursive: true });
    const trials = join(folder, "meta/trials");
    rmSync(join(trials, "frame_image_id.npy"));
    labels(folder, "meta/trials/colorframeprojector_image_id.npy", [..."012345666771"]);
    labels(folder, "meta/trials/colorframeprojector_image_class.npy", [..."iiiiiiiiiiig"]);
    const { subject, dataset, stimulusIds, stimulusOf } = await readRecording(folder);
    expect([subject, dataset]).toEqual(["26872-17-20", "franke-2022"]);
    expect(stimulusIds).toEqual(["i/0", "i/1", "i/2", "i/3", "i/4", "i/5", "i/6", "i/7", "g/1"]);
    expect(Array.from(stimulusOf)).toEqual([0, 1, 2, 3, 4, 5, 6, 6, 6, 7, 7, 8]);
  });

  test("responses that a competition hides are not recorded", async () => {
    const { responses, tierOf } = smallRecording();
    const hidden = responses.map((value, at) => (tierOf[Math.floor(at / 5)] === "test" ? 0 : value));
    const notes: string[] = [];
    const read = await readRecording(await written({ responses: hidden }), {
      note: (line) => notes.push(line),
    });
    expect(Array.from(read.responses.subarray(30, 55)).every(Number.isNaN)).toBe(true);
    expect(read.responses[0]).toBe(responses[0]);
    expect(notes).toEqual([expect.stringMatching(/tier test are 0.*not recorded/)]);
  });

  test("without ids of images each trial is its own, with a note", async () => {
    const folder = await written();
    rmSync(join(folder, "meta/trials/frame_image_id.npy"));
    const notes: string[] = [];
    const read = await readRecording(folder, { note: (line) => notes.push(line) });
    expect(read.stimuli.count).toBe(12);
    expect(notes).toEqual([expect.stringMatching(/no meta\/trials\/frame_image_id\.npy/)]);
  });
});

test("images are resized while they are read: with antialiasing, except for those of 144 × 256", async () => {
  const { stimuli } = smallRecording();
  const small = await readRecording(await written(), { size: [3, 2] });
  expect(small.stimuli).toEqual(resizeImages(stimuli, [3, 2]));
  const data = Float32Array.from({ length: 8 * 144 * 256 }, (_, at) => (at * 2654435761) % 251);
  const large = { data, count: 8, channels: 1, height: 144, width: 256 };
  const folder = await written({ stimuli: large });
  expect((await readRecording(folder, { size: [36, 64] })).stimuli).toEqual(
    resizeImages(large, [36, 64], false),
  );
  const softened = await readRecording(folder, { size: [36, 64], antialias: true });
  expect(softened.stimuli).toEqual(resizeImages(large, [36, 64], true));
});

describe("refusals say which file and what to do", () => {
  const cases: [string, (folder: string) => void, RegExp][] = [
    [
      "an unknown tier",
      (folder) => labels(folder, "meta/trials/tiers.npy", [...Array(11).fill("train"), "live_test"]),
      /tiers\.npy: trial 11 has the tier "live_test"; expected one of train, validation, test, final_test\. Rename/,
    ],
    [
      "more trials than responses",
      (folder) => rmSync(join(folder, "data/responses/4.npy")),
      /data\/responses holds 11 trials, but meta\/trials\/tiers\.npy names 12; 4\.npy is missing/,
    ],
    [
      "more files than trials",
      (folder) => numbers(folder, "data/behavior/12.npy", [3], 1, 2, 3),
      /data\/behavior holds 13 trials, but meta\/trials\/tiers\.npy names 12\. /,
    ],
    [
      "other neurons than named",
      (folder) => numbers(folder, "data/responses/4.npy", [3], 1, 2, 3),
      /data\/responses\/4\.npy: holds 3 values, expected 5, the neurons of meta\/neurons\/unit_ids\.npy/,
    ],
    [
      "an image of another shape",
      (folder) => numbers(folder, "data/images/2.npy", [1, 2, 2], 1, 2, 3, 4),
      /data\/images\/2\.npy: an image of 1 × 2 × 2, but data\/images\/0\.npy is 2 × 6 × 5/,
    ],
    [
      "an image with NaN",
      (folder) => numbers(folder, "data/images/0.npy", [2, 6, 5], ...Array(59).fill(0), Number.NaN),
      /data\/images\/0\.npy: the image has the value NaN at position 59\. Mend/,
    ],
    [
      "behaviour with NaN",
      (folder) => numbers(folder, "data/behavior/5.npy", [3], 1, Number.NaN, 2),
      /behavior of trial 5 has the value NaN/,
    ],
    [
      "ids of images for other trials",
      (folder) => labels(folder, "meta/trials/frame_image_id.npy", ["1"]),
      /frame_image_id\.npy: holds 1 entries, but meta\/trials\/tiers\.npy names 12 trials/,
    ],
    [
      "coordinates of other neurons",
      (folder) => numbers(folder, "meta/neurons/cell_motor_coordinates.npy", [1, 3], 1, 2, 3),
      /cell_motor_coordinates\.npy: an array of 1 × 3, expected 5 × 3/,
    ],
    [
      "a file that is cut short",
      (folder) => {
        const path = join(folder, "data/pupil_center/7.npy");
        writeFileSync(path, readFileSync(path).subarray(0, 130));
      },
      /data\/pupil_center\/7\.npy: .*136 bytes in all, but the file has 130\. .*cut short/,
    ],
    [
      "a broken config.json",
      (folder) => writeFileSync(join(folder, "config.json"), "{"),
      /config\.json: not valid JSON/,
    ],
    [
      "no tiers",
      (folder) => rmSync(join(folder, "meta/trials/tiers.npy")),
      /is no recording: there is no meta\/trials/,
    ],
  ];
  test.each(cases)("%s", async (_, spoil, message) => {
    const folder = await written();
    spoil(folder);
    const said = await rejectionOf(readRecording(folder));
    expect(said).toMatch(message);
    expect(said).toContain(folder);
  });

  test("an unreadable member of an archive", async () => {
    const folder = await written();
    const bytes = await zipped(folder);
    const name = new TextEncoder().encode("recording/data/responses/3.npy");
    const at = bytes.findIndex((_, from) => name.every((byte, index) => bytes[from + index] === byte));
    bytes.fill(0x55, at + name.length + 4, at + name.length + 12);
    writeFileSync(`${folder}.zip`, bytes);
    expect(await rejectionOf(readRecording(`${folder}.zip`))).toMatch(
      /recording\.zip: the file recording\/data\/responses\/3\.npy in it cannot be unpacked/,
    );
  });
});

test("neurons that never change are noted, not refused", async () => {
  const responses = smallRecording().responses.map((value, at) =>
    at % 5 === 1 ? 2 : at % 5 === 3 ? Number.NaN : value,
  );
  const notes: string[] = [];
  await readRecording(await written({ responses }), { note: (line) => notes.push(line) });
  expect(notes).toEqual([
    expect.stringMatching(/neurons 3 have no response/),
    expect.stringMatching(/neurons 1 respond the same/),
  ]);
});

describe("writing", () => {
  test("replaces a recording only when told, and nothing else ever", async () => {
    const folder = await written();
    expect(await rejectionOf(writeSensorium(smallRecording(), folder))).toMatch(
      /already holds a recording.*--force/,
    );
    await writeSensorium(smallRecording({ subject: "rat-2" }), folder, { force: true });
    expect((await readRecording(folder)).subject).toBe("rat-2");
    const other = await temporaryFolder();
    writeFileSync(join(other, "thesis.txt"), "x");
    expect(await rejectionOf(writeSensorium(smallRecording(), other, { force: true }))).toMatch(
      /holds files that are no recording, such as thesis\.txt/,
    );
    expect(readdirSync(other)).toEqual(["thesis.txt"]);
  });

  test("leaves nothing behind, in an empty folder too, and nothing when the recording does not fit", async () => {
    const parent = await temporaryFolder();
    mkdirSync(join(parent, "empty"));
    await writeSensorium(smallRecording(), join(parent, "empty"), { about: { from: "a test" } });
    const config = JSON.parse(readFileSync(join(parent, "empty/config.json"), "utf8"));
    expect(config).toEqual({
      subject: "rat-1",
      dataset: "made up",
      striate: { format: "striate-recording-1", from: "a test" },
    });
    const wrong = smallRecording({ tierOf: [tiers[0]] });
    expect(await rejectionOf(writeSensorium(wrong, join(parent, "new")))).toMatch(
      /list of tiers has 1 values/,
    );
    expect(readdirSync(parent)).toEqual(["empty"]);
  });

  test("tells how far it is", async () => {
    const seen: [number, number][] = [];
    const folder = join(await temporaryFolder(), "recording");
    await writeSensorium(smallRecording(), folder, { progress: (done, total) => seen.push([done, total]) });
    expect(seen.at(-1)![0]).toBe(seen.at(-1)![1]);
    const read: [number, number][] = [];
    await readRecording(folder, { progress: (done, total) => read.push([done, total]) });
    expect(read.at(-1)).toEqual([8 + 4 * 12, 8 + 4 * 12]);
  });
});

test("a folder of recordings stands for those in it, in order", async () => {
  const parent = await temporaryFolder();
  for (const name of ["b", "a10", "a2"]) await writeSensorium(smallRecording(), join(parent, name));
  writeFileSync(join(parent, "c.zip"), await zipped(join(parent, "b")));
  writeFileSync(join(parent, "notes.txt"), "x");
  mkdirSync(join(parent, "none"));
  const inside = ["a10", "a2", "b", "c.zip"].map((name) => join(parent, name));
  expect(await recordingsIn([parent, inside[2]!])).toEqual([...inside, inside[2]]);
  expect(await isRecording(join(parent, "notes.txt"))).toBe(false);
  expect(await rejectionOf(recordingsIn([join(parent, "none")]))).toMatch(
    /none is no recording and holds none/,
  );
  expect(await rejectionOf(readRecording(join(parent, "notes.txt")))).toMatch(
    /notes\.txt is no recording\. Give a f/,
  );
  expect(await rejectionOf(readRecording(parent))).toMatch(/holds 3 recordings: a10\/, a2\/, b\//);
});
