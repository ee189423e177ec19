import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { expect, test } from "vitest";
import { cifar10RecordBytes, readCifar10, writeCifar10 } from "../../src/formats/index.ts";
import { messageOf } from "./errors.ts";

const real = new URL("../../../shared/data/cifar10/test_batch.bin", import.meta.url);

test("records become labels and channel-major images, and back", () => {
  const bytes = new Uint8Array(2 * cifar10RecordBytes);
  bytes[0] = 3;
  bytes[1] = 11;
  bytes[1 + 1024] = 12;
  bytes[cifar10RecordBytes] = 9;
  bytes[2 * cifar10RecordBytes - 1] = 13;
  const batch = readCifar10(bytes, "two.bin");
  expect(batch.count).toBe(2);
  expect([...batch.labels]).toEqual([3, 9]);
  expect([batch.images[0], batch.images[1024], batch.images[6143]]).toEqual([11, 12, 13]);
  expect(writeCifar10(batch)).toEqual(bytes);
});

test("a wrong size and a wrong label are named", () => {
  expect(messageOf(() => readCifar10(new Uint8Array(3072), "short.bin"))).toMatch(
    /short\.bin: 3072 bytes.*3073/,
  );
  expect(messageOf(() => readCifar10(new Uint8Array(0), "none.bin"))).toMatch(/none\.bin: 0 bytes/);
  const wrong = new Uint8Array(3 * cifar10RecordBytes);
  wrong[2 * cifar10RecordBytes] = 10;
  expect(messageOf(() => readCifar10(wrong, "bad.bin"))).toMatch(
    /bad\.bin: record 2 \(at byte 6146\).*label 10/,
  );
  const unequal = { images: new Uint8Array(3072), labels: new Uint8Array(2) };
  expect(messageOf(() => writeCifar10(unequal))).toMatch(/2 labels with 3072 image bytes/);
});

test("a real batch", async (context) => {
  if (!existsSync(real)) return context.skip("no CIFAR-10 in ../shared/data");
  const bytes = new Uint8Array(await readFile(real));
  const batch = readCifar10(bytes, "test_batch.bin");
  expect(new Set(batch.labels).size).toBe(10);
  // The first test images of CIFAR-10 are a cat, two ships and an airplane.
  expect([...batch.labels.subarray(0, 4)]).toEqual([3, 8, 8, 0]);
  expect(Buffer.compare(writeCifar10(batch), bytes)).toBe(0);
});
