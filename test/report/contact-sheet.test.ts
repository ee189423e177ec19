import sharp from "sharp";
import { expect, test } from "vitest";
import { contactSheet } from "../../src/report/figures/contact-sheet.ts";

const names = (count: number) => Array.from({ length: count }, (_, index) => `image <${index}>`);

/** The pixels of the nth image of a sheet. */
async function pixelsOf(svg: string, index: number) {
  const uris = [...svg.matchAll(/href="data:image\/png;base64,([^"]+)"/g)];
  const { data, info } = await sharp(Buffer.from(uris[index]![1]!, "base64"))
    .removeAlpha()
    .raw()
    .toBuffer({ resolveWithObject: true });
  return { channels: info.channels, values: Array.from(data) };
}

test("colour stays colour, and bytes stay as they are", async () => {
  const data = Float32Array.of(10, 20, 30, 40, 50, 60, 250, 0, 0, 0, 0, 255);
  const svg = contactSheet({ data, count: 2, channels: 3, height: 1, width: 2 }, names(2), {
    title: "two & more",
  });
  expect(await pixelsOf(svg, 0)).toEqual({ channels: 3, values: [10, 30, 50, 20, 40, 60] });
  expect(await pixelsOf(svg, 1)).toEqual({ channels: 3, values: [250, 0, 0, 0, 0, 255] });
  expect(svg).toContain("two &amp; more");
  expect(svg).toContain("image &lt;1&gt;");
});

test("other values go from black to white over the range of all images; two channels show their mean", async () => {
  const data = Float32Array.of(-1, 0, 1, 0, 0.5, 0.5, -0.5, 0.5);
  const svg = contactSheet({ data, count: 2, channels: 2, height: 1, width: 2 }, names(2));
  const first = await pixelsOf(svg, 0);
  expect(first.values.filter((_, at) => at % first.channels === 0)).toEqual([128, 128]);
  const second = await pixelsOf(svg, 1);
  expect(second.values.filter((_, at) => at % second.channels === 0)).toEqual([128, 191]);
});

test("many images are chosen evenly", () => {
  const data = new Float32Array(1000).map((_, index) => index);
  const svg = contactSheet({ data, count: 1000, channels: 1, height: 1, width: 1 }, names(1000), {
    columns: 5,
    rows: 2,
  });
  const shown = [...svg.matchAll(/&lt;(\d+)&gt;/g)].map((match) => Number(match[1]));
  expect(shown).toEqual([50, 150, 250, 350, 450, 550, 650, 750, 850, 950]);
});
