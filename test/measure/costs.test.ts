import { expect, test } from "vitest";
import { StriateError } from "../../src/error.ts";
import {
  bitBudget,
  connectionSparsity,
  energyCaveats,
  energyNanojoules,
  footprint,
  type Precision,
  sAce,
} from "../../src/measure/index.ts";
import { buildNetwork } from "../../src/nn/index.ts";

test("energy at 45 nm by hand", () => {
  expect(energyNanojoules({ macs: 1000, acs: 0 })).toBeCloseTo(4.6, 12);
  expect(energyNanojoules({ macs: 0, acs: 1000 })).toBeCloseTo(0.9, 12);
  expect(energyNanojoules({ macs: 2000, acs: 500 }, "fp16")).toBeCloseTo(3 + 0.2, 12);
  expect(energyNanojoules({ macs: 2000, acs: 500 }, "int8")).toBeCloseTo(0.46 + 0.015, 12);
  expect(() => energyNanojoules({ macs: -1, acs: 0 })).toThrow(/macs is -1/);
  expect(() => energyNanojoules({ macs: 0, acs: Number.NaN })).toThrow(StriateError);
  expect(() => energyNanojoules({ macs: 0, acs: 0 }, "bf16" as Precision)).toThrow(
    /expected fp32, fp16, int8/,
  );
});

test("the caveats name what is left out", () => {
  const text = energyCaveats.join(" ");
  for (const word of [
    "Horowitz",
    "membrane potentials",
    "memory",
    "accumulates only",
    "quantised",
    "2505.11151",
  ]) {
    expect(text).toContain(word);
  }
});

test("bit budget and arithmetic effort", () => {
  expect(bitBudget({ steps: 4, weightBits: 32, spikeBits: 1 })).toBe(128);
  expect(bitBudget({ steps: 1, weightBits: 4, spikeBits: 3 })).toBe(12);
  const first = { macs: 100, steps: 1, weightBits: 8, spikeBits: 8 };
  const second = { macs: 50, steps: 7, weightBits: 4, spikeBits: 2 };
  expect(sAce([first, second])).toBe(6400 + 2800);
  expect(() => bitBudget({ steps: 0, weightBits: 4, spikeBits: 1 })).toThrow(/steps is 0/);
});

test("footprint by role, and with fewer bits for weights", () => {
  const network = buildNetwork(
    {
      input: { channels: 2, height: 4, width: 4 },
      layers: [
        { type: "conv", channels: 3, kernel: 3 },
        { type: "norm" },
        { type: "activation" },
        { type: "globalAveragePool" },
        { type: "linear", features: 5 },
      ],
    },
    1,
  );
  // 54 + 15 weights; 3 + 3 of the normalisation and 5 biases; thresholds of the neurons and of both weight quantisers.
  const expected = { weights: 276, biases: 44, thresholds: 12, statistics: 24 };
  expect(footprint(network)).toEqual({ ...expected, total: 356 });
  const quantized = footprint(network, ({ role }) => (role === "weight" ? 3 : 32));
  expect(quantized.weights).toBe(Math.ceil((54 * 3) / 8) + Math.ceil((15 * 3) / 8));
  expect(connectionSparsity(network)).toBe(0);
  network.parameters.find(({ name }) => name === "linear1/weight")!.data.fill(0);
  expect(connectionSparsity(network)).toBe(15 / 69);
});
