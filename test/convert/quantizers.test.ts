import * as fc from "fast-check";
import { beforeAll, describe, expect, it } from "vitest";
import {
  levelsOf,
  powerOfTwoLevels,
  quantizedRelu,
  quantizedWeight,
} from "../../src/convert/fast-snn/index.ts";
import { type ArrayValue, compile } from "../../src/runtime/node.ts";
import { constant, grad, input, mul, sum, type Tensor } from "../../src/tensor/index.ts";
import { messageOf } from "../formats/errors.ts";
import { draw, mismatch, readFixture } from "../tensor/fixture.ts";

interface Quantized {
  readonly name: string;
  readonly bits: number;
  readonly alpha: number;
  readonly cotangent: number[];
  readonly y: number[];
  readonly gradient: number[];
  readonly alphaGradient: number;
}

interface ActivationCase extends Quantized {
  readonly x: number[];
  /** y in units of α / n. */
  readonly levels: number[];
}

interface WeightCase extends Quantized {
  readonly shape: number[];
  readonly w: number[];
  readonly levels: number[];
}

const { activations, weights } = readFixture<{ activations: ActivationCase[]; weights: WeightCase[] }>(
  "fast_snn",
);

const stored = (data: readonly number[]) => ({ shape: [data.length], data });
const floats = ({ data }: ArrayValue) => data as Float32Array;

/** y, ∂/∂x and ∂/∂α of sum(y · cotangent) for every case, in one session. */
async function evaluate<T extends Quantized>(
  cases: readonly T[],
  valuesOf: (example: T) => { shape: readonly number[]; data: readonly number[] },
  quantize: (x: Tensor, alpha: Tensor, bits: number) => Tensor,
) {
  const inputs: Tensor[] = [];
  const outputs: Record<string, Tensor> = {};
  const feeds: Record<string, Float32Array> = {};
  for (const [index, example] of cases.entries()) {
    const { shape, data } = valuesOf(example);
    const x = input(`x${index}`, shape);
    const alpha = input(`alpha${index}`, []);
    inputs.push(x, alpha);
    feeds[`x${index}`] = Float32Array.from(data);
    feeds[`alpha${index}`] = Float32Array.of(example.alpha);
    const y = quantize(x, alpha, example.bits);
    const [toX, toAlpha] = grad(sum(mul(y, constant(example.cotangent, shape))), [x, alpha]);
    Object.assign(outputs, { [`y${index}`]: y, [`toX${index}`]: toX!, [`toAlpha${index}`]: toAlpha! });
  }
  const program = await compile({ inputs, outputs }, { threads: 1 });
  const results = await program.run(feeds);
  await program.release();
  return cases.map((_, i) => ({
    y: floats(results[`y${i}`]!),
    toX: floats(results[`toX${i}`]!),
    toAlpha: floats(results[`toAlpha${i}`]!)[0]!,
    alphaShape: results[`toAlpha${i}`]!.shape,
  }));
}

type Result = Awaited<ReturnType<typeof evaluate>>[number];

function expectReference({ y, toX, toAlpha, alphaShape }: Result, example: Quantized): void {
  expect(mismatch(y, stored(example.y)), "value").toBeLessThan(1e-6);
  expect(mismatch(toX, stored(example.gradient)), "gradient").toBeLessThan(2e-6);
  const scale = example.cotangent.reduce((total, g) => total + Math.abs(g), 0);
  expect(Math.abs(toAlpha - example.alphaGradient) / scale, "gradient of α").toBeLessThan(1e-6);
  expect(alphaShape).toEqual([]);
}

describe("quantised ReLU", () => {
  let results: Result[];
  beforeAll(async () => {
    results = await evaluate(activations, ({ x }) => ({ shape: [x.length], data: x }), quantizedRelu);
  });

  it.each(activations.map((example, i) => [example.name, i, example] as const))("%s", (_name, i, example) => {
    const n = levelsOf(example.bits);
    expect([...results[i]!.y].map((y) => Math.round((y / example.alpha) * n))).toEqual(example.levels);
    expectReference(results[i]!, example);
  });

  it.each([2, 3, 4])("has 2^%i levels, evenly spaced from 0 to α", async (bits) => {
    const n = 2 ** bits - 1;
    const alpha = 2.3;
    const x = Float32Array.from({ length: 4001 }, (_, i) => -1 + (i * 5) / 4000);
    const feed = input("x", [x.length]);
    const y = quantizedRelu(feed, constant(alpha), bits);
    const program = await compile({ inputs: [feed], outputs: { y } }, { threads: 1 });
    const values = [...new Set(floats((await program.run({ x })).y!))].sort((a, b) => a - b);
    expect(values).toHaveLength(n + 1);
    for (const [level, value] of values.entries()) expect(value).toBeCloseTo((alpha * level) / n, 6);
    expect(levelsOf(bits)).toBe(n);
  });
});

