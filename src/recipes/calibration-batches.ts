import type { CalibrationBatches } from "../convert/spiking-resnet/scales.ts";
import type { ImageDataset } from "../formats/dataset.ts";
import { orderedBatch, type PixelScale } from "../nn/batches.ts";

/** The first images of a data set, as many of `images` as there are, in batches of at most `most`. */
export function calibrationBatches(
  data: ImageDataset,
  scale: PixelScale,
  images: number,
  most: number,
): CalibrationBatches {
  const batch = Math.min(most, data.count);
  const count = Math.max(1, Math.floor(Math.min(images, data.count) / batch));
  return { batch, count, get: (i) => orderedBatch(data, scale, i * batch, batch).images };
}
