import { StriateError } from "../../error.ts";
import { html } from "../markup.ts";
import { pngDataUri } from "../png.ts";
import { sampleEvenly } from "./sample-evenly.ts";
import { shortenMiddle } from "./text.ts";

/** Images (count, channels, height, width), row-major. */
export interface SheetImages {
  readonly data: Float32Array;
  readonly count: number;
  readonly channels: number;
  readonly height: number;
  readonly width: number;
}

export interface ContactSheetOptions {
  readonly columns?: number;
  readonly rows?: number;
  /** Over the images. */
  readonly title?: string;
}

/** Width of a thumbnail, and the space around it, in pixels. */
const thumbnail = 112;
const gap = 12;
const labelHeight = 20;
const titleHeight = 34;

/**
 * Images chosen evenly over their order, each over its name, as standalone SVG with the images inside. All share one
 * scale from black to white: 0 to 255 where the values lie there, else that of their range. Three channels are red, green
 * and blue; of another number the mean is shown.
 *
 * @param names one for each image.
 * @throws StriateError when there are no images.
 */
export function contactSheet(
  images: SheetImages,
  names: readonly string[],
  { columns = 8, rows = 5, title = "" }: ContactSheetOptions = {},
): string {
  if (images.count === 0 || images.data.length === 0)
    throw new StriateError("there are no images for a contact sheet", "Give a recording with stimuli");
  const chosen = sampleEvenly([...names.keys()], columns * rows);
  const across = Math.min(columns, chosen.length);
  const height = (thumbnail * images.height) / images.width;
  const cell = { width: thumbnail + gap, height: height + labelHeight + gap };
  const width = across * cell.width + gap;
  const total = titleHeight + Math.ceil(chosen.length / across) * cell.height;
  const toByte = byteScale(images.data);
  const thumbnails = chosen.map((index, place) => {
    const x = gap + (place % across) * cell.width;
    const y = titleHeight + Math.floor(place / across) * cell.height;
    const label = shortenMiddle(names[index]!, thumbnail);
    return html`<image x="${x}" y="${y}" width="${thumbnail}" height="${height}" preserveAspectRatio="none" href="${imageUri(images, index, toByte)}"/><text x="${x + thumbnail / 2}" y="${y + height + 15}" text-anchor="middle">${label}</text>`;
  });
  return html`<svg xmlns="http://www.w3.org/2000/svg" role="img" aria-label="${title}: ${chosen.length} of ${images.count} stimuli" viewBox="0 0 ${width} ${total}" width="${width}" height="${total}" font-family="system-ui, -apple-system, 'Segoe UI', Roboto, 'Helvetica Neue', Arial, sans-serif" font-size="12" fill="#1d2530"><rect width="100%" height="100%" fill="#ffffff"/><text x="${gap}" y="22" font-size="14" font-weight="600">${title}</text>
${thumbnails}</svg>
`.text;
}

function byteScale(data: Float32Array): (value: number) => number {
  let low = Number.POSITIVE_INFINITY;
  let high = Number.NEGATIVE_INFINITY;
  for (const value of data) {
    if (value < low) low = value;
    if (value > high) high = value;
  }
  if (low >= 0 && high > 1 && high <= 255) [low, high] = [0, 255];
  const scale = high > low ? 255 / (high - low) : 0;
  return (value) => Math.round((value - low) * scale);
}

function imageUri(
  { data, channels, height, width }: SheetImages,
  index: number,
  toByte: (value: number) => number,
): string {
  const pixels = height * width;
  const from = index * channels * pixels;
  if (channels === 3) {
    const samples = new Uint8Array(pixels * 4).fill(255);
    for (let at = 0; at < pixels; at++)
      for (let channel = 0; channel < 3; channel++)
        samples[at * 4 + channel] = toByte(data[from + channel * pixels + at]!);
    return pngDataUri(width, height, 4, samples);
  }
  const samples = new Uint8Array(pixels);
  for (let at = 0; at < pixels; at++) {
    let sum = 0;
    for (let channel = 0; channel < channels; channel++) sum += data[from + channel * pixels + at]!;
    samples[at] = toByte(sum / channels);
  }
  return pngDataUri(width, height, 1, samples);
}
