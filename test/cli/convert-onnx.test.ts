import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, expect, test } from "vitest";
import { writeIdx } from "../../src/formats/index.ts";
import { Random } from "../../src/runtime/random.ts";
import { root, striate, temporaryFolder } from "./striate.ts";

const folder = temporaryFolder();
const data = join(folder, "data");
const spiking = join(folder, "spiking");
const networks = join(root, "test/fixtures/onnx-networks");
const scale = ["--mean", ".4,.4,.4", "--std", ".2,.2,.2"];
const retraining = ["--bits", "3", "--epochs", "1", "--tuning-images", "32", "--json"];
const convert = (network: string, ...options: string[]) =>
  striate("convert", join(networks, network), "--calibrate", `idx:${data}`, ...scale, ...options);

/** Colour images of 12 × 12 in four classes, the brighter the higher. */
function writeColours(count: number, split: string): void {
  const random = new Random(count);
  const labels = Uint8Array.from({ length: count }, () => random.integer(4));
  const images = Uint8Array.from({ length: count * 432 }, (_, i) => {
    return random.integer(60) + 50 * labels[Math.floor(i / 432)]!;
  });
  const shape = [count, 3, 12, 12];
  writeFileSync(join(data, `${split}-images-idx3-ubyte`), writeIdx({ shape, dtype: "uint8", data: images }));
  writeFileSync(
    join(data, `${split}-labels-idx1-ubyte`),
    writeIdx({ shape: [count], dtype: "uint8", data: labels }),
  );
}

beforeAll(() => {
  mkdirSync(data);
  writeColours(192, "train");
  writeColours(64, "t10k");
});

test("an ONNX network is quantised, retrained, converted and measured", async () => {
  const { code, stdout, stderr } = await convert("residual.onnx", "--out", spiking, ...retraining);
  expect(code, stderr).toBe(0);
  const result = JSON.parse(stdout);
  expect(Object.keys(result.ann)).toEqual(["accuracy", "macs", "energyNanojoules"]);
  expect(result.quantized).toEqual([{ bits: 3, accuracy: expect.any(Number) }]);
  expect(result.spiking).toEqual(
    [
      { neurons: "unsigned", fineTuned: false },
      { neurons: "signed", fineTuned: false },
      { neurons: "signed", fineTuned: true },
    ].map((variant) => expect.objectContaining({ bits: 3, steps: 7, ...variant })),
  );
  const evaluated = JSON.parse((await striate("eval", spiking, "--json")).stdout);
  expect(evaluated.accuracy).toBe(result.spiking[2].accuracy);
  expect(readFileSync(join(spiking, "report.html"), "utf8")).toContain("<svg");

  const quantized = join(spiking, "quantized-3.safetensors");
  const retrained = await striate("convert", quantized, "--data", `idx:${data}`, "--epochs", "2");
  expect([retrained.code, retrained.stderr]).toEqual([1, expect.stringContaining("not retrained")]);
});

test("it is resumed with the options that it was started with, and no others", async () => {
  const before = readFileSync(join(spiking, "spiking.safetensors"));
  const again = await convert("residual.onnx", "--out", spiking, ...retraining, "--resume");
  expect(again.code, again.stderr).toBe(0);
  expect(again.stderr).not.toContain("training, 3 bits");
  expect(readFileSync(join(spiking, "spiking.safetensors")).equals(before)).toBe(true);
  for (const change of [
    ["--seed", "2"],
    ["--epochs", "2"],
    ["--mean", "0,0,0"],
  ]) {
    const other = await convert("residual.onnx", "--out", spiking, ...retraining, "--resume", ...change);
    expect([other.code, other.stderr]).toEqual([1, expect.stringContaining("another configuration")]);
  }
});

test("a network that cannot spike is refused by name, and leaves nothing behind", async () => {
  const out = join(folder, "transformer");
  const options = ["--bits", "3", "--out", out, "--calibrate", `idx:${data}`];
  const { code, stderr } = await striate("convert", join(networks, "transformer.onnx"), ...options);
  expect([code, stderr]).toEqual([
    1,
    expect.stringMatching(/^striate: the operation \w+ in ".+".* cannot spike/m),
  ]);
  expect(existsSync(out)).toBe(false);
});
