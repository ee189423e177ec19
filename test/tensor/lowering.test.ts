import { describe, expect, it } from "vitest";
import { StriateError } from "../../src/error.ts";
import { blockSize, compile, type TensorData } from "../../src/runtime/node.ts";
import type { ConvolutionOptions, Tensor } from "../../src/tensor/index.ts";
import * as t from "../../src/tensor/index.ts";
import { draw, sizeOf } from "./fixture.ts";

const block = await blockSize();
if (block === 0) console.warn("skipped: this machine's runtime has no blocked convolution");
const LOWERINGS = [
  { lowering: "portable", skip: false },
  { lowering: "blocked", skip: block === 0 },
] as const;

async function run(
  outputs: Readonly<Record<string, Tensor>>,
  feeds: Readonly<Record<string, TensorData>>,
  lowering: "portable" | "blocked" = "portable",
) {
  const program = await compile({ outputs }, { lowering });
  const found = await program.run(feeds);
  const again = await program.run(feeds);
  await program.release();
  for (const name of Object.keys(found)) expect(again[name].data).toEqual(found[name].data);
  return Object.fromEntries(Object.entries(found).map(([name, { data }]) => [name, [...data].map(Number)]));
}

const largestDifference = (a: readonly number[], b: readonly number[]) =>
  a.reduce((worst, value, i) => Math.max(worst, Math.abs(value - b[i])), 0);

describe("names", () => {
  const x = t.input("x", [2]);

  it("refuses an output with the name of an input", () => {
    for (const output of [t.neg(x), x]) {
      expect(() => t.toOnnx({ x: output })).toThrow(StriateError);
      expect(() => t.toOnnx({ x: output })).toThrow('both called "x"');
    }
  });

  it("lets inputs and outputs have the names that values inside would get", async () => {
    const [v0, v1, c0] = ["v0", "v1", "c0"].map((name) => t.input(name, [2]));
    const y = t.add(t.mul(t.exp(v0), t.constant([2, 3])), t.sub(v1, c0));
    const feeds = { v0: new Float32Array(2), v1: Float32Array.of(5, 6), c0: Float32Array.of(1, 1) };
    expect(await run({ v2: t.neg(y), c3: y, v4: t.add(v0, v1) }, feeds)).toEqual({
      v2: [-6, -8],
      c3: [6, 8],
      v4: [5, 6],
    });
  });
});

/** dW[o, c, i, j] = Σ over images and output pixels of dy · the pixel of x that tap (i, j) sees, in double precision. */
function weightGradient(
  x: Float32Array,
  [n, channels, height, width]: readonly number[],
  dy: Float32Array,
  [, outputs, rows, columns]: readonly number[],
  [, perGroup, kernelHeight, kernelWidth]: readonly number[],
  { stride = 1, padding = 0, dilation = 1, groups = 1 }: ConvolutionOptions,
): number[] {
  const [stepY, stepX] = [stride].flat(1) as number[];
  const [top, left] = [padding].flat(1) as number[];
  const [apartY, apartX] = [dilation].flat(1) as number[];
  const result = new Array<number>(outputs * perGroup * kernelHeight * kernelWidth).fill(0);
  for (let at = 0; at < result.length; at++) {
    const j = at % kernelWidth;
    const i = Math.floor(at / kernelWidth) % kernelHeight;
    const o = Math.floor(at / (kernelWidth * kernelHeight * perGroup));
    const inGroup = Math.floor(at / (kernelWidth * kernelHeight)) % perGroup;
    const c = Math.floor(o / (outputs / groups)) * perGroup + inGroup;
    for (let image = 0; image < n; image++) {
      for (let row = 0; row < rows; row++) {
        for (let column = 0; column < columns; column++) {
          const py = row * stepY - top + i * apartY;
          const px = column * (stepX ?? stepY) - (left ?? top) + j * (apartX ?? apartY);
          if (py < 0 || py >= height || px < 0 || px >= width) continue;
          const gradient = dy[((image * outputs + o) * rows + row) * columns + column];
          result[at] += gradient * x[((image * channels + c) * height + py) * width + px];
        }
      }
    }
  }
  return result;
}

