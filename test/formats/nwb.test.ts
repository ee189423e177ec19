import { existsSync, readFileSync } from "node:fs";
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import fc from "fast-check";
import sharp from "sharp";
import { describe, expect, test } from "vitest";
import { StriateError } from "../../src/error.ts";
import { describeFile } from "../../src/formats/index.node.ts";
import { NwbFile } from "../../src/formats/nwb/file.ts";
import { readNwbRecording } from "../../src/formats/nwb.node.ts";
import { readNwb } from "../../src/formats/nwb.ts";
import type { Recording } from "../../src/formats/recording.ts";
import { rejectionOf } from "./errors.ts";
import { temporaryFolder } from "./temporary-folder.ts";

const fixture = (name: string) => fileURLToPath(new URL(`../fixtures/nwb/${name}`, import.meta.url));
const expected = JSON.parse(readFileSync(fixture("expected.json"), "utf8"));
const real = fileURLToPath(
  new URL("../../../shared/data/nwb/sub-4_ses-4_ecephys+image.nwb", import.meta.url),
);

const rows = (values: ArrayLike<number>, width: number): (number | null)[][] =>
  Array.from({ length: values.length / width }, (_, row) =>
    Array.from({ length: width }, (_, column) => {
      const value = values[row * width + column]!;
      return Number.isNaN(value) ? null : value;
    }),
  );

const shown = ({ stimulusOf, stimulusIds }: Recording) =>
  Array.from(stimulusOf, (index) => stimulusIds[index]);

function expectClose(given: (number | null)[][], wanted: (number | null)[][], digits = 5) {
  expect(given.length).toBe(wanted.length);
  given.forEach((row, at) => {
    row.forEach((value, column) => {
      const number = wanted[at]![column] ?? null;
      if (value === null || number === null) expect(value).toBe(number);
      else expect(value).toBeCloseTo(number, digits);
    });
  });
}

/** A folder of images of these names, 8 × 6 pixels, each of one grey. */
async function imageFolder(names: readonly string[]): Promise<string> {
  const folder = join(await temporaryFolder(), "images");
  await mkdir(folder);
  for (const [index, name] of names.entries()) {
    const background = { r: index, g: index, b: index };
    await sharp({ create: { width: 8, height: 6, channels: 3, background } })
      .png()
      .toFile(join(folder, name));
  }
  return folder;
}

describe("units, trials, an IndexSeries on Images", () => {
  const path = fixture("index_series.nwb");
  const { window, counts, images, coordinates, shown: names } = expected.index_series;

  test("the counts, images and places that PyNWB has", async () => {
    const recording = await readNwbRecording(path, { window, tierColumn: "tier" });
    expect(shown(recording)).toEqual(names);
    expect(rows(recording.responses, 5)).toEqual(counts);
    expect(recording).toMatchObject({
      subject: "mouse 1-7",
      dataset: "Striate",
      neuronIds: ["100", "101", "102", "103", "104"],
      stimulusIds: ["z", "m", "a"],
      stimuli: { count: 3, channels: 1, height: 6, width: 8 },
    });
    expect(rows(recording.coordinates!, 3)).toEqual(coordinates);
    const tiers: Record<string, string> = { z: "train", m: "validation", a: "test" };
    expect(recording.tierOf).toEqual(names.map((name: string) => tiers[name]));
    const pixels = rows(recording.stimuli.data, 48);
    expect(pixels[0]).toEqual(images.z.flat());
    expect(pixels[2]).toEqual(images.a.flat());
    const grey = images.m.flat().map(([r, g, b]: number[]) => 0.299 * r! + 0.587 * g! + 0.114 * b!);
    expectClose([pixels[1]!], [grey], -0.1);
  });

  test("the same by the column that names the images", async () => {
    const byTime = await readNwbRecording(path, { window, onsetColumn: "start_time" });
    const byColumn = await readNwbRecording(path, { window, stimulusColumn: "image_name" });
    expect(byColumn).toEqual(byTime);
    expect(byTime.responses).not.toEqual((await readNwbRecording(path, { window })).responses);
  });

  test("each presentation a trial", async () => {
    const recording = await readNwbRecording(path, { window, trials: "scenes" });
    expect(rows(recording.responses, 5)).toEqual(counts);
  });

  test("a size for the images, and a seeded split that keeps repeats together", async () => {
    const first = await readNwbRecording(path, {
      size: [3, 4],
      seed: 2,
      shares: { train: 1, validation: 1, test: 1 },
    });
    expect(first.stimuli).toMatchObject({ height: 3, width: 4 });
    expect(new Set(first.tierOf)).toEqual(new Set(["train", "validation", "test"]));
    first.stimulusOf.forEach((stimulus, trial) => {
      expect(first.tierOf[trial]).toBe(first.tierOf[first.stimulusOf.indexOf(stimulus)]);
    });
    const again = await readNwbRecording(path, {
      size: [3, 4],
      seed: 2,
      shares: { train: 1, validation: 1, test: 1 },
    });
    expect(again).toEqual(first);
  });

  test.each([
    [{ trials: "epochs" }, "/intervals: has no table 'epochs'. Choose --trials from: trials, scenes"],
    [{ responses: "dff" }, "has no responses 'dff'. Choose one of: units"],
    [{ stimulus: "movie" }, "has no series of pictures 'movie'. Choose one of scenes with --stimulus"],
    [{ tierColumn: "image_name" }, "/intervals/trials/image_name: row 0 has the tier 'z.png'"],
    [{ onsetColumn: "on" }, "has no column 'on'. Its columns are start_time, stop_time, tier, image_name"],
    [{ onsetColumn: "tier" }, "/intervals/trials/tier: holds text; expected numbers"],
    [{ stimulusColumn: "tier" }, "tier: names 3 stimuli that are not among the 4 images of natural: train"],
    [{ window: [0.3, 0.1] }, "the window is 0.3 to 0.1; expected two times in seconds, the second later"],
  ] as const)("%j", async (options, message) => {
    expect(await rejectionOf(readNwbRecording(path, options))).toContain(message);
  });
});

