import { StriateError } from "../error.ts";
import type { ImageDataset } from "../formats/dataset.ts";

/** Throws unless a data set's images have the size that a network takes. */
export function checkImages(
  { channels, height, width }: { readonly channels: number; readonly height: number; readonly width: number },
  data: ImageDataset,
): void {
  if (data.channels === channels && data.height === height && data.width === width) return;
  throw new StriateError(
    `${data.name} has images of ${data.channels}×${data.height}×${data.width}, the network takes ${channels}×${height}×${width}`,
    "Use the data that the network was trained on",
  );
}
