import { describe, expect, it } from "vitest";
import { GaussianReadout } from "../../src/cortex/readouts/gaussian.ts";
import { LinearReadout } from "../../src/cortex/readouts/linear.ts";
import { readDense, readSampled } from "../../src/cortex/readouts/sampling.ts";
import { compile } from "../../src/runtime/node.ts";
import { Random } from "../../src/runtime/random.ts";
import { constant, grad, input, mul, type Shape, sum } from "../../src/tensor/index.ts";
import { draw, mismatch } from "../tensor/fixture.ts";

interface Problem {
  readonly grid: readonly [number, number];
  readonly n: number;
  /** 1, or n. */
  readonly batches: number;
  readonly neurons: number;
  readonly width: number;
}

/** Values, positions up to half the grid beyond it, weights, and what each response counts in the loss. */
const arraysOf = ({ grid: [rows, columns], n, batches, neurons, width }: Problem) => ({
  values: draw(n * rows * columns * width, 1),
  positions: draw(batches * neurons * 2, 2, -1.5, 1.5),
  weights: draw(neurons * width, 3),
  upstream: draw(n * neurons, 4),
});

/** Bilinear sampling, neuron by neuron and corner by corner, and the gradients of Σ upstream · response. */
function sampleOneByOne(problem: Problem) {
  const { grid, n, batches, neurons, width } = problem;
  const [rows, columns] = grid;
  const { values, positions, weights, upstream } = arraysOf(problem);
  const responses = new Float64Array(n * neurons);
  const toValues = new Float64Array(values.length);
  const toPositions = new Float64Array(positions.length);
  const toWeights = new Float64Array(weights.length);
  for (let image = 0; image < n; image++) {
    for (let neuron = 0; neuron < neurons; neuron++) {
      const place = ((batches === 1 ? 0 : image) * neurons + neuron) * 2;
      const scale = [(columns - 1) / 2, (rows - 1) / 2] as const;
      const x = (positions[place]! + 1) * scale[0];
      const y = (positions[place + 1]! + 1) * scale[1];
      const factor = upstream[image * neurons + neuron]!;
      for (const column of [Math.floor(x), Math.floor(x) + 1]) {
        for (const row of [Math.floor(y), Math.floor(y) + 1]) {
          if (column < 0 || column >= columns || row < 0 || row >= rows) continue;
          const [nearX, nearY] = [1 - Math.abs(x - column), 1 - Math.abs(y - row)];
          for (let channel = 0; channel < width; channel++) {
            const at = ((image * rows + row) * columns + column) * width + channel;
            const weight = weights[neuron * width + channel]!;
            const product = weight * values[at]!;
            responses[image * neurons + neuron]! += nearX * nearY * product;
            toValues[at]! += factor * nearX * nearY * weight;
            toWeights[neuron * width + channel]! += factor * nearX * nearY * values[at]!;
            toPositions[place]! += factor * product * nearY * scale[0] * (column > x ? 1 : -1);
            toPositions[place + 1]! += factor * product * nearX * scale[1] * (row > y ? 1 : -1);
          }
        }
      }
    }
  }
  return { responses, toValues, toPositions, toWeights };
}

async function sampleInGraph(problem: Problem, read: typeof readDense) {
  const { grid, n, batches, neurons, width } = problem;
  const values = input("values", [n, grid[0] * grid[1], width]);
  const positions = input("positions", [batches, neurons, 2]);
  const weights = input("weights", [neurons, width]);
  const { upstream, ...feeds } = arraysOf(problem);
  const responses = read({ values, grid }, positions, weights);
  const loss = sum(mul(responses, constant(upstream, [n, neurons])));
  const [toValues, toPositions, toWeights] = grad(loss, [values, positions, weights]);
  const program = await compile({
    outputs: { responses, toValues: toValues!, toPositions: toPositions!, toWeights: toWeights! },
  });
  const results = await program.run(feeds);
  await program.release();
  return results;
}

