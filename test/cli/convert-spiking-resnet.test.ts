import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { beforeAll, expect, test } from "vitest";
import { writeIdx } from "../../src/formats/index.ts";
import { Random } from "../../src/runtime/random.ts";
import { root, striate, temporaryFolder } from "./striate.ts";

const folder = temporaryFolder();
const data = join(folder, "data");
const run = join(folder, "spiking");
const network = join(root, "test/fixtures/onnx-networks/residual.onnx");
const scale = ["--mean", ".4,.4,.4", "--std", ".2,.2,.2"];

/** Colour images of 12 × 12 in four classes, the brighter the higher. */
function writeColours(count: number, split: string): void {
  const random = new Random(count);
  const labels = Uint8Array.from({ length: count }, () => random.integer(4));
  const images = Uint8Array.from(
    { length: count * 432 },
    (_, i) => random.integer(60) + 50 * labels[Math.floor(i / 432)]!,
  );
  const write = (name: string, shape: number[], values: Uint8Array) =>
    writeFileSync(join(data, `${split}-${name}-ubyte`), writeIdx({ shape, dtype: "uint8", data: values }));
  write("images-idx3", [count, 3, 12, 12], images);
  write("labels-idx1", [count], labels);
}

beforeAll(() => {
  mkdirSync(data);
  writeColours(96, "train");
  writeColours(40, "t10k");
});

test("an ONNX network is converted, measured, exported and described", async () => {
  const converted = await striate(
    ...["convert", network, "--method", "spiking-resnet", "--calibrate", `idx:${data}`, ...scale],
    ...["--steps", "8", "--out", run, "--json"],
  );
  expect(converted.code, converted.stderr).toBe(0);
  const result = JSON.parse(converted.stdout);
  const names = result.variants.map(({ name }: { name: string }) => name);
  expect(names).toEqual(["shortcuts not normalised", "not compensated", "compensated (bias)"]);
  expect(readFileSync(join(run, "report.html"), "utf8")).toContain("<svg");

  const { code, stdout, stderr } = await striate(
    "eval",
    run,
    "--data",
    `idx:${data}`,
    "--steps",
    "16",
    "--json",
  );
  expect(code, stderr).toBe(0);
  const evaluated = JSON.parse(stdout);
  expect(evaluated).toMatchObject({ steps: 16, images: 40, countedImages: 40 });
  const last = result.variants.at(-1).accuracyBySteps.at(-1);
  expect(last).toEqual({ steps: 16, accuracy: evaluated.accuracyBySteps["16"] });
  for (const key of ["spikesPerImage", "synapticOperations", "energyNanojoules", "imagesPerSecond"])
    expect(evaluated[key]).toBeGreaterThan(0);

  const onnx = join(folder, "unrolled.onnx");
  const nir = join(folder, "spiking.nir");
  expect((await striate("export", run, "--steps", "4", "--out", onnx)).code).toBe(0);
  const exported = await striate("export", run, "--out", nir);
  expect([exported.code, exported.stderr]).toEqual([0, expect.stringMatching(/warning: .*reset/)]);
  const drawing = join(folder, "spiking.svg");
  const described = await striate("info", nir, "--svg", drawing);
  expect([described.code, described.stdout]).toEqual([0, expect.stringContaining("Conv2d")]);
  expect(readFileSync(drawing, "utf8")).toMatch(/^<svg/);
  expect((await striate("info", onnx)).stdout).toContain("HardSigmoid");
  const unknown = await striate("export", run, "--out", join(folder, "spiking.txt"));
  expect([unknown.code, unknown.stderr]).toEqual([
    1,
    expect.stringContaining("neither in .onnx nor in .nir"),
  ]);
});

test("eval runs the network on either engine, on the faster one, and with weights of 8 bits", async () => {
  const evaluate = async (...options: string[]) => {
    const { code, stdout, stderr } = await striate(
      ...["eval", run, "--data", `idx:${data}`, "--steps", "16", "--count", "0", "--json", ...options],
    );
    expect(code, stderr).toBe(0);
    return { ...JSON.parse(stdout), stderr };
  };
  const dense = await evaluate("--engine", "dense");
  const event = await evaluate("--engine", "event", "--weights", "int8");
  expect(dense.engine).toBe("dense");
  expect(event.engine).toBe("event");
  expect(event.accuracyBySteps).toEqual(dense.accuracyBySteps);
  expect(event.int8.change).toBeCloseTo(event.int8.accuracy - event.accuracy, 10);
  expect(Math.abs(event.int8.change)).toBeLessThan(0.2);
  const { engine, choice, stderr } = await evaluate();
  expect(choice.engine).toBe(engine);
  expect(choice.milliseconds[engine]).toBe(Math.min(choice.milliseconds.dense, choice.milliseconds.event));
  expect(choice.density).toBeGreaterThan(0);
  expect(stderr).toContain(`engine: ${engine}`);
});

test("mistakes are told before anything is done", async () => {
  const convert = (...options: string[]) =>
    striate("convert", network, "--method", "spiking-resnet", "--out", join(folder, "never"), ...options);
  const refused = async (options: string[], message: string) => {
    const { code, stderr } = await convert(...options);
    expect([code, stderr]).toEqual([expect.any(Number), expect.stringContaining(message)]);
    expect(code).not.toBe(0);
  };
  await refused([], "no images to calibrate on");
  await refused(["--calibrate", `idx:${data}`, "--mean", ".4"], "--mean has 1 numbers and --std 0");
  await refused(["--calibrate", `idx:${data}`, "--mean", ".4,x,.4"], "--mean must be numbers");
  await refused(["--calibrate", "mnist"], "images of 1×28×28, the network takes 3×12×12");
  expect(existsSync(join(folder, "never"))).toBe(false);
});

const shared = fileURLToPath(new URL("../../../shared/data", import.meta.url));
const resnet20 = join(shared, "models/resnet20-cifar10.onnx");

test("a trained ResNet-20 on CIFAR-10: as accurate after 32 steps as the method promises", async (context) => {
  if (!existsSync(resnet20) || !existsSync(join(shared, "cifar10")))
    return context.skip("no resnet20-cifar10.onnx or cifar10 in ../shared/data");
  const { code, stdout, stderr } = await striate(
    ...["convert", resnet20, "--method", "spiking-resnet", "--calibrate", `cifar10:${shared}/cifar10`],
    ...["--mean", ".485,.456,.406", "--std", ".229,.224,.225", "--steps", "32", "--limit", "100"],
    ...["--out", join(folder, "resnet20"), "--json"],
  );
  expect(code, stderr).toBe(0);
  const [, plain, compensated] = JSON.parse(stdout).variants.map(
    (variant: { accuracyBySteps: { steps: number; accuracy: number }[] }) =>
      Object.fromEntries(variant.accuracyBySteps.map(({ steps, accuracy }) => [steps, accuracy])),
  );
  expect(plain[64]).toBeGreaterThan(0.87);
  expect(compensated[32]).toBeGreaterThan(0.85);
  expect(compensated[16]).toBeGreaterThan(plain[16]);
}, 600_000);
