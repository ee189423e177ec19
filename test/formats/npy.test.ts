import { readFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { readNpy, type TypedArray, writeNpy } from "../../src/formats/index.ts";
import { messageOf } from "./errors.ts";

const fixtures = new URL("../fixtures/npy/", import.meta.url);
const fixture = (file: string) => new Uint8Array(readFileSync(new URL(file, fixtures)));
type Expected = { shape: number[]; dtype: string; data: (number | string)[] };
const expected: Record<string, Expected> = JSON.parse(
  readFileSync(new URL("expected.json", fixtures), "utf8"),
);

/** A file of format 1.0 with the given header. */
function fileWith(header: string, payload: Uint8Array | number[] = []): Uint8Array {
  const text = new TextEncoder().encode(header);
  const length = [text.length & 255, text.length >> 8];
  return new Uint8Array([0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59, 1, 0, ...length, ...text, ...payload]);
}

describe("files written by NumPy", () => {
  test.each(Object.entries(expected))("%s", (file, { shape, dtype, data }) => {
    const read = readNpy(fixture(file), file);
    expect(read.shape).toEqual(shape);
    expect(read.dtype).toBe(dtype);
    // NaN, infinities and large integers are text in expected.json.
    const asText = { nan: "NaN", inf: "Infinity", "-inf": "-Infinity" } as Record<string, string>;
    const texts = Array.from(read.data as ArrayLike<unknown>, String);
    expect(texts).toEqual(data.map((value) => asText[value] ?? String(value)));
  });

  test("objects, records and complex numbers are refused", () => {
    expect(messageOf(() => readNpy(fixture("refused_object.npy"), "o.npy"))).toMatch(
      /o\.npy.*'\|O'.*never read/,
    );
    expect(messageOf(() => readNpy(fixture("refused_record.npy"), "r.npy"))).toMatch(/r\.npy: holds records/);
    expect(messageOf(() => readNpy(fixture("refused_complex.npy"), "c.npy"))).toMatch(/c\.npy.*'<c16'/);
  });

  test.each(["f4.npy", "i1.npy", "b1.npy", "u8_extreme.npy", "text.npy", "scalar.npy"])(
    "%s is written as NumPy writes it, byte for byte",
    (file) => expect(writeNpy(readNpy(fixture(file), file))).toEqual(fixture(file)),
  );
});

test("what is written is read back, at any alignment", () => {
  const kinds = [
    Float32Array,
    Float64Array,
    Int8Array,
    Uint16Array,
    Int32Array,
    BigInt64Array,
    BigUint64Array,
  ];
  const arrays = fc
    .tuple(fc.constantFrom(...kinds), fc.array(fc.integer({ min: 0, max: 4 }), { maxLength: 4 }))
    .chain(([Kind, shape]) => {
      const length = shape.reduce((product, size) => product * size, 1) * Kind.BYTES_PER_ELEMENT;
      return fc
        .uint8Array({ minLength: length, maxLength: length })
        .map((raw) => ({ shape, data: new Kind(raw.slice().buffer) as TypedArray }));
    });
  fc.assert(
    fc.property(arrays, fc.integer({ min: 0, max: 7 }), (array, shift) => {
      const bytes = writeNpy(array);
      const shifted = new Uint8Array(bytes.length + shift);
      shifted.set(bytes, shift);
      expect(readNpy(shifted.subarray(shift), "round.npy")).toMatchObject(array);
    }),
    { numRuns: 150, seed: 2 },
  );
});

test("text is read back", () => {
  const character = fc.integer({ min: 1, max: 0x10ffff }).filter((code) => code < 0xd800 || code > 0xdfff);
  const text = fc.array(character, { maxLength: 5 }).map((codes) => String.fromCodePoint(...codes));
  fc.assert(
    fc.property(fc.array(text), (data) => {
      expect(readNpy(writeNpy({ shape: [data.length], data }), "text.npy").data).toEqual(data);
    }),
    { numRuns: 100, seed: 3 },
  );
});

describe("broken files", () => {
  const header = "{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3), }\n";

  test("sizes are said", () => {
    const message = messageOf(() => readNpy(fileWith(header, new Uint8Array(20)), "cut.npy"));
    expect(message).toMatch(/cut\.npy.*2 × 3 of '<f4'.* 94 bytes.* 90/);
    expect(messageOf(() => readNpy(fileWith(header, new Uint8Array(25)), "long.npy"))).toMatch(/94.*95/);
    const cut = fixture("f4.npy").subarray(0, 50);
    expect(messageOf(() => readNpy(cut, "head.npy"))).toMatch(/head\.npy: the header says it is 118 bytes/);
  });

  test.each([
    ["another dictionary", "{'a': 1}"],
    ["no dictionary", "hello"],
    ["a negative size", "{'descr': '<f4', 'fortran_order': False, 'shape': (-1,), }"],
    ["a size beyond 2^53", "{'descr': '<f4', 'fortran_order': False, 'shape': (99999999999999999999,), }"],
    ["two commas", "{'descr': '<f4', 'fortran_order': False, 'shape': (1,,2), }"],
    ["petabytes", "{'descr': '<f8', 'fortran_order': True, 'shape': (999999, 999999, 999999), }"],
    ["text of no width", "{'descr': '<U0', 'fortran_order': False, 'shape': (4000000000,), }"],
    [
      "text of endless width",
      "{'descr': '<U999999999999999999999', 'fortran_order': False, 'shape': (0, 1), }",
    ],
  ])("%s", (what, text) => {
    const bytes = fileWith(text);
    if (what === "text of endless width") expect(readNpy(bytes, "h.npy").data).toEqual([]);
    else expect(messageOf(() => readNpy(bytes, "h.npy"))).toMatch(/h\.npy/);
  });

  test("a version that does not exist, and a number that is no character", () => {
    const version9 = fileWith(header);
    version9[6] = 9;
    expect(messageOf(() => readNpy(version9, "v.npy"))).toMatch(/v\.npy: \.npy format 9\.0/);
    const text = "{'descr': '<U1', 'fortran_order': False, 'shape': (1,), }";
    expect(messageOf(() => readNpy(fileWith(text, [0, 0, 0x11, 0]), "t.npy"))).toMatch(/1114112.*no Unicode/);
  });
});