describe.each([
  ["products at every point", readDense],
  ["sampled features", readSampled],
] as const)("%s", (_, read) => {
  it.each<Problem>([
    { grid: [5, 7], n: 3, batches: 3, neurons: 40, width: 4 },
    { grid: [6, 4], n: 3, batches: 1, neurons: 40, width: 5 },
    { grid: [1, 6], n: 2, batches: 2, neurons: 20, width: 3 },
    { grid: [5, 1], n: 1, batches: 1, neurons: 20, width: 1 },
  ])("equal bilinear sampling with zeros beyond the grid: %o", async (problem) => {
    const expected = sampleOneByOne(problem);
    const results = await sampleInGraph(problem, read);
    // some positions must lie beyond the grid for this to say anything
    expect(arraysOf(problem).positions.some((place) => Math.abs(place) > 1)).toBe(true);
    for (const [name, values] of Object.entries(expected)) {
      const { data, shape } = results[name]!;
      expect(mismatch(data as Float32Array, { shape, data: [...values] }), name).toBeLessThan(2e-6);
    }
  });
});

const scales = (data: Float32Array) => {
  const mean = data.reduce((total, value) => total + value, 0) / data.length;
  const moment = (power: number) =>
    data.reduce((total, value) => total + (value - mean) ** power, 0) / data.length;
  const variance = moment(2);
  return { mean, variance, kurtosis: moment(4) / variance ** 2 };
};

it("positions are drawn from a normal distribution, with x and y independent", async () => {
  const readout = new GaussianReadout("readout", 1000, 2, undefined, new Random(1));
  const program = await compile({ outputs: { noise: readout.noise(20) } }, { random: new Random(7) });
  const first = (await program.run()).noise!.data as Float32Array;
  const second = (await program.run()).noise!.data as Float32Array;
  await program.release();
  expect(first.length).toBe(20 * 1000 * 2);
  expect(second).not.toEqual(first);
  // 40,000 numbers: five standard errors of each statistic
  const { mean, variance, kurtosis } = scales(first);
  expect(Math.abs(mean)).toBeLessThan(0.025);
  expect(Math.abs(variance - 1)).toBeLessThan(0.036);
  expect(Math.abs(kurtosis - 3)).toBeLessThan(0.13);
  const together = Float32Array.from({ length: 20_000 }, (_, i) => first[2 * i]! * first[2 * i + 1]!);
  expect(Math.abs(scales(together).mean)).toBeLessThan(0.036);
});

it("a position that training moved beyond the features is read at their edge, and noise can bring it back", async () => {
  const readout = new GaussianReadout("readout", 1, 1, undefined, new Random(1));
  readout.features.take(Float32Array.of(1));
  readout.mu!.take(Float32Array.of(1.2, 0));
  readout.sigma.take(Float32Array.of(0.1, 0, 0, 0.1));
  const features = { values: constant([0, 1, 2, 3], [1, 4, 1]), grid: [1, 4] as const };
  const noise = () => input("noise", [1, 1, 2]);
  const training = readout.call(features, { noise });
  const [gradient] = grad(sum(training), [readout.mu!.tensor]);
  const program = await compile({
    outputs: { evaluation: readout.call(features, {}), training, gradient: gradient! },
  });
  const inside = await program.run({ noise: Float32Array.of(-4, 0) });
  expect(inside.evaluation!.data[0]).toBeCloseTo(3, 6);
  // 1.2 − 0.4 = 0.8, which is 0.3 steps of 2/3 from the last column
  expect(inside.training!.data[0]).toBeCloseTo(2.7, 5);
  expect(inside.gradient!.data[0]).toBeCloseTo(1.5, 5);
  const outside = await program.run({ noise: Float32Array.of(0, 0) });
  expect(outside.training!.data[0]).toBeCloseTo(3, 6);
  expect(outside.gradient!.data[0]).toBe(0);
  await program.release();
});

it("the penalty of a Gaussian readout is Σ|features|, that of a linear one the squared differences of neighbours", async () => {
  const shape: Shape = [2, 3];
  const gaussian = new GaussianReadout("gaussian", shape[0]!, shape[1]!, undefined, new Random(1));
  gaussian.features.take(Float32Array.of(1, -2, 0, 0.5, 0, -3));
  const linear = new LinearReadout("linear", 1, 2, [2, 2], new Random(1));
  // positions row by row, two features each
  linear.weight.take(Float32Array.of(1, 10, 2, 20, 4, 40, 8, 80));
  const program = await compile({ outputs: { gaussian: gaussian.penalty(), linear: linear.penalty() } });
  const results = await program.run();
  await program.release();
  expect(results.gaussian!.data[0]).toBe(6.5);
  // feature 1: (2−1)² + (8−4)² across, (4−1)² + (8−2)² down; feature 2: a hundred times that
  expect(results.linear!.data[0]).toBe((1 + 16 + 9 + 36) * 101);
});
