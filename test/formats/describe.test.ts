import { existsSync, readdirSync, readFileSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import { describe, expect, test } from "vitest";
import { describeFile } from "../../src/formats/index.node.ts";
import {
  listZip,
  sniff,
  writeCifar10,
  writeIdx,
  writeNpy,
  writeSafetensors,
} from "../../src/formats/index.ts";
import { messageOf, rejectionOf } from "./errors.ts";
import { temporaryFolder } from "./temporary-folder.ts";

const fixture = (path: string) =>
  new Uint8Array(readFileSync(new URL(`../fixtures/${path}`, import.meta.url)));
const shared = (path: string) => fileURLToPath(new URL(`../../../shared/data/${path}`, import.meta.url));
const text = (content: string) => new TextEncoder().encode(content);

const idx = writeIdx({ shape: [2, 3], data: new Float32Array([1, 2, 3, 4, Number.NaN, -6]) });
const cifar10 = writeCifar10({ images: new Uint8Array(3072 * 2), labels: new Uint8Array([9, 9]) });
const safetensors = writeSafetensors({ w: { shape: [2, 3], data: new Float32Array(6) } }, { seed: "7" });

/** ir_version 10, then producer_name "pytorch": how torch.onnx begins its files. */
const onnx = new Uint8Array([0x08, 0x0a, 0x12, 0x07, ...text("pytorch")]);
const hdf5 = [0x89, 0x48, 0x44, 0x46, 0x0d, 0x0a, 0x1a, 0x0a];

describe("sniff", () => {
  test.each<[string, Uint8Array, string]>([
    ["idx", idx, "x"],
    ["gzip", new Uint8Array(gzipSync(idx)), "x"],
    ["npy", fixture("npy/f4.npy"), "x"],
    ["safetensors", safetensors, "x"],
    ["safetensors", text("\xff\xff{"), "broken header length but named so.safetensors"],
    ["onnx", onnx, "x"],
    ["hdf5", new Uint8Array(hdf5), "x"],
    ["hdf5", new Uint8Array([...new Uint8Array(512), ...hdf5]), "x"],
    ["zip", fixture("zip/two.zip"), "x"],
    ["json", text(' \n{"a": 1}'), "x"],
    ["json", text("\ufeff[1]"), "x"],
    ["cifar10", cifar10, "mine.bin"],
    ["cifar10", cifar10.subarray(0, 4000), "folder/data_batch_3.bin"],
    ["unknown", cifar10, "mine.dat"],
    ["unknown", new Uint8Array(), "empty"],
    ["unknown", text("hello"), "x.txt"],
    ["unknown", new Uint8Array([0x08]), "x"],
  ])("%s (%#)", (format, bytes, name) => {
    if (name.startsWith("broken")) {
      const header = new Uint8Array(9).fill(0xff);
      header[8] = 0x7b;
      expect(sniff(header, name)).toBe(format);
    } else expect(sniff(bytes, name)).toBe(format);
  });

  test("files of others", (context) => {
    const files = [
      ["models/resnet20-cifar10.onnx", "onnx"],
      ["nir/lif_norse.nir", "hdf5"],
      ["cifar10/data_batch_1.bin", "cifar10"],
      ["event-cameras/expelliarmus_ncars_4407.npy", "npy"],
      ["nmnist-small.tar.gz", "gzip"],
    ].filter(([path]) => existsSync(shared(path)));
    if (files.length === 0) return context.skip("no ../shared/data");
    for (const [path, format] of files) {
      expect([path, sniff(new Uint8Array(readFileSync(shared(path))), path)]).toEqual([path, format]);
    }
  });
});

describe("describeFile", () => {
  async function described(name: string, bytes: Uint8Array) {
    const path = join(await temporaryFolder(), name);
    await writeFile(path, bytes);
    const { format, rows, json } = await describeFile(path);
    expect(JSON.parse(JSON.stringify(json))).toEqual(json);
    return { format, json, rows: Object.fromEntries(rows.map((row) => [row.name, row.value])) };
  }

  test("IDX, plain and gzipped", async () => {
    const plain = await described("x", idx);
    expect(plain).toMatchObject({
      format: "idx",
      rows: { shape: "2 × 3", type: "float32", values: "-6 to 4", "not finite": "1", bytes: "36" },
      json: { shape: [2, 3], dtype: "float32", smallest: -6, largest: 4, notFinite: 1 },
    });
    const packed = await described("x.gz", new Uint8Array(gzipSync(idx)));
    expect(packed).toMatchObject({ format: "idx", rows: { format: "IDX, gzipped", shape: "2 × 3" } });
    expect(packed.json).toMatchObject({ gzipped: true });
  });

  test("npy, with integers that JSON cannot hold, and text", async () => {
    expect(await described("x.npy", fixture("npy/i8_extreme.npy"))).toMatchObject({
      rows: { values: "-9223372036854775808 to 9223372036854775807" },
      json: { smallest: "-9223372036854775808" },
    });
    const words = writeNpy({ shape: [2], data: ["V1", "V4"] });
    expect((await described("t.npy", words)).rows).toMatchObject({ shape: "2", type: "text" });
  });

  test("safetensors", async () => {
    expect(await described("m", safetensors)).toMatchObject({
      format: "safetensors",
      rows: { "metadata seed": "7", tensors: "1", elements: "6", w: "2 × 3 float32" },
      json: {
        metadata: { seed: "7" },
        tensors: [{ name: "w", shape: [2, 3], dtype: "float32" }],
        elements: 6,
      },
    });
  });

  test("CIFAR-10, JSON, zip, HDF5, gzip of something else", async () => {
    const batch = await described("test_batch.bin", cifar10);
    expect(batch.rows).toMatchObject({ images: "2 of 3 × 32 × 32", truck: "2", airplane: "0" });
    const json = await described("run.json", text('{"seed": 7, "list": [1, 2]}'));
    expect(json).toMatchObject({
      rows: { seed: "7", list: "[1,2]" },
      json: { content: { seed: 7, list: [1, 2] } },
    });
    expect((await described("r.json", text("[1, 2, 3]"))).rows).toMatchObject({ entries: "3" });
    expect((await described("two.zip", fixture("zip/two.zip"))).rows).toMatchObject({
      files: "2",
      "a.txt": "140 bytes",
      "b/ü.txt": "2 bytes",
    });
    expect((await described("x.h5", fixture("hdf5/user_block.h5"))).rows).toMatchObject({
      format: "HDF5",
      "/x": "3 int32",
    });
    const packed = await described("x.json.gz", new Uint8Array(gzipSync("[1]")));
    expect(packed).toMatchObject({ format: "gzip", rows: { content: "json" } });
  });

  test("what cannot be described is said", async () => {
    const refused = async (name: string, bytes: Uint8Array) => rejectionOf(described(name, bytes));
    expect(await refused("x", new Uint8Array())).toMatch(/the file is empty/);
    expect(await refused("x", text("hello"))).toMatch(/no format that Striate knows; expected one of idx, /);
    expect(await refused("x.json", text('{"a": '))).toMatch(/x\.json: not valid JSON/);
    expect(await refused("x", idx.subarray(0, 30))).toMatch(/36 bytes in all, but the file has 30/);
    expect(await refused("test_batch.bin", cifar10.subarray(1))).toMatch(/test_batch\.bin: 6145 bytes/);
    expect(await rejectionOf(describeFile("/no/such/file"))).toMatch(/there is no folder \/no/);
  });
});

describe("listZip", () => {
  const zip = fixture("zip/two.zip");

  test("names and sizes", () => {
    expect(listZip(zip, "two.zip")).toMatchObject([
      { name: "a.txt", bytes: 140 },
      { name: "b/ü.txt", packedBytes: 2, bytes: 2 },
    ]);
  });

  test("cut short, or a directory that lies", () => {
    expect(messageOf(() => listZip(zip.subarray(0, zip.length - 4), "cut.zip"))).toMatch(
      /cut\.zip.*no directory/,
    );
    const lie = zip.slice();
    lie[lie.length - 12] = 9;
    expect(messageOf(() => listZip(lie, "lie.zip"))).toMatch(/lie\.zip.*says 9 files, but entry 2/);
  });
});

test("only files that end in .node.ts import from Node", () => {
  const folder = fileURLToPath(new URL("../../src/formats/", import.meta.url));
  const pure = readdirSync(folder).filter((file) => file.endsWith(".ts") && !file.endsWith(".node.ts"));
  expect(pure).toContain("index.ts");
  for (const file of pure) {
    expect([
      file,
      readFileSync(join(folder, file), "utf8").match(/from "(node:[^"]*|[^"]*\.node\.ts)"/)?.[0],
    ]).toEqual([file, undefined]);
  }
});