describe("an OpticalSeries without trials", () => {
  const path = fixture("optical_series.nwb");
  const { order, frames, counts, behavior } = expected.optical_series;

  test("frames that are shown again are one stimulus, and behaviour is averaged", async () => {
    const recording = await readNwbRecording(path, { window: [0, 0.25] });
    expect(Array.from(recording.stimulusOf)).toEqual(order);
    expect(rows(recording.responses, 3)).toEqual(counts);
    expectClose(rows(recording.behavior!, 3), behavior);
    expect(recording.stimuli).toMatchObject({ count: 4, channels: 3, height: 5, width: 7 });
    // stored (height, width, 3)
    const [first] = rows(recording.stimuli.data, 105);
    expectClose(
      [first!],
      [[0, 1, 2].flatMap((c) => frames[0].filter((_: number, at: number) => at % 3 === c))],
    );
    expect(recording.subject).toBe("mouse 2");
  });

  test("grey of fractions is not rounded; without a window the spikes up to the next picture count", async () => {
    const recording = await readNwbRecording(path, { grey: true });
    const [r, g, b] = frames[0];
    expect(recording.stimuli.data[0]).toBeCloseTo(0.299 * r + 0.587 * g + 0.114 * b, 5);
    const wider = await readNwbRecording(path, { window: [0, 0.3], grey: true });
    expect(recording.responses).toEqual(wider.responses);
  });
});

describe("fluorescence", () => {
  const path = fixture("fluorescence.nwb");
  const { dff, raw, shown: names } = expected.fluorescence;

  test.each([
    ["dff", dff],
    ["Fluorescence/raw", raw],
  ])("%s: means of samples, conversion and offset, missing samples left out", async (responses, means) => {
    const recording = await readNwbRecording(path, { responses, window: [0.1, 0.5] });
    expect(shown(recording)).toEqual(names);
    expectClose(rows(recording.responses, 4), means, 4);
    expect(recording.neuronIds).toEqual(["44", "43", "42", "41"]);
  });

  test("a window without a sample is NaN", async () => {
    const recording = await readNwbRecording(path, { responses: "dff", window: [0.01, 0.05] });
    expect(recording.responses.every(Number.isNaN)).toBe(true);
  });

  test("several kinds of responses", async () => {
    expect(await rejectionOf(readNwbRecording(path))).toContain(
      "has several kinds of responses: /processing/ophys/DfOverF/dff, /processing/ophys/Fluorescence/raw. Choose one with --responses: dff or raw",
    );
  });
});