describe("quantised weights", () => {
  let results: Result[];
  beforeAll(async () => {
    results = await evaluate(weights, ({ shape, w }) => ({ shape, data: w }), quantizedWeight);
  });

  it.each(weights.map((example, i) => [example.name, i, example] as const))("%s", (_name, i, example) => {
    expectReference(results[i]!, example);
    const levels = powerOfTwoLevels(example.bits);
    expect(levels).toHaveLength(example.levels.length);
    for (const [k, level] of levels.entries()) expect(level).toBeCloseTo(example.levels[k]!, 6);
    const nearest = (y: number) =>
      Math.min(...levels.map((level) => Math.abs(Math.abs(y) / example.alpha - level)));
    expect(Math.max(...[...results[i]!.y].map(nearest))).toBeLessThan(1e-6);
    expect(new Set([...results[i]!.y].map(Math.sign)).size).toBeGreaterThan(1);
  });

  it("has the level sets of Li et al. (2020)", () => {
    expect(powerOfTwoLevels(2)).toEqual([0, 1]);
    expect(powerOfTwoLevels(3)).toEqual([0, 1 / 4, 1 / 2, 1]);
    const four = [0, 1 / 16, 1 / 8, 3 / 16, 1 / 4, 3 / 8, 1 / 2, 5 / 8];
    expect(powerOfTwoLevels(4)).toEqual(four.map((level) => level / (5 / 8)));
    for (const bits of [2, 3, 4, 5, 6]) {
      const levels = powerOfTwoLevels(bits);
      expect(levels.length).toBe(2 ** (bits - 1));
      expect(levels).toEqual([...new Set(levels)].sort((a, b) => a - b));
      expect([levels[0], levels.at(-1)]).toEqual([0, 1]);
    }
  });

  it.each([0, 1, 7, 9, 2.5])("refuses %d bits", (bits) => {
    expect(messageOf(() => powerOfTwoLevels(bits))).toContain(`weights of ${bits} bits`);
  });

  it("rounds 8-bit weights to 255 uniform levels of the standardised weights", async () => {
    const shape = [8, 4, 3, 3];
    const data = draw(288, 77, -0.3, 0.5);
    const cotangent = draw(288, 78);
    const alpha = 1.2;
    const mean = data.reduce((a, b) => a + b) / data.length;
    const deviation = Math.sqrt(data.reduce((a, b) => a + (b - mean) ** 2, 0) / (data.length - 1));
    const example = {
      name: "",
      bits: 8,
      alpha,
      cotangent: [...cotangent],
      y: [],
      gradient: [],
      alphaGradient: 0,
    };
    const [result] = await evaluate([example], () => ({ shape, data: [...data] }), quantizedWeight);
    let toAlpha = 0;
    for (const [i, w] of data.entries()) {
      const u = (w - mean) / deviation / alpha;
      const level = (result!.y[i]! / alpha) * 127;
      expect(Math.abs(level - Math.round(level))).toBeLessThan(1e-4);
      expect(Math.abs(level - Math.max(-1, Math.min(1, u)) * 127)).toBeLessThan(0.5 + 1e-4);
      expect(result!.toX[i]).toBeCloseTo(cotangent[i]! / deviation, 4);
      toAlpha += cotangent[i]! * (Math.abs(u) > 1 ? Math.sign(u) : level / 127 - u);
    }
    expect(result!.toAlpha).toBeCloseTo(toAlpha, 3);
  });

  it("does not depend on the scale of the weights", async () => {
    const w = input("w", [6, 5]);
    const y = quantizedWeight(w, constant(2), 4);
    const program = await compile({ inputs: [w], outputs: { y } }, { threads: 1 });
    const run = async (values: Float32Array) => [...floats((await program.run({ w: values })).y!)];
    await fc.assert(
      fc.asyncProperty(fc.integer(), fc.constantFrom(0.25, 0.5, 4, 16), async (seed, factor) => {
        const values = draw(30, seed);
        expect(await run(values.map((x) => x * factor))).toEqual(await run(values));
      }),
      { numRuns: 20 },
    );
  });
});
