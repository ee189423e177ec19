import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { temporaryFolder } from "../formats/temporary-folder.ts";
import { root, striate } from "./striate.ts";

const network = join(root, "test/fixtures/onnx/network.onnx");

test("info sets out an ONNX file's nodes", async () => {
  const { code, stdout } = await striate("info", network);
  expect(code).toBe(0);
  expect(stdout).toMatch(/producer +striate-fixtures 1/);
  expect(stdout).toMatch(/conv2 +Conv +4 × 4 × 3 × 3 +auto_pad NOTSET, kernel_shape 3 3/);
  const json = JSON.parse((await striate("info", network, "--json")).stdout);
  expect(json.json.nodes).toHaveLength(9);
});

test("info draws an ONNX file's graph", async () => {
  const svg = join(await temporaryFolder(), "network.svg");
  const { code, stdout } = await striate("info", network, "--svg", svg);
  expect([code, stdout]).toEqual([0, expect.stringContaining(svg)]);
  expect(readFileSync(svg, "utf8")).toMatch(/^<svg xmlns.*LeakyRelu.*<\/svg>\s*$/s);
});

test("info does not draw what has no graph, and names what is wrong with a file", async () => {
  const folder = await temporaryFolder();
  const plain = await striate("info", join(root, "package.json"), "--svg", join(folder, "x.svg"));
  expect([plain.code, plain.stderr]).toEqual([1, expect.stringMatching(/package\.json holds no graph/)]);
  const cut = join(folder, "cut.onnx");
  writeFileSync(cut, readFileSync(network).subarray(0, 700));
  const broken = await striate("info", cut);
  expect([broken.code, broken.stderr]).toEqual([1, expect.stringMatching(/^striate: .*cut\.onnx: graph/)]);
  expect(broken.stderr.trim().split("\n")).toHaveLength(1);
});
