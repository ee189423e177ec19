import { gzipSync } from "node:zlib";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { StriateError } from "../../src/error.ts";
import { parseIdx, readIdx, type TypedArray, writeIdx } from "../../src/formats/index.ts";
import { messageOf, rejectionOf } from "./errors.ts";

const kinds = [Uint8Array, Int8Array, Int16Array, Int32Array, Float32Array, Float64Array] as const;
const arrays = fc
  .tuple(fc.constantFrom(...kinds), fc.array(fc.integer({ min: 0, max: 4 }), { minLength: 1, maxLength: 4 }))
  .chain(([Kind, shape]) => {
    const count = shape.reduce((product, size) => product * size, 1);
    return fc
      .uint8Array({ minLength: count * Kind.BYTES_PER_ELEMENT, maxLength: count * Kind.BYTES_PER_ELEMENT })
      .map((raw) => ({ shape, data: new Kind(raw.slice().buffer) as TypedArray }));
  });

test("what is written is read back, plain, gzipped and at any alignment", async () => {
  await fc.assert(
    fc.asyncProperty(arrays, fc.integer({ min: 0, max: 7 }), async (array, shift) => {
      const bytes = writeIdx(array);
      const shifted = new Uint8Array(bytes.length + shift);
      shifted.set(bytes, shift);
      for (const file of [bytes, shifted.subarray(shift), new Uint8Array(gzipSync(bytes))]) {
        const read = await readIdx(file, "round.idx");
        expect(read.shape).toEqual(array.shape);
        expect(read.data).toEqual(array.data);
      }
    }),
    { numRuns: 150, seed: 1 },
  );
});

test("elements are big-endian on disk", () => {
  expect([...writeIdx({ shape: [1], data: new Int16Array([258]) })]).toEqual([0, 0, 11, 1, 0, 0, 0, 1, 1, 2]);
  const float = [0, 0, 13, 1, 0, 0, 0, 1, 0x3f, 0xc0, 0, 0];
  expect(parseIdx(new Uint8Array(float), "f").data).toEqual(new Float32Array([1.5]));
});

describe("broken files", () => {
  const good = writeIdx({ shape: [3, 2, 2], data: new Uint8Array(12) });

  test("a short or long file: both sizes and the name are said", () => {
    expect(messageOf(() => parseIdx(good.subarray(0, 20), "cut.idx"))).toMatch(
      /cut\.idx.*3 × 2 × 2.* 28 bytes.* 20/,
    );
    const long = new Uint8Array(30);
    long.set(good);
    expect(messageOf(() => parseIdx(long, "long.idx"))).toMatch(/long\.idx.* 28 bytes.* 30/);
    expect(messageOf(() => parseIdx(good.subarray(0, 9), "head.idx"))).toMatch(/head\.idx: 9 bytes/);
    expect(messageOf(() => parseIdx(new Uint8Array(), "none.idx"))).toMatch(/none\.idx: 0 bytes/);
  });

  test("another magic number", () => {
    const png = new Uint8Array([0x89, 0x50, 0x4e, 0x47, 0, 0, 0, 0]);
    expect(messageOf(() => parseIdx(png, "cat.png"))).toMatch(/cat\.png: not an IDX file.*89 50 4e 47/);
    expect(messageOf(() => parseIdx(new Uint8Array([0, 0, 10, 1, 0, 0, 0, 0]), "x"))).toMatch(/not an IDX/);
    expect(messageOf(() => parseIdx(new Uint8Array([0, 0, 8, 0, 0]), "x"))).toMatch(/not an IDX/);
  });

  test("a header that promises terabytes allocates nothing", () => {
    const lie = new Uint8Array(4 + 4 * 3 + 10).fill(0xff);
    lie.set([0, 0, 14, 3]);
    const before = process.memoryUsage().arrayBuffers;
    expect(messageOf(() => parseIdx(lie, "lie.idx"))).toMatch(/lie\.idx/);
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(1e6);
  });

  test("gzip: cut short, corrupt, and a bomb", async () => {
    const noise = Uint8Array.from({ length: 50_000 }, (_, index) => (index * index * 31) >> 3);
    const packed = new Uint8Array(gzipSync(writeIdx({ shape: [50_000], data: noise })));
    const cut = packed.subarray(0, packed.length >> 1);
    expect(await rejectionOf(readIdx(cut, "cut.gz"))).toMatch(
      /cut\.gz: the gzip data is corrupt or cut short/,
    );
    const corrupt = packed.slice();
    corrupt.fill(0xaa, 100, 200);
    expect(await rejectionOf(readIdx(corrupt, "bad.gz"))).toMatch(/bad\.gz/);

    const bomb = new Uint8Array(64_000_000);
    bomb.set(writeIdx({ shape: [5], data: new Uint8Array(5) }));
    const packedBomb = new Uint8Array(gzipSync(bomb, { level: 9 }));
    expect(await rejectionOf(readIdx(packedBomb, "bomb.gz"))).toMatch(
      /bomb\.gz: the header says 13 bytes, but more/,
    );

    const promise = new Uint8Array(1000);
    promise.set([0, 0, 8, 1, 0xff, 0xff, 0xff, 0xff]);
    const packedPromise = new Uint8Array(gzipSync(promise));
    expect(await rejectionOf(readIdx(packedPromise, "huge.gz"))).toMatch(
      /huge\.gz: the header says 4294967303/,
    );
  });

  test("gzip around a file that is too short says both sizes", async () => {
    const packed = new Uint8Array(gzipSync(good.subarray(0, 20)));
    expect(await rejectionOf(readIdx(packed, "short.gz"))).toMatch(/short\.gz.* 28 bytes.* 20/);
  });
});

test("what IDX cannot hold is refused", () => {
  expect(messageOf(() => writeIdx({ shape: [1], data: new Uint32Array(1) }))).toMatch(
    /IDX cannot hold uint32/,
  );
  expect(messageOf(() => writeIdx({ shape: [], data: new Uint8Array(1) }))).toMatch(/scalar/);
  expect(messageOf(() => writeIdx({ shape: [2, 3], data: new Uint8Array(5) }))).toMatch(
    /needs 6 elements.* 5/,
  );
  expect(() => writeIdx({ shape: [-1], data: new Uint8Array(1) })).toThrow(StriateError);
});
