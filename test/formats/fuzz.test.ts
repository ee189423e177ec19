import { readFileSync } from "node:fs";
import { gzipSync } from "node:zlib";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { StriateError } from "../../src/error.ts";
import {
  collectEvents,
  describeBytes,
  listZip,
  readCifar10,
  readEvents,
  readIdx,
  readNpy,
  readSafetensors,
  sniff,
  writeCifar10,
  writeIdx,
  writeNpy,
  writeSafetensors,
} from "../../src/formats/index.ts";

const idx = writeIdx({ shape: [4, 5, 6], data: Uint8Array.from({ length: 120 }, (_, index) => index) });
const floats = { shape: [3, 4], data: Float32Array.from({ length: 12 }, (_, index) => index / 3) };
const safetensors = writeSafetensors(
  {
    weight: floats,
    steps: { shape: [], data: new BigInt64Array([7n]) },
    mask: { shape: [3], data: new Uint8Array(3) },
  },
  { seed: "7", note: "fuzz" },
);
const cifar10 = writeCifar10({ images: new Uint8Array(2 * 3072), labels: new Uint8Array([1, 2]) });
const fixture = (path: string) =>
  new Uint8Array(readFileSync(new URL(`../fixtures/${path}`, import.meta.url)));

type Mutation = { kind: "set" | "flip" | "delete" | "insert" | "cut"; at: number; value: number };

/** Half of the places lie in the first 128 bytes, where the headers are. */
const place = fc.oneof(fc.double({ min: 0, max: 1, noNaN: true }), fc.integer({ min: 1, max: 128 }));
const mutations = fc.array(
  fc.record<Mutation>({
    kind: fc.constantFrom("set", "set", "flip", "delete", "insert", "cut"),
    at: place,
    value: fc.oneof(fc.integer({ min: 0, max: 255 }), fc.constantFrom(0, 1, 127, 128, 255)),
  }),
  { minLength: 1, maxLength: 6 },
);

function mutate(original: Uint8Array, changes: readonly Mutation[]): Uint8Array {
  const bytes = [...original];
  for (const { kind, at, value } of changes) {
    const index = Math.min(bytes.length, at < 1 ? Math.floor(at * bytes.length) : Math.floor(at) - 1);
    if (kind === "set" && index < bytes.length) bytes[index] = value;
    if (kind === "flip" && index < bytes.length) bytes[index] ^= 1 << (value & 7);
    if (kind === "delete") bytes.splice(index, 1 + (value & 15));
    if (kind === "insert") bytes.splice(index, 0, value);
    if (kind === "cut") bytes.length = index;
  }
  return new Uint8Array(bytes);
}

const readAllEvents = async (bytes: Uint8Array, name: string) => collectEvents(await readEvents(bytes, name));
const recordings = [
  "aedat2.aedat",
  "aedat3.aedat",
  "lz4.aedat4",
  "none.aedat4",
  "zstd.aedat4",
  "dat.dat",
  "evt2.raw",
  "evt21.raw",
  "evt3.raw",
];
type Reader = (bytes: Uint8Array, name: string) => unknown;
const files: [string, Uint8Array, Reader][] = [
  ["IDX", idx, readIdx],
  ["gzipped IDX", new Uint8Array(gzipSync(idx)), readIdx],
  ["npy", writeNpy(floats), readNpy],
  ["npy in Fortran order", fixture("npy/f8_fortran.npy"), readNpy],
  ["npy text", fixture("npy/text.npy"), readNpy],
  ["safetensors", safetensors, readSafetensors],
  ["CIFAR-10", cifar10, readCifar10],
  ["zip", fixture("zip/two.zip"), listZip],
  ...recordings.map((name): [string, Uint8Array, Reader] => [name, fixture(`events/${name}`), readAllEvents]),
];

describe("a mutated file is read, or refused with a StriateError that names it", () => {
  test.each(files)("%s", async (_, original, read) => {
    let accepted = 0;
    let refused = 0;
    await fc.assert(
      fc.asyncProperty(mutations, async (changes) => {
        const bytes = mutate(original, changes);
        try {
          await read(bytes, "mutant.file");
          accepted++;
        } catch (error) {
          expect(error).toBeInstanceOf(StriateError);
          expect((error as Error).message).toContain("mutant.file");
          refused++;
        }
      }),
      { numRuns: 400, seed: 5 },
    );
    expect(accepted + refused).toBeGreaterThanOrEqual(400);
    expect(refused).toBeGreaterThan(0);
  });

  // recordings are drawn too, which takes its time
  test.each(files)("%s, through sniff and describe", async (name, original) => {
    await fc.assert(
      fc.asyncProperty(mutations, async (changes) => {
        const bytes = mutate(original, changes);
        expect(sniff(bytes, "mutant.file")).toMatch(/^[a-z0-9]+$/);
        const description = await describeBytes(bytes, "mutant.file").catch((error) => error);
        if (description instanceof Error) expect(description).toBeInstanceOf(StriateError);
        else expect(() => JSON.stringify(description.json)).not.toThrow();
      }),
      { numRuns: name.includes(".") ? 40 : 150, seed: 6 },
    );
  });
});

test("any bytes at all go through sniff and describe", async () => {
  await fc.assert(
    fc.asyncProperty(fc.uint8Array({ maxLength: 300 }), async (bytes) => {
      const outcome = await describeBytes(bytes, "noise").catch((error) => error);
      if (outcome instanceof Error) expect(outcome).toBeInstanceOf(StriateError);
    }),
    { numRuns: 500, seed: 7 },
  );
});
