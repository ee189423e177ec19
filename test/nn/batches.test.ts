import { describe, expect, it } from "vitest";
import { type Augmentation, measurePixels, orderedBatch, TrainingBatches } from "../../src/nn/batches.ts";
import { messageOf } from "../formats/errors.ts";
import { smallDataset } from "./small-dataset.ts";

const dataset = smallDataset(23, 2);
const pixels = 32;
/** Leaves pixels as they are. */
const asBytes = { mean: [0, 0], deviation: [1 / 255, 1 / 255] };
const copy = ({ images, labels }: { images: Float32Array; labels: Int32Array }) => ({
  images: images.slice(),
  labels: labels.slice(),
});
const create = (seed: number, augmentation?: Augmentation) =>
  new TrainingBatches(dataset, asBytes, 5, seed, augmentation);

describe("training batches", () => {
  it("hold every image at most once an epoch, with its label, in another order every epoch", () => {
    const batches = create(1);
    expect(batches.stepsPerEpoch).toBe(4);
    const orders = [0, 1, 2].map((epoch) => {
      const order: number[] = [];
      for (let step = 0; step < 4; step++) {
        const { images, labels } = batches.get(epoch, step);
        expect([images.length, labels.length]).toEqual([5 * pixels, 5]);
        for (let i = 0; i < 5; i++) {
          const index = Math.round(images[i * pixels]!);
          const given = Array.from(images.subarray(i * pixels, (i + 1) * pixels), Math.round);
          expect(given).toEqual([...dataset.images.subarray(index * pixels, (index + 1) * pixels)]);
          expect(labels[i]).toBe(dataset.labels[index]);
          order.push(index);
        }
      }
      expect(new Set(order).size).toBe(20);
      return order.join();
    });
    expect(new Set(orders).size).toBe(3);
  });

  it("are a function of seed, epoch and step alone, whatever was asked for before", () => {
    const augmentation = { shift: 2, flip: true };
    const places = [0, 1, 2].flatMap((epoch) => [0, 1, 2, 3].map((step) => [epoch, step] as const));
    const forward = create(7, augmentation);
    const expected = places.map(([epoch, step]) => copy(forward.get(epoch, step)));
    const backward = create(7, augmentation);
    for (const [i, [epoch, step]] of [...places.entries()].reverse()) {
      expect(copy(backward.get(epoch, step))).toEqual(expected[i]);
    }
    for (const [i, [epoch, step]] of places.entries()) {
      expect(copy(create(7, augmentation).get(epoch, step))).toEqual(expected[i]);
      expect(copy(create(8, augmentation).get(epoch, step))).not.toEqual(expected[i]);
    }
    expect(new Set(expected.map(({ images }) => images.join())).size).toBe(places.length);
  });

  it("move images by up to the shift each way, filling with black, and mirror half of them", () => {
    const size = 4;
    const shift = 1;
    const seen = new Map<string, number>();
    const batchMoves = new Set<string>();
    const batches = create(3, { shift, flip: true });
    for (let epoch = 0; epoch < 30; epoch++) {
      for (let step = 0; step < batches.stepsPerEpoch; step++) {
        const { images, labels } = batches.get(epoch, step);
        const moves: string[] = [];
        for (let i = 0; i < 5; i++) {
          const given = Array.from(images.subarray(i * pixels, (i + 1) * pixels), Math.round);
          const found = findMoved(given, size, shift);
          expect(found, "one image, moved").toHaveLength(1);
          const { index, move } = found[0]!;
          expect(labels[i]).toBe(dataset.labels[index]);
          seen.set(move, (seen.get(move) ?? 0) + 1);
          moves.push(move);
        }
        batchMoves.add(moves.join());
      }
    }
    expect(seen.size).toBe(18);
    expect(batchMoves.size).toBeGreaterThan(115);
    const mirrored = [...seen]
      .filter(([move]) => move.endsWith("true"))
      .reduce((total, [, count]) => total + count, 0);
    expect(Math.abs(mirrored / 600 - 0.5)).toBeLessThan(5 * Math.sqrt(0.25 / 600));
    for (const count of seen.values())
      expect(Math.abs(count - 600 / 18)).toBeLessThan(5 * Math.sqrt(600 / 18));
  });

  it("are refused when they are larger than the data set", () => {
    expect(messageOf(() => new TrainingBatches(dataset, asBytes, 24, 1))).toContain(
      "a batch of 24 is more than the 23 training images",
    );
  });
});

/** Which images, moved and mirrored how, are these pixels? */
function findMoved(given: readonly number[], size: number, shift: number): { index: number; move: string }[] {
  const found: { index: number; move: string }[] = [];
  const moves = [-shift, 0, shift];
  for (let index = 0; index < dataset.count; index++) {
    const pixel = (channel: number, y: number, x: number) =>
      y < 0 || x < 0 || y >= size || x >= size
        ? 0
        : dataset.images[(index * 2 + channel) * size * size + y * size + x]!;
    for (const dy of moves) {
      for (const dx of moves) {
        for (const mirrored of [false, true]) {
          const fits = given.every((value, i) => {
            const [channel, y, x] = [Math.floor(i / (size * size)), Math.floor(i / size) % size, i % size];
            return value === pixel(channel, y + dy, (mirrored ? size - 1 - x : x) + dx);
          });
          if (fits) found.push({ index, move: `${dy} ${dx} ${mirrored}` });
        }
      }
    }
  }
  return found;
}

describe("ordered batches", () => {
  it("follow the data set, and fill up with its last image", () => {
    const { images, labels } = orderedBatch(dataset, asBytes, 20, 5);
    const numbers = [20, 21, 22, 22, 22];
    expect(numbers.map((_, i) => Math.round(images[i * pixels]!))).toEqual(numbers);
    expect([...labels]).toEqual(numbers.map((index) => dataset.labels[index]));
  });

  it("have mean 0 and deviation 1 in each channel with the scale that was measured", () => {
    const { images } = orderedBatch(dataset, measurePixels(dataset), 0, dataset.count);
    for (const channel of [0, 1]) {
      const own = [...images].filter((_, i) => Math.floor(i / 16) % 2 === channel);
      const mean = own.reduce((a, b) => a + b) / own.length;
      expect(mean).toBeCloseTo(0, 6);
      expect(own.reduce((a, b) => a + (b - mean) ** 2, 0) / own.length).toBeCloseTo(1, 5);
    }
  });
});

it("a channel without contrast is refused", () => {
  const images = dataset.images.map((value, i) => (Math.floor(i / 16) % 2 === 1 ? 9 : value));
  expect(messageOf(() => measurePixels({ ...dataset, images }))).toContain(
    "all pixels of a channel have the same value",
  );
});
