import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { calibrateOnBatches, measureScales } from "../../src/convert/index.ts";
import { readOnnx } from "../../src/formats/index.ts";
import type { GraphArchitecture } from "../../src/nn/architecture.ts";
import { buildNetwork } from "../../src/nn/network.ts";
import { networkFromOnnx } from "../../src/nn/onnx/network-from-onnx.ts";
import "../../src/runtime/node.ts";
import { draw } from "../tensor/fixture.ts";

const file = readFileSync(new URL("../fixtures/onnx-networks/plain.onnx", import.meta.url));
const network = networkFromOnnx(readOnnx(new Uint8Array(file), "plain"), "plain");
const IMAGES = 4 * 14 * 11;

/** Three batches of four images whose values go up to `contrast`. */
const batches = (contrast: number) => ({
  batch: 4,
  count: 3,
  get: (i: number) => draw(IMAGES, i + 1, -contrast, contrast),
});

test("thresholds are percentiles over all batches", async () => {
  const scales = await measureScales(network, batches(1), { percentile: 98 });
  await calibrateOnBatches(network, batches(1), { percentile: 98 });
  const thresholds = network.activations.map(({ threshold }) => threshold.data[0]);
  expect(thresholds).toEqual(scales.map(Math.fround));
  expect(new Set(thresholds).size).toBe(3);
});

test("no threshold is above its unit's ceiling, even that of a silent unit", async () => {
  await calibrateOnBatches(network, batches(1000), { percentile: 100 });
  const [first, second] = network.activations;
  expect(first!.ceiling).toBe(6);
  expect(first!.threshold.data[0]).toBe(6);
  expect(second!.threshold.data[0]).toBeGreaterThan(6);

  const lower = structuredClone(network.architecture) as GraphArchitecture;
  for (const node of lower.graph.nodes) {
    if ("layer" in node && node.layer.type === "activation" && node.layer.ceiling) node.layer.ceiling = 0.5;
  }
  const silent = buildNetwork(lower, 1);
  await calibrateOnBatches(silent, batches(0));
  expect(silent.activations.map(({ threshold }) => threshold.data[0])).toEqual([0.5, 1, 1]);
});