describe("images outside of the file, units in a processing module", () => {
  const path = fixture("external_images.nwb");
  const options = {
    trials: "recall",
    stimulusColumn: "picture_file",
    onsetColumn: "stimulus_on",
    window: [0, 1] as const,
  };

  test("images by name; rows without an image or an onset are left out", async () => {
    const images = await imageFolder(["car.png", "face.png", "house.png", "tree.png"]);
    const notes: string[] = [];
    const recording = await readNwbRecording(path, { ...options, images, note: (line) => notes.push(line) });
    expect(notes).toEqual([
      `${path}: /intervals/recall: 2 of 6 rows show no picture or have no onset; they are left out`,
      `${path}: spike counts of /processing/ecephys/sorted from 0 to 1 s after the onset, trials of /intervals/recall`,
    ]);
    expect(shown(recording)).toEqual(expected.external_images.shown);
    expect(rows(recording.responses, 2)).toEqual(expected.external_images.counts);
    expect(Array.from(recording.stimuli.data.filter((_, at) => at % 144 === 0))).toEqual([0, 1, 2]);
    const guessed = await readNwbRecording(path, { ...options, stimulusColumn: undefined, images });
    expect(guessed).toEqual(recording);
  });

  test("what is missing is named", async () => {
    expect(await rejectionOf(readNwbRecording(path, options))).toContain(
      "external_images.nwb: /intervals/recall/picture_file: names 4 stimuli (house.jpg, face.jpg, omitted …), but their images are not in the file. Give them with --images",
    );
    const images = await imageFolder(["car.png", "dog.png"]);
    expect(await rejectionOf(readNwbRecording(path, { ...options, images }))).toContain(
      "names 2 stimuli that are not among the 2 images of the images given: house.jpg, face.jpg. Call the images as the column does; they are called car, dog",
    );
    expect(await rejectionOf(readNwbRecording(path))).toContain(
      "/stimulus/presentation/clips: names 3 stimuli (a.mp4, b.mp4, c.mp4), but their images are not in the file",
    );
    expect(await rejectionOf(readNwbRecording(path, { trials: "encoding" }))).toContain(
      "its 6 rows spans the time of a picture in /stimulus/presentation/clips. Name the column with the stimuli instead, with --stimulus-column: picture_file",
    );
  });
});

describe("files with something wrong", () => {
  test.each([
    ["index_end", "/units/spike_times_index: row 1 ends at 9, after 3, of 5 values"],
    ["index_rows", "/units/spike_times_index: has 1 values for 2 rows"],
    ["spikes", "/units/spike_times: holds text; expected numbers"],
    ["timestamps", "/stimulus/presentation/shown: has 2 timestamps for 3 samples"],
    [
      "descending",
      "/stimulus/presentation/shown/timestamps: sample 2 is at 0.25 s, expected times that ascend",
    ],
    [
      "no_times",
      "/stimulus/presentation/shown: 'shown' has neither timestamps nor a starting_time with a rate",
    ],
    ["picture", "sample 1 shows picture 3, but /stimulus/templates/images has 3"],
    [
      "sizes",
      "images differ in size: 'image0' has 2 × 3 pixels, 'image1' has 4 × 4. Bring all to one size, with --size",
    ],
    ["shape", "/stimulus/templates/images/image1: an image is 4 × 4 × 0 uint8; expected height × width"],
    ["order", "/stimulus/templates/images/order_of_images: leads to '', which is no image"],
    ["circle", "/stimulus/presentation/shown/indexed_images: links lead to each other without end"],
    ["elsewhere", "indexed_images: a link into another file, other.nwb:/images, which is not followed"],
    ["no_units", "/units: the file has neither a table of units nor a RoiResponseSeries"],
    [
      "no_stimuli",
      "/stimulus/presentation: no series there shows pictures, and no table in /intervals has trials",
    ],
    ["version", "NWB version 1.0.6; expected NWB 2. Convert it to NWB 2 first"],
  ])("%s", async (name, message) => {
    const path = fixture(`broken_${name}.nwb`);
    const error = await rejectionOf(readNwbRecording(path, { shares: { train: 1, validation: 0, test: 0 } }));
    expect(error).toContain(message);
    expect(error).toContain(path);
  });

  test("HDF5 of another kind, and no HDF5", async () => {
    const kinds = new Uint8Array(readFileSync(new URL("../fixtures/hdf5/kinds.h5", import.meta.url)));
    expect(await rejectionOf(readNwb(kinds, "kinds.h5"))).toContain(
      "without the attribute nwb_version; expected NWB 2",
    );
    expect(await rejectionOf(readNwb(new Uint8Array(900), "x.nwb"))).toContain("x.nwb: not readable as HDF5");
  });

  test("mutants are read or refused", async () => {
    const sound = new Uint8Array(readFileSync(fixture("broken_nothing.nwb")));
    const options = { shares: { train: 1, validation: 0, test: 0 } };
    const wanted = await readNwb(sound, "sound", options);
    expect(Array.from(wanted.responses)).toEqual([1, 1, 1, 0, 1, 0]);
    let refused = 0;
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.tuple(fc.nat(sound.length - 1), fc.nat(255)), { minLength: 1, maxLength: 8 }),
        async (changes) => {
          const bytes = sound.slice();
          for (const [index, value] of changes) bytes[index] = value;
          const outcome = await readNwb(bytes, "mutant.nwb", options).catch((error) => error);
          if (!(outcome instanceof Error)) return;
          expect(outcome).toBeInstanceOf(StriateError);
          expect(outcome.message).toContain("mutant.nwb");
          refused++;
        },
      ),
      { numRuns: 150, seed: 5 },
    );
    expect(refused).toBeGreaterThan(20);
  }, 60_000);
});

