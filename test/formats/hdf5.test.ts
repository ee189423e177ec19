import { readFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { StriateError } from "../../src/error.ts";
import "../../src/formats/index.node.ts";
import {
  type Hdf5Group,
  type Hdf5Object,
  type NewHdf5Group,
  readHdf5,
  type TypedArray,
  writeHdf5,
} from "../../src/formats/index.ts";
import { rejectionOf } from "./errors.ts";

const fixture = (path: string) =>
  new Uint8Array(readFileSync(new URL(`../fixtures/${path}`, import.meta.url)));

function at(root: Hdf5Group, path: string): Hdf5Object {
  return path.split("/").reduce((group, name) => (group as Hdf5Group).children[name], root as Hdf5Object);
}

function valueAt(root: Hdf5Group, path: string) {
  const object = at(root, path);
  if (object?.kind !== "dataset") throw new Error(`${path} is ${object?.kind}`);
  const { shape, dtype, data } = object.value;
  return { shape, dtype, data: data && Array.from(data as ArrayLike<number | bigint | string>) };
}

describe.each(["kinds.h5", "kinds_latest.h5"])("what h5py writes: %s", async (file) => {
  const root = await readHdf5(fixture(`hdf5/${file}`), file);
  const value = (path: string) => valueAt(root, path);

  test.each([
    ...["float32", "float64", "int8", "uint8", "int16", "uint16", "int32", "uint32", "int64", "uint64"],
  ])("%s", (dtype) => {
    const code = dtype.replace(/^(.)[a-z]+(\d+)$/, (_, letter, bits) => letter + bits / 8);
    const low = code.startsWith("u") ? 3 : -3;
    const { shape, dtype: read, data } = value(`numbers/${code}`);
    expect([shape, read, data!.map(Number)]).toEqual([[2, 3], dtype, [low, 1, 2, 4, 5, 100]]);
  });

  test.each(["f4", "f8", "i2", "u4", "i8"])("%s, big-endian", (code) => {
    expect(value(`numbers/${code}_big_endian`).data!.map(Number)).toEqual([1, 2, 100]);
  });

  test("scalars, nothing, special numbers, booleans, enumerations, fill values", () => {
    expect(value("numbers/scalar")).toEqual({ shape: [], dtype: "float64", data: [2.5] });
    expect(value("numbers/empty")).toEqual({ shape: [0, 3], dtype: "float32", data: [] });
    expect(value("numbers/nothing")).toEqual({ shape: [0], dtype: "float64", data: [] });
    expect(value("numbers/special").data).toEqual([Infinity, -Infinity, NaN, -0]);
    expect(value("numbers/bool")).toEqual({ shape: [3], dtype: "bool", data: [1, 0, 1] });
    expect(value("numbers/enum")).toEqual({ shape: [2], dtype: "int16", data: [2, 0] });
    expect(value("numbers/fill").data).toEqual([7, 7, 7, 7]);
  });

  test("chunks, gzip, shuffle and checksums", () => {
    expect(value("numbers/packed").data).toEqual(Array.from({ length: 6000 }, (_, index) => index));
  });

  test("text of variable and of fixed length", () => {
    expect(value("text/scalar")).toEqual({ shape: [], dtype: "text", data: ["V1 größer 雲"] });
    expect(value("text/list")).toEqual({ shape: [2, 2], dtype: "text", data: ["a", "bc", "", "🐭"] });
    expect(value("text/fixed").data).toEqual(["ab", "cde", ""]);
    expect(value("text/ascii").data).toEqual(["x"]);
  });

  test("odd names, attributes, links, and what is not read", () => {
    expect(value("größe/__proto__/0").data).toEqual([9]);
    const axes = at(root, "numbers/f4") as { attributes: Record<string, { data: unknown; dtype: string }> };
    expect(root.attributes.title).toEqual({ shape: [], dtype: "text", data: ["all kinds"] });
    expect(axes.attributes.axes.data).toEqual(new BigInt64Array([3n, 4n]));
    expect(axes.attributes.about.dtype).toBe("reference");
    expect(at(root, "other/soft")).toEqual({ kind: "link", target: "/numbers/f4" });
    expect(at(root, "other/broken")).toEqual({ kind: "link", target: "/nowhere" });
    expect(at(root, "other/elsewhere")).toEqual({ kind: "link", target: "/etc/passwd:/x" });
    expect(at(root, "other/type")).toEqual({ kind: "datatype" });
    for (const [name, dtype] of [
      ["compound", "compound"],
      ["float16", "float16"],
      ["lists", "list"],
      ["reference", "reference"],
      ["virtual", "virtual integer"],
    ]) {
      expect(value(`other/${name}`)).toMatchObject({ dtype, data: undefined });
    }
  });

  test("without values, shapes and element types are the same", async () => {
    const outline = await readHdf5(fixture(`hdf5/${file}`), file, false);
    expect(valueAt(outline, "numbers/packed")).toEqual({
      shape: [60, 100],
      dtype: "float32",
      data: undefined,
    });
  });
});

test("a file after a user block", async () => {
  expect(valueAt(await readHdf5(fixture("hdf5/user_block.h5"), "x"), "x").data).toEqual([0, 1, 2]);
});

test("what is written is read back, and the same tree gives the same bytes", async () => {
  const kinds = [Float32Array, Float64Array, Int8Array, Uint8Array, Int16Array, Int32Array, BigUint64Array];
  const shape = fc.array(fc.integer({ min: 0, max: 4 }), { maxLength: 3 });
  const numbers = fc.tuple(fc.constantFrom(...kinds), shape).chain(([Kind, sizes]) => {
    const length = sizes.reduce((product, size) => product * size, 1) * Kind.BYTES_PER_ELEMENT;
    return fc.uint8Array({ minLength: length, maxLength: length }).map((raw) => ({
      kind: "dataset" as const,
      shape: sizes,
      data: new Kind(raw.slice().buffer) as TypedArray,
    }));
  });
  const word = fc.string({ unit: "grapheme", maxLength: 5 }).filter((text) => !text.includes("\0"));
  const text = shape.chain((sizes) => {
    const length = sizes.reduce((product, size) => product * size, 1);
    return fc
      .array(word, { minLength: length, maxLength: length })
      .map((data) => ({ kind: "dataset" as const, shape: sizes, data }));
  });
  const name = word.filter((one) => one !== "" && one !== "." && !one.includes("/"));
  const { group } = fc.letrec<{ group: NewHdf5Group }>((tie) => ({
    group: fc
      .dictionary(
        name,
        fc.oneof({ maxDepth: 2 }, numbers, text, tie("group") as fc.Arbitrary<NewHdf5Group>),
        {
          maxKeys: 4,
          noNullPrototype: true,
        },
      )
      .map((children) => ({ kind: "group", children })),
  }));
  const plain = (object: Hdf5Object | NewHdf5Group | NewHdf5Group["children"][string]): unknown => {
    if (object.kind === "group") {
      return Object.entries(object.children)
        .map(([key, child]) => [key, plain(child)])
        .sort(([a], [b]) => (String(a) < String(b) ? -1 : 1));
    }
    const { shape: sizes, data } =
      "value" in object ? object.value : (object as { shape: unknown; data: unknown });
    return { sizes, data };
  };
  await fc.assert(
    fc.asyncProperty(group, async (root) => {
      const bytes = await writeHdf5(root);
      expect(plain(await readHdf5(bytes, "round"))).toEqual(plain(root));
      expect(await writeHdf5(root)).toEqual(bytes);
    }),
    { numRuns: 60, seed: 3 },
  );
}, 120_000);

test("a long array is split into chunks and packed", async () => {
  const data = Float32Array.from({ length: 900 * 1000 }, (_, index) => index % 17);
  const bytes = await writeHdf5({
    kind: "group",
    children: { x: { kind: "dataset", shape: [900, 1000], data } },
  });
  expect(bytes.length).toBeLessThan(data.byteLength / 20);
  expect(valueAt(await readHdf5(bytes, "x"), "x").data).toEqual(Array.from(data));
});

test("names and values that a file cannot hold", async () => {
  const written = (name: string, data: string[] = ["x"], shape: number[] = [1]) =>
    rejectionOf(writeHdf5({ kind: "group", children: { [name]: { kind: "dataset", shape, data } } }));
  for (const name of ["", ".", "a/b", "a\0"]) expect(await written(name)).toContain(JSON.stringify(name));
  expect(await written("a", ["x\0y"])).toContain("/a: a text holds a zero byte");
  expect(await written("a", ["x"], [2])).toContain("/a: shape 2 needs 2 texts, there are 1");
});

test("values of chosen paths only, with attributes, and where references lead", async () => {
  const root = await readHdf5(fixture("hdf5/kinds.h5"), "kinds.h5", ["/numbers/f4", "/other"]);
  expect(valueAt(root, "numbers/f4").data).toEqual([-3, 1, 2, 4, 5, 100]);
  expect(valueAt(root, "numbers/f8")).toEqual({ shape: [2, 3], dtype: "float64", data: undefined });
  expect((at(root, "other/reference") as { value: unknown }).value).toEqual({
    shape: [],
    dtype: "reference",
    data: undefined,
    targets: ["/numbers"],
  });
  const { attributes } = at(root, "numbers/f4") as Hdf5Group;
  expect(attributes.about).toMatchObject({ dtype: "reference", targets: ["/numbers"] });
  expect(attributes.axes!.data).toEqual(new BigInt64Array([3n, 4n]));
  const outline = await readHdf5(fixture("hdf5/kinds.h5"), "kinds.h5", []);
  expect(outline.attributes.title!.data).toEqual(["all kinds"]);
  expect(valueAt(outline, "numbers/f4").data).toBeUndefined();
});

describe("files that are not what they claim", () => {
  test.each([
    ["huge.h5", "huge.h5: /claim: not readable as HDF5: it claims 1000000000000 elements of 8 bytes"],
    ["huge_text.h5", "huge_text.h5: /claim: not readable as HDF5: it claims 1000000000 elements"],
    ["packed.h5", "packed.h5: /zeros: not readable as HDF5: it claims 26214400 elements of 4 bytes"],
    ["external.h5", "/secret: not readable as HDF5: unable to open external raw data file"],
    ["circle.h5", "groups lie more than 32 deep in each other, or hold themselves"],
    ["circles.h5", "groups lie more than 32 deep in each other, or hold themselves"],
  ])("%s", async (file, message) => {
    expect(await rejectionOf(readHdf5(fixture(`hdf5/${file}`), file))).toContain(message);
  });

  test("no HDF5 at all, and half a file", async () => {
    for (const bytes of [
      new Uint8Array(0),
      new Uint8Array(100),
      fixture("hdf5/kinds.h5").subarray(0, 9000),
    ]) {
      expect(await rejectionOf(readHdf5(bytes, "x.h5"))).toMatch(
        /^x.h5: .*(signature not found|truncated file)/,
      );
    }
  });

  test("a file on which the library never ends, and a sound one after it", async () => {
    const sound = fixture("nir/nested.nir");
    const looping = new Uint8Array([...sound.subarray(0, 2534), 173, ...sound.subarray(2534)]);
    const both = [readHdf5(looping, "looping.h5"), readHdf5(sound, "sound.h5")] as const;
    expect(await rejectionOf(both[0])).toMatch(/^looping.h5: .*took more than 1.6 s/);
    expect(Object.keys((await both[1]).children)).toEqual(["node", "version"]);
  });

  test("mutants are read or refused, each within two seconds, and leave no trace", async () => {
    const sound = fixture("hdf5/kinds.h5");
    const before = await readHdf5(sound, "sound");
    let refused = 0;
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.tuple(fc.nat(sound.length - 1), fc.nat(255)), { minLength: 1, maxLength: 20 }),
        fc.option(fc.nat(sound.length), { freq: 5 }),
        async (changes, cut) => {
          const bytes = sound.slice(0, cut ?? undefined);
          for (const [index, value] of changes) if (index < bytes.length) bytes[index] = value;
          const start = performance.now();
          const outcome = await readHdf5(bytes, "mutant.h5").catch((error) => error);
          expect(performance.now() - start).toBeLessThan(2000);
          if (!(outcome instanceof Error)) return;
          expect(outcome).toBeInstanceOf(StriateError);
          expect(outcome.message).toContain("mutant.h5");
          refused++;
        },
      ),
      { numRuns: 400, seed: 8 },
    );
    expect(refused).toBeGreaterThan(100);
    expect(await readHdf5(sound, "sound")).toEqual(before);
  }, 120_000);
});