describe("the weight gradient of a convolution, for every way of collecting patches", () => {
  const cases: readonly [x: number[], weight: number[], options: ConvolutionOptions][] = [
    // few channels, small kernel: one identity convolution
    [[3, 1, 9, 8], [16, 1, 5, 5], { stride: 2, padding: 2 }],
    [[2, 2, 7, 7], [5, 2, 3, 3], { padding: [2, 0, 1, 3], dilation: [1, 2] }],
    // few channels, large kernel: row by row
    [[2, 1, 12, 11], [16, 1, 7, 7], { stride: 2, padding: 3 }],
    [[2, 3, 13, 12], [4, 3, 6, 5], { stride: [2, 3], padding: [1, 0, 4, 2], dilation: [1, 2] }],
    [[1, 2, 9, 9], [3, 2, 9, 9], { padding: 4 }],
    [[2, 1, 14, 3], [16, 1, 13, 2], { stride: [3, 1] }],
    // one long row, one long column
    [[2, 1, 4, 40], [3, 1, 1, 27], { stride: [2, 3], padding: [0, 5] }],
    [[2, 1, 40, 4], [3, 1, 27, 1], { stride: [3, 2], padding: [5, 0] }],
    // groups
    [[2, 32, 6, 5], [32, 1, 3, 3], { groups: 32, padding: 1 }],
    [[2, 32, 6, 5], [32, 16, 3, 3], { groups: 2, stride: 2 }],
    [[2, 4, 8, 8], [6, 2, 6, 6], { groups: 2, padding: 2 }],
    // many channels: a gather
    [[3, 16, 6, 7], [16, 16, 3, 3], { stride: 2, padding: 1 }],
    [[2, 20, 5, 5], [3, 20, 2, 2], {}],
  ];

  for (const { lowering, skip } of LOWERINGS) {
    it.skipIf(skip).each(cases)(`x %j, weight %j, %j, ${lowering}`, async (xShape, weightShape, options) => {
      const x = t.input("x", xShape);
      const weight = t.input("weight", weightShape);
      const y = t.conv2d(x, weight, options);
      const dy = t.input("dy", y.shape);
      const [gradient] = t.grad(t.sum(t.mul(y, dy)), [weight]);
      const values = { x: draw(sizeOf(xShape), 1), dy: draw(sizeOf(y.shape), 2) };
      const found = await run({ gradient }, { ...values, weight: draw(sizeOf(weightShape), 3) }, lowering);
      const expected = weightGradient(values.x, xShape, values.dy, y.shape, weightShape, options);
      expect(found.gradient.length).toBe(expected.length);
      expect(largestDifference(found.gradient, expected)).toBeLessThan(
        2e-6 * Math.max(...expected.map(Math.abs)) * Math.sqrt(sizeOf(y.shape) / y.shape[1]),
      );
    });
  }

  it("collects the patches of a constant input once for all its convolutions", () => {
    const x = t.input("x", [2, 1, 8, 8]);
    const weights = ["a", "b"].map((name) => t.input(name, [4, 1, 3, 3]));
    const loss = weights.map((weight) => t.sum(t.square(t.conv2d(x, weight)))).reduce(t.add);
    const [a, b] = t.grad(loss, weights);
    const { nodes } = t.toOnnx({ da: a, db: b }).model;
    expect(nodes.filter(({ type }) => type === "Conv")).toHaveLength(3);
  });
});