describe("what striate info says", () => {
  test("session, responses, tables and stimuli", async () => {
    const { rows: said, json } = await describeFile(fixture("index_series.nwb"));
    expect(Object.fromEntries(said.map(({ name, value }) => [name, value]))).toMatchObject({
      format: "NWB 2.11.0 (HDF5)",
      "session description": "small session for tests",
      subject: "mouse 1",
      "/units": "5 units",
      "/intervals/trials": "10 rows: start_time, stop_time, tier, image_name",
      "/stimulus/presentation/scenes": "IndexSeries, 10, of /stimulus/templates/natural",
      "/stimulus/templates/natural": "Images, 4 images",
    });
    const { intervals } = json as { intervals: { columns: unknown[] }[] };
    expect(intervals).toMatchObject([{ rows: 10, stimulusColumns: ["image_name"] }]);
    expect(intervals[0]!.columns[2]).toEqual({
      name: "tier",
      description: "what the trial is for",
      dtype: "text",
      isRagged: false,
    });
    const behavior = (await describeFile(fixture("optical_series.nwb"))).rows;
    expect(behavior).toContainEqual({
      name: "/processing/behavior/PupilTracking/pupil_diameter",
      value: "pupilSize",
    });
    const ophys = (await describeFile(fixture("fluorescence.nwb"))).rows;
    expect(ophys).toContainEqual({
      name: "/processing/ophys/DfOverF/dff",
      value: "RoiResponseSeries, 120 × 4",
    });
  });
});

describe("a human session of the Rutishauser laboratory", () => {
  test("counts of spikes in every trial; images are given", async (context) => {
    if (!existsSync(real)) return context.skip("no ../shared/data/nwb");
    const missing = await rejectionOf(
      readNwbRecording(real, { trials: "recognition_table", stimulusColumn: "frameName" }),
    );
    const called = missing.match(/recognition_table\/frameName: names (\d+) stimuli \((\w+\.png), /)!;
    expect(called).not.toBeNull();
    const count = Number(called[1]);
    expect(await rejectionOf(readNwbRecording(real))).toContain(".mp4");
    const bytes = new Uint8Array(readFileSync(real));
    const file = await NwbFile.open(bytes, real);
    const column = "/intervals/recognition_table/frameName";
    const cells = (await file.load([column])).dataset(column)!.object.value.data as string[];
    const names = [...new Set(cells)];
    expect(names.length).toBe(count);
    const stimuli = { data: new Float32Array(count * 4), count, channels: 1, height: 2, width: 2 };
    const counted = (begin: number, end: number) =>
      readNwb(bytes, real, {
        trials: "recognition_table",
        stimulusColumn: "frameName",
        window: [begin, end],
        images: { images: stimuli, names },
      });
    const recording = await counted(0, 1);
    expect(shown(recording)).toEqual(cells);
    expect(recording.responses.every((value) => Number.isInteger(value) && value >= 0)).toBe(true);
    expect(recording.responses.length).toBe(recording.trials * recording.neurons);
    const [early, late] = [await counted(0, 0.4), await counted(0.4, 1)];
    expect(recording.responses).toEqual(early.responses.map((value, at) => value + late.responses[at]!));
  });
});
