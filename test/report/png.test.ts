import sharp from "sharp";
import { describe, expect, it } from "vitest";
import { encodePng, pngDataUri } from "../../src/report/png.ts";

describe("PNG", () => {
  it.each([
    [1, 1, 1],
    [7, 5, 1],
    [64, 36, 1],
    [3, 200, 4],
    [5, 6, 4],
  ] as const)(
    "of %i × %i × %i is read back by another decoder, every sample",
    async (width, height, channels) => {
      const samples = Uint8Array.from(
        { length: width * height * channels },
        (_, i) => (i * 97 + (i >> 3) * 31) % 256,
      );
      const image = sharp(encodePng(width, height, channels, samples));
      const { data, info } = await (channels === 1 ? image.toColourspace("b-w") : image)
        .raw()
        .toBuffer({ resolveWithObject: true });
      expect([info.width, info.height, info.channels]).toEqual([width, height, channels]);
      expect([...data]).toEqual([...samples]);
    },
  );

  it("becomes an address that holds the whole file", () => {
    const samples = Uint8Array.of(0, 128, 255, 7);
    const [, base64] = /^data:image\/png;base64,([A-Za-z0-9+/=]+)$/.exec(pngDataUri(2, 2, 1, samples)) ?? [];
    expect(new Uint8Array(Buffer.from(base64, "base64"))).toEqual(encodePng(2, 2, 1, samples));
  });

  it("refuses samples that contradict the size", () => {
    expect(() => encodePng(2, 2, 1, new Uint8Array(3))).toThrow(/3 samples; expected 4/);
    expect(() => encodePng(1, 1, 4, new Uint8Array(1))).toThrow(/expected 4, 4 to the pixel/);
    expect(() => encodePng(0, 2, 1, new Uint8Array(0))).toThrow(/0 × 2/);
  });
});
