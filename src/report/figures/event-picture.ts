import { encodePng, pngDataUri } from "../png.ts";

/** How often each pixel of an event camera became darker and brighter, rows from the top. */
export interface EventPictureData {
  readonly width: number;
  readonly height: number;
  readonly darker: ArrayLike<number>;
  readonly brighter: ArrayLike<number>;
}

/** Blue and orange, which colour-blind people tell apart too. */
const [darkerColour, brighterColour] = [
  [40, 90, 200],
  [230, 120, 20],
] as const;
/** Share of the pixels with events that may be brighter than full. */
const brightest = 0.02;

/** Red, green, blue and opacity: on white, the colour of what was more often, as strong as the pixel was busy. */
function samplesOf({ width, height, darker, brighter }: EventPictureData): Uint8Array {
  const busy = Float64Array.from({ length: width * height }, (_, i) => darker[i]! + brighter[i]!);
  const sorted = busy.filter((events) => events > 0).sort();
  const full = sorted[Math.floor(sorted.length * (1 - brightest))] ?? 1;
  const samples = new Uint8Array(4 * width * height).fill(255);
  for (let i = 0; i < busy.length; i++) {
    if (busy[i] === 0) continue;
    const strength = 0.15 + 0.85 * Math.min(1, Math.log1p(busy[i]!) / Math.log1p(full));
    const share = brighter[i]! / busy[i]!;
    for (let c = 0; c < 3; c++) {
      const colour = share * brighterColour[c]! + (1 - share) * darkerColour[c]!;
      samples[4 * i + c] = 255 - strength * (255 - colour);
    }
  }
  return samples;
}

export const eventPicturePng = (data: EventPictureData): Uint8Array =>
  encodePng(data.width, data.height, 4, samplesOf(data));

/** The same picture in an SVG, its pixels kept apart. */
export function eventPictureSvg(data: EventPictureData): string {
  const { width, height } = data;
  const scale = Math.max(1, Math.floor(640 / width));
  const image = pngDataUri(width, height, 4, samplesOf(data));
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${width * scale}" height="${height * scale}" viewBox="0 0 ${width} ${height}" role="img" aria-label="events: brighter in orange, darker in blue"><image href="${image}" width="${width}" height="${height}" style="image-rendering: pixelated"/></svg>\n`;
}
