import { StriateError } from "../../error.ts";
import { pngDataUri } from "../png.ts";
import type { GreyStimulus } from "../response-data.ts";
import { svgElement } from "./svg.ts";

/** Larger stimuli are reduced: a figure shows none wider than this on a screen of two pixels to the CSS pixel. */
const mostPixels = 192;

/** The stimulus from black to white over its own range; values that are not finite, and an even image, are grey. */
function greySamples({ height, width, values }: GreyStimulus): Uint8Array {
  if (!(width > 0 && height > 0) || values.length !== width * height) {
    throw new StriateError(
      `A stimulus of ${width} × ${height} was given ${values.length} values; expected ${width * height}`,
    );
  }
  let low = Number.POSITIVE_INFINITY;
  let high = Number.NEGATIVE_INFINITY;
  for (let i = 0; i < values.length; i++) {
    if (!Number.isFinite(values[i])) continue;
    low = Math.min(low, values[i]);
    high = Math.max(high, values[i]);
  }
  return Uint8Array.from({ length: values.length }, (_, i) =>
    high > low && Number.isFinite(values[i]) ? Math.round((255 * (values[i] - low)) / (high - low)) : 128,
  );
}

/** Means over squares of whole pixels; what is left over at the right and at the bottom makes smaller ones. */
function reduce(samples: Uint8Array, width: number, height: number, factor: number) {
  const columns = Math.ceil(width / factor);
  const rows = Math.ceil(height / factor);
  const reduced = new Uint8Array(columns * rows);
  for (let row = 0; row < rows; row++) {
    for (let column = 0; column < columns; column++) {
      let sum = 0;
      let counted = 0;
      for (let y = row * factor; y < Math.min(height, (row + 1) * factor); y++) {
        for (let x = column * factor; x < Math.min(width, (column + 1) * factor); x++) {
          sum += samples[y * width + x];
          counted += 1;
        }
      }
      reduced[row * columns + column] = Math.round(sum / counted);
    }
  }
  return { samples: reduced, width: columns, height: rows };
}

/** Height that the stimulus takes when it is drawn `width` pixels wide. */
export function stimulusHeight(image: Pick<GreyStimulus, "height" | "width">, width: number): number {
  return (width * image.height) / image.width;
}

/** The stimulus as an embedded PNG, `width` pixels wide; a photograph stays as it is on a dark page. */
export function stimulusImage(
  document: Document,
  image: GreyStimulus,
  { x, y, width }: { x: number; y: number; width: number },
): SVGElement {
  const own = { samples: greySamples(image), width: image.width, height: image.height };
  const factor = Math.ceil(Math.max(image.width, image.height) / mostPixels);
  const shown = factor > 1 ? reduce(own.samples, image.width, image.height, factor) : own;
  return svgElement(document, "image", {
    x,
    y,
    width,
    height: stimulusHeight(image, width),
    preserveAspectRatio: "none",
    href: pngDataUri(shown.width, shown.height, 1, shown.samples),
  });
}