describe.skipIf(block === 0)("an array added inside a convolution", () => {
  // The runtime may write the sum over the array that it adds: it must not where that array is still needed.
  const shapeOf = (size: number) => [2, 16, size, size];
  const weight = (seed: number) => t.constant(draw(16 * 16 * 9, seed, -0.2, 0.2), [16, 16, 3, 3]);
  const convolve = (x: Tensor, seed: number) => t.conv2d(x, weight(seed), { padding: 1 });

  type Build = (x: Tensor, s: Tensor) => Record<string, Tensor>;
  const builds: Readonly<Record<string, Build>> = {
    "is an output too": (x) => {
      const s = t.tanh(convolve(x, 1));
      return { s, y: t.add(convolve(x, 2), s) };
    },
    "is used after": (x) => {
      const s = t.tanh(convolve(x, 1));
      const y = t.relu(t.add(convolve(x, 2), s));
      return { y, z: t.mul(s, t.add(y, t.constant(1))) };
    },
    "is added twice": (x) => {
      const s = t.tanh(convolve(x, 1));
      const y = t.add(convolve(x, 2), s);
      return { y: t.add(convolve(y, 3), s) };
    },
    "is the image itself": (x) => {
      const s = t.tanh(convolve(x, 1));
      return { y: t.relu(t.add(convolve(s, 2), s)) };
    },
    "is the image itself, and an output": (x) => {
      const s = t.tanh(convolve(x, 1));
      return { y: t.add(s, convolve(s, 2)), s };
    },
    "is an output in another shape": (x) => {
      const s = t.tanh(convolve(x, 1));
      return { flat: t.reshape(s, [-1]), y: t.add(convolve(x, 2), s) };
    },
    "is a reshaped array that is used after": (x) => {
      const flat = t.tanh(t.reshape(convolve(x, 1), [-1]));
      const y = t.add(convolve(x, 2), t.reshape(flat, x.shape));
      return { y, z: t.mul(flat, t.reshape(y, [-1])) };
    },
    "is an input": (x, s) => ({ y: t.add(convolve(x, 1), s) }),
    "is an input that is used after": (x, s) => {
      const y = t.add(convolve(x, 1), s);
      return { y, z: t.mul(y, s) };
    },
    "is a constant": (x) => ({
      y: t.add(convolve(x, 1), t.constant(draw(sizeOf(x.shape), 9), x.shape)),
    }),
    "is the state of a recurrence, read out at every step": (x) => {
      let state = t.tanh(convolve(x, 1));
      const steps: Record<string, Tensor> = {};
      for (let step = 0; step < 3; step++) {
        state = t.relu(t.add(convolve(x, 2 + step), state));
        steps[`state${step}`] = state;
      }
      return steps;
    },
  };

  for (const size of [1, 4]) {
    it.each(Object.entries(builds))(`%s, ${size} × ${size} pixels`, async (_name, build) => {
      const shape = shapeOf(size);
      const outputs = build(t.input("x", shape), t.input("s", shape));
      const { nodes } = t.toOnnx(outputs, { block }).model;
      expect(nodes.some(({ type, inputs }) => type === "Conv" && inputs.length === 4)).toBe(true);
      const feeds = { x: draw(sizeOf(shape), 5), s: draw(sizeOf(shape), 6) };
      const given = { x: feeds.x.slice(), s: feeds.s.slice() };
      const expected = await run(outputs, feeds, "portable");
      const found = await run(outputs, feeds, "blocked");
      expect(feeds).toEqual(given);
      for (const [name, values] of Object.entries(expected)) {
        expect(largestDifference(found[name], values), name).toBeLessThan(1e-5);
      }
    });
  }
});

it("pads whole numbers and conditions", async () => {
  const x = t.input("x", [2]);
  const around = (y: Tensor, value: number) => t.cast(t.pad(y, [[1, 1]], value), "int32");
  const outputs = {
    int64: around(t.cast(x, "int64"), 7),
    bool: around(t.greater(x, t.constant(1.5)), 1),
  };
  expect(await run(outputs, { x: Float32Array.of(1, 2) })).toEqual({
    int64: [7, 1, 2, 7],
    bool: [1, 0, 1, 1],
  });
});

describe("gridSample", () => {
  it("finds the right pixel in more than 2^24 of them", async () => {
    const [height, width] = [4100, 4099];
    const x = new Float32Array(height * width);
    // odd places beyond 2²⁴, which a float32 would round
    const points = [
      { row: 4099, column: 4096, value: 3 },
      { row: 4099, column: 4098, value: 5 },
      { row: 4098, column: 1, value: 7 },
    ];
    for (const { row, column, value } of points) x[row * width + column] = value;
    const grid = points.flatMap(({ row, column }) => [
      (2 * column) / (width - 1) - 1,
      (2 * row) / (height - 1) - 1,
    ]);
    const outputs = { y: t.gridSample(t.input("x", [1, 1, height, width]), t.input("grid", [1, 1, 3, 2])) };
    const { y } = await run(outputs, { x, grid: Float32Array.from(grid) });
    // a coordinate of 4098 in float32 is exact to 2⁻¹¹ · a few
    for (const [i, { value }] of points.entries()) expect(Math.abs(y[i] - value)).toBeLessThan(0.02 * value);
  });
});
