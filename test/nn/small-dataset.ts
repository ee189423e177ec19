import type { ImageDataset } from "../../src/formats/dataset.ts";
import { Random } from "../../src/runtime/random.ts";

/**
 * Random images with labels 0, 1, 2 in turn; images of class k are brighter in column k. The first pixel of an image
 * is its number.
 */
export function smallDataset(count: number, channels = 1, size = 4): ImageDataset {
  const random = new Random(count).split("small data set");
  const pixels = channels * size * size;
  const images = Uint8Array.from({ length: count * pixels }, (_, i) => {
    const [image, column] = [Math.floor(i / pixels), i % size];
    if (i % pixels === 0) return image;
    return random.integer(120) + (column === image % 3 ? 130 : 0);
  });
  const labels = Uint8Array.from({ length: count }, (_, i) => i % 3);
  const hash = "0".repeat(64);
  return { name: "small", images, labels, count, channels, height: size, width: size, classes: 3, hash };
}
