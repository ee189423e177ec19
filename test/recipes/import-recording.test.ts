import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { writeNpy } from "../../src/formats/index.ts";
import { writeNpz } from "../../src/formats/npz.ts";
import { type ImportOptions, importRecording } from "../../src/recipes/import-recording.node.ts";
import { rejectionOf } from "../formats/errors.ts";
import { temporaryFolder } from "../formats/temporary-folder.ts";

const images = 10;
const neurons = 3;
const pictures = { shape: [images, 4, 5], data: Uint8Array.from({ length: images * 20 }, (_, at) => at) };
const sequence = (length: number) => Float64Array.from({ length }, (_, at) => at);

/** Files of arrays or text in a new folder; gives their paths. */
async function files<Name extends string>(
  contents: Record<Name, Parameters<typeof writeNpy>[0] | string | Uint8Array>,
): Promise<Record<Name, string>> {
  const folder = await temporaryFolder();
  const paths = Object.entries(contents).map(([name, content]) => {
    const path = join(folder, name);
    const isRaw = typeof content === "string" || content instanceof Uint8Array;
    writeFileSync(path, isRaw ? content : writeNpy(content as Parameters<typeof writeNpy>[0]));
    return [name, path];
  });
  return Object.fromEntries(paths);
}

async function imported(
  contents: Record<string, Parameters<typeof writeNpy>[0] | string | Uint8Array>,
  options: Partial<ImportOptions> = {},
) {
  const paths = await files({ "images.npy": pictures, ...contents });
  const path = (name: keyof ImportOptions) =>
    Object.entries(paths).find(([file]) => file.startsWith(`${name}.`))?.[1];
  const given = (
    ["images", "responses", "repeats", "behavior", "pupil", "coordinates", "tiers"] as const
  ).map((name) => [name, path(name)]);
  return importRecording({ subject: "x", ...Object.fromEntries(given), ...options });
}

const row = (responses: Float32Array, trial: number) =>
  Array.from(responses.subarray(trial * neurons, (trial + 1) * neurons));

describe("averages", () => {
  test("neurons or images may come first", async () => {
    const first = { shape: [neurons, images], data: sequence(30) };
    const { recording } = await imported({ "responses.npy": first });
    expect(recording).toMatchObject({ trials: images, neurons, subject: "x", dataset: "imported" });
    expect(row(recording.responses, 4)).toEqual([4, 14, 24]);
    expect(recording.stimulusIds).toEqual(["0", "1", "2", "3", "4", "5", "6", "7", "8", "9"]);
    const last = { shape: [images, neurons], data: sequence(30) };
    expect(row((await imported({ "responses.npy": last })).recording.responses, 4)).toEqual([12, 13, 14]);
  });

  test("as many neurons as images: the orientation is asked for", async () => {
    const square = { "responses.npy": { shape: [images, images], data: sequence(100) } };
    expect(await rejectionOf(imported(square))).toMatch(
      /responses\.npy: holds 10 × 10, and there are 10 images: .*--orientation neurons-first/,
    );
    const columns = await imported(square, { orientation: "neurons-first" });
    expect(columns.recording.responses[1]).toBe(10);
    expect((await imported(square, { orientation: "images-first" })).recording.responses[1]).toBe(1);
  });

  test("other counts are refused with both", async () => {
    const wrong = { "responses.npy": { shape: [3, 9], data: sequence(27) } };
    expect(await rejectionOf(imported(wrong))).toMatch(
      /responses\.npy: holds 3 × 9, but there are 10 images/,
    );
    const cube = { "responses.npy": { shape: [3, 10, 2], data: sequence(60) } };
    expect(await rejectionOf(imported(cube))).toMatch(/responses\.npy: holds 3 × 10 × 2 .*--repeats/);
  });

  test("a table with a header, a missing value and semicolons", async () => {
    const lines = Array.from(
      { length: images },
      (_, image) => `${image};${image === 2 ? "" : image / 2};NaN`,
    );
    const { recording } = await imported({ "responses.csv": `left;"right";up\r\n${lines.join("\r\n")}\r\n` });
    expect(recording.neuronIds).toEqual(["left", "right", "up"]);
    expect(row(recording.responses, 2)).toEqual([2, Number.NaN, Number.NaN]);
    expect(row(recording.responses, 3)).toEqual([3, 1.5, Number.NaN]);
    const wrong = { "responses.csv": `${lines.join("\n")}\n1;x;2` };
    expect(await rejectionOf(imported(wrong))).toMatch(/responses\.csv: line 11, cell 2 holds "x"/);
  });

  test("an image that no neuron responded to is left out", async () => {
    const data = sequence(30);
    for (const neuron of [0, 1, 2]) data[neuron * images + 6] = Number.NaN;
    data[3] = Number.NaN;
    const { recording, notes } = await imported({ "responses.npy": { shape: [neurons, images], data } });
    expect([recording.trials, recording.stimuli.count]).toEqual([9, 9]);
    expect(recording.stimulusIds).toEqual(["0", "1", "2", "3", "4", "5", "7", "8", "9"]);
    expect(recording.stimuli.data[6 * 20]).toBe(140);
    expect(row(recording.responses, 3)).toEqual([Number.NaN, 13, 23]);
    expect(notes).toEqual([expect.stringMatching(/1 images were not shown/)]);
  });
});

