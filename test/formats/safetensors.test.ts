import { readFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { readSafetensors, type TypedArray, writeSafetensors } from "../../src/formats/index.ts";
import { messageOf } from "./errors.ts";

const reference = (file: string) => readFileSync(new URL(`../fixtures/safetensors/${file}`, import.meta.url));

test("a file of the reference implementation", () => {
  const expected: Record<string, { shape: number[]; dtype: string; data: number[] }> = JSON.parse(
    reference("reference.json").toString(),
  );
  const { tensors, metadata } = readSafetensors(
    new Uint8Array(reference("reference.safetensors")),
    "reference",
  );
  expect(metadata).toEqual({ seed: "7", größe: "ü" });
  expect(new Set(Object.keys(tensors))).toEqual(new Set(Object.keys(expected)));
  for (const [name, { shape, dtype, data }] of Object.entries(expected)) {
    expect(tensors[name].shape).toEqual(shape);
    expect(tensors[name].dtype).toBe(dtype);
    expect(Array.from(tensors[name].data as ArrayLike<number | bigint>, Number)).toEqual(data);
  }
});

test("what is written is read back, in order, as aligned views or as copies", () => {
  const kinds = [Float32Array, Float64Array, Int8Array, Uint8Array, Int16Array, Int32Array, BigInt64Array];
  const tensor = fc
    .tuple(fc.constantFrom(...kinds), fc.array(fc.integer({ min: 0, max: 3 }), { maxLength: 4 }))
    .chain(([Kind, shape]) => {
      const length = shape.reduce((product, size) => product * size, 1) * Kind.BYTES_PER_ELEMENT;
      return fc
        .uint8Array({ minLength: length, maxLength: length })
        .map((raw) => ({ shape, data: new Kind(raw.slice().buffer) as TypedArray }));
    });
  const names = fc.string({ unit: "binary", maxLength: 6 });
  const files = fc.dictionary(names, tensor, { maxKeys: 6, noNullPrototype: true });
  const metadata = fc.dictionary(names, names, { maxKeys: 3, noNullPrototype: true });
  fc.assert(
    fc.property(files, metadata, fc.integer({ min: 0, max: 7 }), (tensors, about, shift) => {
      const bytes = writeSafetensors(tensors, about);
      const shifted = new Uint8Array(bytes.length + shift);
      shifted.set(bytes, shift);
      const read = readSafetensors(shifted.subarray(shift), "round");
      expect(read.metadata).toEqual(about);
      expect(Object.keys(read.tensors)).toEqual(Object.keys(tensors));
      for (const [name, { shape, data }] of Object.entries(tensors)) {
        expect(read.tensors[name].shape).toEqual(shape);
        expect(read.tensors[name].data).toEqual(data);
        if (shift === 0) expect(read.tensors[name].data.buffer).toBe(shifted.buffer);
      }
    }),
    { numRuns: 200, seed: 4 },
  );
});

test("a mask stays a mask, and the same tensors give the same bytes", () => {
  const tensors = { mask: { shape: [2], data: new Uint8Array([0, 1]), dtype: "bool" as const } };
  expect(readSafetensors(writeSafetensors(tensors), "m").tensors.mask.dtype).toBe("bool");
  expect(writeSafetensors(tensors, { a: "b" })).toEqual(writeSafetensors(tensors, { a: "b" }));
});

test("a tensor called __proto__ is a tensor", () => {
  const tensors = Object.fromEntries([["__proto__", { shape: [1], data: new Float32Array([2]) }]]);
  const read = readSafetensors(writeSafetensors(tensors), "p").tensors;
  expect(Object.keys(read)).toEqual(["__proto__"]);
});

describe("hostile files", () => {
  /** A file with any header and any number of data bytes. */
  function fileWith(header: unknown, dataBytes: number): Uint8Array {
    const text = new TextEncoder().encode(typeof header === "string" ? header : JSON.stringify(header));
    const bytes = new Uint8Array(8 + text.length + dataBytes);
    new DataView(bytes.buffer).setBigUint64(0, BigInt(text.length), true);
    bytes.set(text, 8);
    return bytes;
  }
  const floats = (shape: unknown, begin: unknown, end: unknown) => ({
    dtype: "F32",
    shape,
    data_offsets: [begin, end],
  });

  test.each<[string, unknown, number, RegExp]>([
    [
      "overlap",
      { a: floats([2], 0, 8), b: floats([2], 4, 12) },
      12,
      /'b' begins at byte 4.*expected 8.*overlap/,
    ],
    ["the same bytes twice", { a: floats([2], 0, 8), b: floats([2], 0, 8) }, 8, /overlap/],
    ["a gap", { a: floats([1], 0, 4), b: floats([1], 8, 12) }, 12, /'b'.*expected 4.*gap/],
    ["bytes after the last tensor", { a: floats([1], 0, 4) }, 9, /take 4 bytes.*has 9/],
    ["an end beyond the file", { a: floats([100], 0, 400) }, 8, /'a' ends at byte 400.*has 8/],
    ["a shape that is too large", { a: floats([3], 0, 8) }, 8, /'a' is 3 float32, 12 bytes.*span 8/],
    ["a shape beyond 2^53", { a: floats([2 ** 40, 2 ** 40], 0, 8) }, 8, /'a'.*span 8/],
    ["a negative size", { a: floats([-1, -2], 0, 8) }, 8, /'a' has no shape/],
    ["a broken size", { a: floats([0.5, 4], 0, 8) }, 8, /'a' has no shape/],
    ["offsets backwards", { a: floats([0], 8, 0) }, 8, /'a'.*span -8/],
    ["negative offsets", { a: floats([2], -8, 0) }, 0, /'a' has no data_offsets/],
    ["an unknown type", { a: { dtype: "F4", shape: [1], data_offsets: [0, 1] } }, 1, /'a'.*"F4"/],
    [
      "a type of Object.prototype",
      { a: { dtype: "toString", shape: [], data_offsets: [0, 1] } },
      1,
      /toString/,
    ],
    ["a tensor that is null", { a: null }, 0, /'a' is not described/],
    ["an array for a header", [], 0, /not a JSON object/],
    ["metadata that is not text", { __metadata__: { a: 1 } }, 0, /__metadata__/],
    ["no JSON", "{", 0, /not JSON/],
    ["deep nesting", "[".repeat(200_000), 0, /header is not JSON/],
  ])("%s", (_, header, dataBytes, message) => {
    const text = messageOf(() => readSafetensors(fileWith(header, dataBytes), "evil.safetensors"));
    expect(text).toMatch(/^evil\.safetensors/);
    expect(text).toMatch(message);
  });

  test("a header longer than the file, or than 2^63, or cut short", () => {
    const long = fileWith({}, 0);
    long[2] = 1;
    expect(messageOf(() => readSafetensors(long, "l"))).toMatch(/header has 65538 bytes, but 2 follow/);
    long.fill(0xff, 0, 8);
    expect(messageOf(() => readSafetensors(long, "l"))).toMatch(/header has 18446744073709551615 bytes/);
    expect(messageOf(() => readSafetensors(new Uint8Array(7), "l"))).toMatch(/l: 7 bytes are too few/);
  });

  test("thousands of overlapping, unaligned tensors are refused before any is copied", () => {
    const many = Object.fromEntries(
      Array.from({ length: 5000 }, (_, i) => [`t${i}`, floats([100_000], 0, 400_000)]),
    );
    const before = process.memoryUsage().arrayBuffers;
    const bytes = fileWith(many, 400_000);
    expect(messageOf(() => readSafetensors(bytes, "many"))).toMatch(/overlap/);
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(1e7);
  });
});

test("what cannot be written is refused", () => {
  const one = new Float32Array(1);
  expect(messageOf(() => writeSafetensors({ w: { shape: [2], data: one } }))).toMatch(
    /'w': shape 2 needs 2.*has 1/,
  );
  expect(messageOf(() => writeSafetensors({ __metadata__: { shape: [1], data: one } }))).toMatch(
    /__metadata__/,
  );
  const wrong = { w: { shape: [1], data: one, dtype: "int8" as const } };
  expect(messageOf(() => writeSafetensors(wrong))).toMatch(/called int8.*float32/);
  expect(messageOf(() => writeSafetensors({}, { n: 1 as unknown as string }))).toMatch(
    /metadata 'n' is a number/,
  );
});
