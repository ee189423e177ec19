import { copyFileSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { zipSync } from "fflate";
import sharp from "sharp";
import { describe, expect, test } from "vitest";
import { readImages } from "../../src/formats/image-files.node.ts";
import { writeNpy } from "../../src/formats/index.ts";
import type { ImageStack } from "../../src/formats/recording.ts";
import { greyImages, resizeImages } from "../../src/formats/resize-images.ts";
import { messageOf, rejectionOf } from "./errors.ts";
import { temporaryFolder } from "./temporary-folder.ts";

const fixture = (file: string) => fileURLToPath(new URL(`../fixtures/images/${file}`, import.meta.url));
type Resized = { height: number; width: number; antialiased: number[]; plain: number[] };
type Expected = { pixels: number[]; luminance: number[]; resized: Resized[] };
const pillow: Record<string, Expected> = JSON.parse(readFileSync(fixture("expected.json"), "utf8"));

/** One picture, from interleaved to planar. */
function planar(pixels: readonly number[], channels: number): number[] {
  const size = pixels.length / channels;
  return Array.from(
    { length: pixels.length },
    (_, at) => pixels[(at % size) * channels + Math.floor(at / size)]!,
  );
}

const stackOf = (data: readonly number[], channels: number, height: number, width: number): ImageStack => ({
  data: Float32Array.from(data),
  count: data.length / (channels * height * width),
  channels,
  height,
  width,
});

async function folderWith(...names: string[]): Promise<string> {
  const folder = await temporaryFolder();
  for (const name of names) copyFileSync(fixture(name), join(folder, name));
  return folder;
}

describe("as Pillow and torch", () => {
  test.each(Object.entries(pillow))("%s: pixels and luminance", async (file, { pixels, luminance }) => {
    const folder = await folderWith(file);
    const { images, names } = await readImages(folder);
    expect(images).toMatchObject({ count: 1, channels: 3, height: 9, width: 12 });
    expect(Array.from(images.data)).toEqual(planar(pixels, 3));
    expect(names).toEqual([file.slice(0, -4)]);
    const grey = await readImages(folder, { grey: true });
    expect(grey.images.channels).toBe(1);
    expect(Array.from(grey.images.data)).toEqual(luminance);
  });

  test.each(Object.entries(pillow))("%s: resizing", (_, { luminance, resized }) => {
    for (const { height, width, antialiased, plain } of resized) {
      const given = stackOf(luminance, 1, 9, 12);
      for (const [how, expected] of [
        [true, antialiased],
        [false, plain],
      ] as const) {
        const { data } = resizeImages(given, [height, width], how);
        const furthest = Math.max(...data.map((value, at) => Math.abs(value - expected[at]!)));
        expect(furthest).toBeLessThan(1e-4);
      }
    }
  });
});

test("each image and channel of a stack is resized by itself", () => {
  const planes = Array.from({ length: 4 }, (_, plane) =>
    Array.from({ length: 9 }, (_, at) => plane * 50 + at),
  );
  const together = resizeImages(stackOf(planes.flat(), 2, 3, 3), [2, 2]);
  expect(together).toMatchObject({ count: 2, channels: 2, height: 2, width: 2 });
  const alone = planes.flatMap((plane) => Array.from(resizeImages(stackOf(plane, 1, 3, 3), [2, 2]).data));
  expect(Array.from(together.data)).toEqual(alone);
});

test("luminance of fractions is not rounded", () => {
  const { data } = greyImages(stackOf([0.5, 0.25, 0.75], 3, 1, 1), "x");
  expect(data[0]).toBeCloseTo(0.299 * 0.5 + 0.587 * 0.25 + 0.114 * 0.75, 4);
  expect(messageOf(() => greyImages(stackOf([1, 2], 2, 1, 1), "x.npy"))).toMatch(
    /x\.npy: images of 2 channels/,
  );
});

describe("files", () => {
  const solid = (level: number, format: "png" | "tiff" | "webp" | "gif", channels: 3 | 4 = 3) =>
    sharp({
      create: { width: 4, height: 2, channels, background: { r: level, g: level, b: level, alpha: 1 } },
    })
      .toFormat(format, { lossless: true })
      .toBuffer();

  test("formats, folders in archives, order and names", async () => {
    const folder = await temporaryFolder();
    const archive = join(folder, "images.zip");
    const contents = {
      "shown/image10.png": await solid(10, "png"),
      "shown/image2.tiff": await solid(2, "tiff"),
      "shown/Z.webp": await solid(90, "webp", 4),
      "shown/b.gif": await solid(50, "gif"),
      "shown/notes.txt": new Uint8Array(3),
      "__MACOSX/shown/._b.gif": new Uint8Array(3),
      "shown/.hidden.png": new Uint8Array(3),
    };
    writeFileSync(archive, zipSync(contents));
    const { images, names } = await readImages(archive);
    expect(names).toEqual(["Z", "b", "image10", "image2"]);
    expect(images).toMatchObject({ count: 4, channels: 3, height: 2, width: 4 });
    expect([0, 1, 2, 3].map((image) => images.data[image * 24])).toEqual([90, 50, 10, 2]);
    const seen: number[] = [];
    await readImages(archive, { progress: (done, total) => seen.push(done / total) });
    expect(seen).toEqual([0.25, 0.5, 0.75, 1]);
  });

  test("one channel stays one; 16 bits become 8; two files of one stem keep their endings", async () => {
    const folder = await temporaryFolder();
    const wide = sharp(Uint16Array.of(0, 0x8080, 0xffff, 0x0101), {
      raw: { width: 2, height: 2, channels: 1 },
    });
    await wide.toColourspace("grey16").png().toFile(join(folder, "a.png"));
    await sharp(Uint8Array.of(1, 2, 3, 4), { raw: { width: 2, height: 2, channels: 1 } })
      .toColourspace("b-w")
      .tiff({ compression: "none" })
      .toFile(join(folder, "a.tif"));
    const { images, names } = await readImages(folder);
    expect(names).toEqual(["a.png", "a.tif"]);
    expect(images.channels).toBe(1);
    expect(Array.from(images.data)).toEqual([0, 128, 255, 1, 1, 2, 3, 4]);
  });

  test("arrays in their three shapes", async () => {
    const path = join(await temporaryFolder(), "images.npy");
    const read = async (shape: number[]) => {
      const data = Uint8Array.from({ length: shape.reduce((a, b) => a * b) }, (_, at) => at);
      writeFileSync(path, writeNpy({ shape, data }));
      return readImages(path);
    };
    expect((await read([2, 4, 5])).images).toMatchObject({ count: 2, channels: 1, height: 4, width: 5 });
    expect((await read([2, 3, 4, 5])).images).toMatchObject({ count: 2, channels: 3, height: 4, width: 5 });
    const last = await read([2, 4, 5, 3]);
    expect(last.images).toMatchObject({ count: 2, channels: 3, height: 4, width: 5 });
    expect(Array.from(last.images.data.subarray(0, 3))).toEqual([0, 3, 6]);
    expect(last.names).toEqual(["0", "1"]);
    expect(await rejectionOf(read([4, 5]))).toMatch(/images\.npy: holds 4 × 5 uint8; expected images \(n, /);
  });

  test("refusals name the file", async () => {
    const folder = await folderWith("noise.png", "blocks.jpg");
    writeFileSync(join(folder, "broken.jpg"), readFileSync(fixture("blocks.jpg")).subarray(0, 200));
    expect(await rejectionOf(readImages(folder))).toMatch(/broken\.jpg cannot be read as an image/);
    writeFileSync(join(folder, "broken.jpg"), await solid(3, "png"));
    expect(await rejectionOf(readImages(folder))).toMatch(
      /broken\.jpg is 2 × 4 × 3 pixels × channels, but blocks\.jpg is 9 × 12 × 3.*--size/,
    );
    expect((await readImages(folder, { size: [4, 4] })).images).toMatchObject({ count: 3, height: 4 });
    mkdirSync(join(folder, "none"));
    expect(await rejectionOf(readImages(join(folder, "none")))).toMatch(/none: there are no image files/);
  });
});
