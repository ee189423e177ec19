import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import fc from "fast-check";
import { zipSync } from "fflate";
import { describe, expect, test } from "vitest";
import { StriateError } from "../../src/error.ts";
import { withFileTree } from "../../src/formats/file-tree.node.ts";
import { byCodePoint, type FileTree, subtree } from "../../src/formats/file-tree.ts";
import { sourceOfBytes, zipTree } from "../../src/formats/zip-tree.ts";
import { rejectionOf } from "./errors.ts";
import { temporaryFolder } from "./temporary-folder.ts";
import { zip64Of } from "./zip-writer.ts";

const text = (value: string) => new TextEncoder().encode(value);
const files = {
  "top/b.txt": text("striate ".repeat(500)),
  "top/a/ü.txt": text("V1"),
  "top/empty": new Uint8Array(),
  "__MACOSX/top/._b.txt": text("x"),
  "top/.DS_Store": text("x"),
};
const paths = ["top/a/ü.txt", "top/b.txt", "top/empty"];
const inMemory = (bytes: Uint8Array, name = "some.zip") => zipTree(sourceOfBytes(bytes, name));

async function contentOf(tree: FileTree): Promise<Record<string, string>> {
  const entries = tree.paths.map(async (path) => [path, new TextDecoder().decode(await tree.read(path))]);
  return Object.fromEntries(await Promise.all(entries));
}
const expected = Object.fromEntries(
  paths.map((path) => [path, new TextDecoder().decode(files[path as keyof typeof files])]),
);

describe("the same files", () => {
  test("in memory, stored and deflated", async () => {
    for (const level of [0, 9] as const) {
      const tree = await inMemory(zipSync(files, { level }));
      expect(tree.paths).toEqual(paths);
      expect(await contentOf(tree)).toEqual(expected);
    }
  });

  test("in an archive on disk and in a folder", async () => {
    const folder = await temporaryFolder();
    const archive = join(folder, "some.zip");
    writeFileSync(archive, zipSync(files));
    expect(await withFileTree(archive, contentOf)).toEqual(expected);
    for (const [path, bytes] of Object.entries(files)) {
      mkdirSync(join(folder, "open", dirname(path)), { recursive: true });
      writeFileSync(join(folder, "open", path), bytes);
    }
    expect(await withFileTree(join(folder, "open"), contentOf)).toEqual(expected);
  });

  test("in a zip64 archive", async () => {
    expect(await contentOf(await inMemory(zip64Of(files)))).toEqual(expected);
  });

  test("below a folder of a tree", async () => {
    const top = subtree(await inMemory(zipSync(files)), "top/");
    expect(top.paths).toEqual(["a/ü.txt", "b.txt", "empty"]);
    expect(new TextDecoder().decode(await top.read("a/ü.txt"))).toBe("V1");
    expect(await rejectionOf(top.read("c"))).toMatch(/some\.zip: top\/c: there is no such file/);
  });
});

test("paths are in the order of code points, as Python sorts", () => {
  const given = ["z", "a10", "a2", "Ü", "\u{1F600}", "\uFF5E", "a", "a1/b", "B"];
  expect(given.sort(byCodePoint)).toEqual(["B", "a", "a1/b", "a10", "a2", "z", "Ü", "\uFF5E", "\u{1F600}"]);
});

test("links to files and folders are followed, links in a circle end", async () => {
  const folder = await temporaryFolder();
  mkdirSync(join(folder, "data"));
  writeFileSync(join(folder, "data", "x"), "1");
  symlinkSync(join(folder, "data"), join(folder, "link"));
  symlinkSync(folder, join(folder, "data", "circle"));
  const found = await withFileTree(folder, async (tree) => tree.paths);
  expect(found).toEqual(expect.arrayContaining(["data/x", "link/x"]));
  expect(found.length).toBeLessThan(20_000);
});

describe("refusals name the archive and the file", () => {
  const packed = zipSync({ "one.txt": files["top/b.txt"] });

  test("data, checksum or size that was changed", async () => {
    const data = packed.slice();
    data.fill(0xff, 40, 48);
    expect(await rejectionOf((await inMemory(data)).read("one.txt"))).toMatch(
      /some\.zip: the file one\.txt in it cannot be unpacked/,
    );
    const directory = packed.length - 22 - (46 + 7);
    const checksum = packed.slice();
    checksum[directory + 16] ^= 1;
    expect(await rejectionOf((await inMemory(checksum)).read("one.txt"))).toMatch(/checksum/);
    const shorter = packed.slice();
    shorter[directory + 24] -= 1;
    expect(await rejectionOf((await inMemory(shorter)).read("one.txt"))).toMatch(/one\.txt/);
    const bomb = packed.slice();
    bomb.fill(0x7f, directory + 24, directory + 28);
    expect(await rejectionOf((await inMemory(bomb)).read("one.txt"))).toMatch(/said to hold 2139062143/);
  });

  test("encryption and unknown methods", async () => {
    const directory = packed.length - 22 - (46 + 7);
    const encrypted = packed.slice();
    encrypted[directory + 8] |= 1;
    expect(await rejectionOf((await inMemory(encrypted)).read("one.txt"))).toMatch(/encrypted.*password/);
    const method = packed.slice();
    method[directory + 10] = 93;
    expect(await rejectionOf((await inMemory(method)).read("one.txt"))).toMatch(/method 93, expected 0/);
  });

  test("no archive, cut short, nothing there", async () => {
    const folder = await temporaryFolder();
    const path = join(folder, "x.zip");
    writeFileSync(path, "PK but no more");
    expect(await rejectionOf(withFileTree(path, contentOf))).toMatch(/x\.zip is neither a folder nor a zip/);
    writeFileSync(path, packed.subarray(0, packed.length - 30));
    expect(await rejectionOf(withFileTree(path, contentOf))).toMatch(/x\.zip.*no directory at its end/);
    expect(await rejectionOf(withFileTree(join(folder, "y.zip"), contentOf))).toMatch(/Did you mean x\.zip/);
  });

  test("corrupt data on disk, where another library unpacks", async () => {
    const path = join(await temporaryFolder(), "x.zip");
    const data = packed.slice();
    data.fill(0xff, 40, 48);
    writeFileSync(path, data);
    expect(await rejectionOf(withFileTree(path, (tree) => tree.read("one.txt")))).toMatch(
      /x\.zip: the file one\.txt in it cannot be unpacked: its data is corrupt/,
    );
  });
});

test("a mutated archive gives its files or a StriateError", async () => {
  const original = new Uint8Array(readFileSync(new URL("../fixtures/npz/packed.npz", import.meta.url)));
  const changes = fc.array(fc.tuple(fc.nat(original.length - 1), fc.nat(255)), {
    minLength: 1,
    maxLength: 5,
  });
  let refused = 0;
  await fc.assert(
    fc.asyncProperty(changes, async (edits) => {
      const bytes = original.slice();
      for (const [at, value] of edits) bytes[at] = value;
      try {
        await contentOf(await inMemory(bytes, "mutant.zip"));
      } catch (error) {
        expect(error).toBeInstanceOf(StriateError);
        expect((error as Error).message).toContain("mutant.zip");
        refused++;
      }
    }),
    { numRuns: 300, seed: 3 },
  );
  expect(refused).toBeGreaterThan(100);
});
