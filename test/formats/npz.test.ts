import { readFileSync } from "node:fs";
import { zipSync } from "fflate";
import { describe, expect, test } from "vitest";
import { describeBytes, sniff } from "../../src/formats/index.ts";
import { readNpz, writeNpz } from "../../src/formats/npz.ts";
import { rejectionOf } from "./errors.ts";

const fixture = (file: string) =>
  new Uint8Array(readFileSync(new URL(`../fixtures/npz/${file}`, import.meta.url)));

describe("files written by NumPy", () => {
  test.each(["stored.npz", "packed.npz"])("%s", async (file) => {
    const { images, responses, tiers } = await readNpz(fixture(file), file);
    expect(images).toEqual({
      shape: [3, 2, 2],
      dtype: "uint8",
      data: Uint8Array.from({ length: 12 }, (_, i) => i),
    });
    expect(responses).toMatchObject({ shape: [2, 3], dtype: "float64" });
    expect(Array.from(responses!.data as Float64Array)).toEqual([0, 0.25, 0.5, 0.75, 1, 1.25]);
    expect(tiers).toEqual({ shape: [3], dtype: "text", data: ["train", "validation", "test"] });
    expect(sniff(fixture(file), "no-ending")).toBe("npz");
    const { rows } = await describeBytes(fixture(file), file);
    expect(rows).toContainEqual({ name: "responses", value: "2 × 3 float64" });
  });
});

test("what is written is read back, and is the same bytes each time", async () => {
  const arrays = {
    x: { shape: [2, 2], data: Float32Array.of(1, Number.NaN, -0, 3e-45) },
    names: { shape: [2], data: ["V1", "Ü"] },
  };
  const bytes = writeNpz(arrays);
  expect(writeNpz(arrays)).toEqual(bytes);
  const { x, names } = await readNpz(bytes, "x.npz");
  expect(new Uint32Array((x!.data as Float32Array).slice().buffer)).toEqual(
    new Uint32Array(arrays.x.data.buffer),
  );
  expect(names!.data).toEqual(["V1", "Ü"]);
});

test("refusals name the file and the array", async () => {
  expect(await rejectionOf(readNpz(zipSync({ "a.txt": new Uint8Array(1) }), "a.npz"))).toMatch(
    /a\.npz: not a \.npz file: it holds a\.txt/,
  );
  expect(await rejectionOf(readNpz(zipSync({}), "e.npz"))).toMatch(/e\.npz: not a \.npz file: it holds no/);
  expect(await rejectionOf(readNpz(zipSync({ "x.npy": new Uint8Array(40) }), "b.npz"))).toMatch(
    /b\.npz: x\.npy: not a \.npy file/,
  );
});