describe("repeats", () => {
  /** (neurons, images, 4 repeats): image i has 1 + i % 4 of them; the first response is missing. */
  const data = Float64Array.from({ length: neurons * images * 4 }, (_, at) => {
    const image = Math.floor(at / 4) % images;
    return at === 0 || at % 4 > image % 4 ? Number.NaN : at;
  });
  const repeats = { shape: [neurons, images, 4], data };

  test("each that was shown is a trial, of one tier with the others of its image", async () => {
    const { recording } = await imported({ "repeats.npy": repeats });
    expect(recording.trials).toBe(2 * (1 + 2 + 3 + 4) + 1 + 2);
    expect(Array.from(recording.stimulusOf.subarray(0, 7))).toEqual([0, 1, 1, 2, 2, 2, 3]);
    expect(row(recording.responses, 0)).toEqual([Number.NaN, 40, 80]);
    expect(row(recording.responses, 2)).toEqual([5, 45, 85]);
    const tierOfImage = new Map<number, string>();
    recording.stimulusOf.forEach((image, trial) => {
      expect(tierOfImage.get(image) ?? recording.tierOf[trial]).toBe(recording.tierOf[trial]);
      tierOfImage.set(image, recording.tierOf[trial]!);
    });
    expect([...tierOfImage.values()].sort()).toEqual(["test", ...Array(8).fill("train"), "validation"]);
  });

  test("images may come first; behaviour has repeats too", async () => {
    const turned = new Float64Array(data.length);
    for (let at = 0; at < data.length; at++)
      turned[(at % (images * 4)) * neurons + Math.floor(at / (images * 4))] = data[at]!;
    const behavior = { shape: [images, 4, 3], data: sequence(images * 12) };
    const first = await imported({
      "repeats.npy": { shape: [images, 4, neurons], data: turned },
      "behavior.npy": behavior,
    });
    const last = await imported({ "repeats.npy": repeats });
    expect(first.recording.responses).toEqual(last.recording.responses);
    expect(Array.from(first.recording.behavior!.subarray(6, 9))).toEqual([15, 16, 17]);
    const short = { "repeats.npy": repeats, "behavior.npy": { shape: [images, 3], data: sequence(30) } };
    expect(await rejectionOf(imported(short))).toMatch(
      /behavior\.npy: holds 10 × 3 float64, expected 10 × 4 × 3/,
    );
  });

  test("win over averages, with a note", async () => {
    const averages = { shape: [neurons, images], data: sequence(30) };
    const { recording, notes } = await imported({ "repeats.npy": repeats, "responses.npy": averages });
    expect(recording.trials).toBe(23);
    expect(notes).toEqual([expect.stringMatching(/both given: the repeats are taken/)]);
  });
});

describe("tiers", () => {
  const responses = { "responses.npy": { shape: [neurons, images], data: sequence(30) } };
  const given = ["train", "test", ...Array(7).fill("validation"), "final_test"];

  test("the seed decides the split", async () => {
    const split = async (seed: number) => (await imported(responses, { seed })).recording.tierOf;
    expect(await split(1)).toEqual(await split(1));
    expect(await split(1)).not.toEqual(await split(2));
    const shares = { train: 1, validation: 0, test: 1 };
    const { recording, about } = await imported(responses, { shares, seed: 3 });
    expect(recording.tierOf.filter((tier) => tier === "test")).toHaveLength(5);
    expect(about).toMatchObject({ from: { responses: "responses.npy" }, split: { train: 1, seed: 3 } });
  });

  test("or are given as text, a table or an array", async () => {
    const forms = {
      "tiers.txt": `${given.join("\n")}\n`,
      "tiers.csv": `image,tier\n${given.map((tier, image) => `${image},${tier}`).join("\n")}`,
      "tiers.npy": { shape: [10], data: given },
    };
    for (const [name, content] of Object.entries(forms)) {
      const { recording, about } = await imported({ ...responses, [name]: content });
      expect(recording.tierOf).toEqual(given);
      expect(about).not.toHaveProperty("split");
    }
  });

  test("unknown ones and other counts are refused", async () => {
    const unknown = { ...responses, "tiers.txt": given.join("\n").replace("final_test", "held_out") };
    expect(await rejectionOf(imported(unknown))).toMatch(
      /tiers\.txt: image 9 has the tier "held_out"; expected one of/,
    );
    const short = { ...responses, "tiers.txt": given.slice(2).join("\n") };
    expect(await rejectionOf(imported(short))).toMatch(/tiers\.txt: holds 8 tiers, but there are 10 images/);
  });
});

test("one .npz file may hold everything", async () => {
  const bundle = writeNpz({
    images: pictures,
    responses: { shape: [neurons, images], data: sequence(30) },
    behavior: { shape: [images, 3], data: sequence(30) },
    pupil_center: { shape: [images, 2], data: sequence(20) },
    coordinates: { shape: [neurons, 3], data: sequence(9) },
    tiers: { shape: [images], data: Array(10).fill("train") },
  });
  const { recording } = await imported({ "responses.npz": bundle }, { images: undefined, size: [2, 2] });
  expect(recording.stimuli).toMatchObject({ count: images, channels: 1, height: 2, width: 2 });
  expect(recording.behavior).toEqual(Float32Array.from(sequence(30)));
  expect(recording.pupilCenter).toHaveLength(20);
  expect(recording.coordinates).toHaveLength(9);
  expect(recording.tierOf).toEqual(Array(10).fill("train"));
  const unnamed = writeNpz({ a: { shape: [1], data: sequence(1) }, b: { shape: [1], data: sequence(1) } });
  expect(await rejectionOf(imported({ "responses.npz": unnamed }))).toMatch(
    /responses\.npz has no array "responses"; it has a, b\. Save it under/,
  );
});

test("what is missing is named", async () => {
  expect(await rejectionOf(imported({}))).toMatch(/there are no responses\. Give a \.npy.*--repeats/);
  expect(await rejectionOf(importRecording({ subject: "x" }))).toMatch(/there are no images\. Give a folder/);
});
