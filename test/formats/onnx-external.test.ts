import { readFileSync } from "node:fs";
import { copyFile, mkdir, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { describeFile, readOnnxFile } from "../../src/formats/index.node.ts";
import { describeBytes, readOnnx } from "../../src/formats/index.ts";
import { rejectionOf } from "./errors.ts";
import { temporaryFolder } from "./temporary-folder.ts";

const folder = fileURLToPath(new URL("../fixtures/onnx/", import.meta.url));
const fixture = (file: string) => new Uint8Array(readFileSync(join(folder, file)));

describe("data in files beside the model", () => {
  const edit = (bytes: Uint8Array, from: string, to: string) =>
    Uint8Array.from(Buffer.from(Buffer.from(bytes).toString("latin1").replaceAll(from, to), "latin1"));

  async function model(location: string): Promise<string> {
    const path = join(await temporaryFolder(), "model.onnx");
    await writeFile(path, edit(fixture("external.onnx"), "external.bin", location));
    return path;
  }

  test("are read", async () => {
    const { initializers } = (await readOnnxFile(join(folder, "external.onnx"))).graph;
    expect(initializers.a.data).toEqual(new Float32Array([1, 2, 3]));
    expect(initializers.b.data).toEqual(new Float32Array([4, 5, 6]));
    expect((await describeFile(join(folder, "external.onnx"))).rows).toContainEqual({
      name: "parameters",
      value: "6 in 2 arrays",
    });
  });

  test("also from a folder within, and by links from a download cache", async () => {
    const path = await model("weight/x.bin");
    const here = join(path, "..");
    await mkdir(join(here, "weight"));
    await copyFile(join(folder, "external.bin"), join(here, "weight/x.bin"));
    expect((await readOnnxFile(path)).graph.initializers.b.data).toEqual(new Float32Array([4, 5, 6]));

    const cache = await model("external.bin");
    await copyFile(join(folder, "external.bin"), join(cache, "../blob"));
    const snapshot = join(cache, "../snapshot");
    await mkdir(snapshot);
    await symlink(cache, join(snapshot, "model.onnx"));
    await symlink(join(cache, "../blob"), join(snapshot, "external.bin"));
    const { initializers } = (await readOnnxFile(join(snapshot, "model.onnx"))).graph;
    expect(initializers.a.data).toEqual(new Float32Array([1, 2, 3]));
  });

  test("a missing one is named, and so is one that is too short", async () => {
    const path = await model("external.bin");
    expect(await rejectionOf(readOnnxFile(path))).toMatch(/external\.bin/);
    await writeFile(join(path, "../external.bin"), new Uint8Array(20));
    expect(await rejectionOf(readOnnxFile(path))).toMatch(
      /model\.onnx: initializer 'b'.*'external\.bin' at bytes 12 to 24.*has 20/,
    );
    expect(() => readOnnx(readFileSync(path), "alone.onnx")).toThrow(/alone\.onnx.*which was not given/);
    expect(await rejectionOf(describeBytes(readFileSync(path), "alone.onnx"))).toMatch(/alone\.onnx/);
  });

  test.each([
    "/etc/passwdd",
    "../secret.tx",
    "C:\\secret.tx",
    "a/../../s.tx",
    "\\\\host\\s.txt",
    "external.bi\0",
  ])("%j is refused", async (location) => {
    const path = await model(location);
    expect(await rejectionOf(readOnnxFile(path))).toMatch(
      /model\.onnx: .*expected a path inside the model's folder/,
    );
  });

  test("a link that leads out of the folder is refused", async () => {
    const path = await model("external.bin");
    await symlink(join(folder, "external.bin"), join(path, "../external.bin"));
    expect(await rejectionOf(readOnnxFile(path))).toMatch(/is a link to .*outside the model's folder/);
  });
});
