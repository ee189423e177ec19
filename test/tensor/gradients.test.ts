import { describe, expect, it } from "vitest";
import { blockSize, compile } from "../../src/runtime/node.ts";
import type { Tensor } from "../../src/tensor/index.ts";
import * as t from "../../src/tensor/index.ts";
import { draw, sizeOf } from "./fixture.ts";

/*
 * The derivative along a random direction d, by central differences of L(x) = Σ c·y(x), against <grad L, d>. L is summed
 * in double precision, and the fourth-order formula (8(L(h) − L(−h)) − (L(2h) − L(−2h)))/12h leaves an error of h⁴.
 */
const STEP = 0.01;
/** Relative to the root sum of squares of the terms of <grad L, d>; float32 rounding over the step takes up to 3e-4. */
const TOLERANCE = 1e-3;

/** A shape and a range; `spread` values lie 0.1 away from 0 and from every multiple of 0.2, and apart from each other. */
type Operand =
  | readonly [shape: readonly number[], low?: number, high?: number]
  | { readonly spread: readonly number[] };

interface Check {
  readonly operands: readonly Operand[];
  readonly build: (...operands: Tensor[]) => Tensor;
}

const check = (build: Check["build"], ...operands: Operand[]): Check => ({ build, operands });
const positive = (...shape: number[]): Operand => [shape, 0.4, 2];
const plain = (...shape: number[]): Operand => [shape];
const spread = (...shape: number[]): Operand => ({ spread: shape });
const image = plain(2, 16, 4, 5);
const indices = t.constant([2, 0, 2], [3], "int64");

const CHECKS: Readonly<Record<string, readonly Check[]>> = {
  abs: [check(t.abs, spread(3, 4))],
  add: [check(t.add, plain(3, 4), plain(4)), check(t.add, image, plain(16, 1, 1))],
  atan: [check(t.atan, plain(3, 4))],
  attention: [
    check((q, k, v) => t.attention(q, k, v, 0.7), plain(2, 3, 4), plain(2, 5, 4), plain(2, 5, 6)),
    check((x) => t.attention(x, x, x, 0.5), plain(2, 2, 3, 4)),
  ],
  avgPool2d: [
    check((x) => t.avgPool2d(x, { kernel: 3, stride: 2, padding: 1 }), plain(2, 3, 6, 5)),
    check((x) => t.avgPool2d(x, { kernel: 2 }), image),
    check((x) => t.avgPool2d(x, { kernel: 3, stride: 2, padding: [0, 1, 2, 0] }), image),
  ],
  batchNorm: [
    check((x, g, b) => t.batchNorm(x, g, b).y, plain(3, 4, 3, 2), positive(4), plain(4)),
    check((x, g, b) => t.batchNorm(x, g, b).y, image, positive(16), plain(16)),
    check((x, g, b) => t.batchNorm(x, g, b).y, plain(6, 4), positive(4), plain(4)),
    check((x, g, b) => t.batchNorm(x, g, b).mean, plain(3, 4, 3, 2), positive(4), plain(4)),
    check((x, g, b) => t.batchNorm(x, g, b).variance, plain(3, 4, 3, 2), positive(4), plain(4)),
  ],
  batchNormInference: [
    check(
      (x, g, b, m, v) => t.batchNormInference(x, g, b, m, v),
      plain(3, 4, 2, 2),
      positive(4),
      plain(4),
      plain(4),
      positive(4),
    ),
  ],
  batchNormOver: [
    check(
      (x, y, g, b) => t.add(...(t.batchNormOver([x, y], g, b).y as [Tensor, Tensor])),
      plain(3, 4, 3, 2),
      plain(3, 4, 3, 2),
      positive(4),
      plain(4),
    ),
    check(
      (x, y, g, b) => t.square(t.batchNormOver([x, y], g, b).y[1]),
      image,
      image,
      positive(16),
      plain(16),
    ),
  ],
  broadcastTo: [check((x) => t.broadcastTo(x, [2, 3, 4]), plain(3, 1))],
  cast: [check((x) => t.mul(t.cast(x, "float32"), t.cast(t.cast(x, "int64"), "float32")), spread(3, 4))],
  channelAffine: [
    check(t.channelAffine, plain(3, 4, 2), positive(4), plain(4)),
    check(t.channelAffine, image, positive(16), plain(16)),
  ],
  channelScale: [check(t.channelScale, plain(3, 4, 2), positive(4))],
  channelSum: [check(t.channelSum, plain(3, 4, 2)), check(t.channelSum, image)],
  clip: [check((x) => t.clip(x, -0.8, 0.4), spread(3, 4))],
  concat: [check((a, b) => t.concat([a, b, a], 1), plain(2, 3), plain(2, 2))],
  conv2d: [
    check(
      (x, w, bias) => t.conv2d(x, w, { padding: 1, bias }),
      plain(2, 3, 5, 6),
      plain(4, 3, 3, 3),
      plain(4),
    ),
    check(
      (x, w) => t.conv2d(x, w, { stride: 2, padding: [0, 1, 2, 0] }),
      plain(2, 3, 8, 7),
      plain(4, 3, 3, 3),
    ),
    check(
      (x, w) => t.conv2d(x, w, { stride: 3, dilation: 2, groups: 2 }),
      plain(2, 4, 9, 10),
      plain(6, 2, 3, 3),
    ),
    check((x, w, bias) => t.conv2d(x, w, { padding: 1, bias }), image, plain(32, 16, 3, 3), plain(32)),
    check((x, w) => t.conv2d(x, w, { stride: 2, padding: 1 }), plain(2, 16, 6, 7), plain(16, 16, 3, 3)),
    check((x, w) => t.conv2d(x, w, { padding: 1, groups: 16 }), image, plain(16, 1, 3, 3)),
    check(
      (x, w) => t.conv2d(x, w, { padding: [0, 1, 2, 0], stride: 2, groups: 3 }),
      plain(2, 3, 8, 7),
      plain(3, 1, 3, 2),
    ),
    check(
      (x, w) => t.conv2d(x, w, { padding: 2, stride: [1, 3], dilation: 2, groups: 3 }),
      plain(2, 3, 8, 7),
      plain(3, 1, 3, 2),
    ),
  ],
  cos: [check(t.cos, plain(3, 4))],
  div: [check(t.div, plain(3, 4), positive(4))],
  dot: [check((x, y) => t.square(t.dot(x, y)), plain(2, 16, 3, 3), plain(2, 16, 3, 3))],
  dropout: [check((x) => t.square(t.dropout(x, 0.4, "mask")), plain(5, 6))],
  elu: [check((x) => t.elu(x, 1.3), spread(3, 4))],
  erf: [check(t.erf, plain(3, 4))],
  exp: [check(t.exp, plain(3, 4))],
  flatten: [check((x) => t.flatten(x), plain(2, 3, 4))],
  floor: [check((x) => t.add(t.floor(t.mul(x, t.constant(2))), x), [[3, 4], 0.1, 0.4])],
  gather: [
    check((x) => t.gather(x, indices, 1), plain(2, 4, 3)),
    check((x) => t.gather(x, indices), plain(4, 3)),
  ],
  gelu: [check(t.gelu, [[3, 4], -2, 2]), check(t.gelu, image)],
  globalAvgPool2d: [check(t.globalAvgPool2d, plain(2, 3, 4, 5)), check(t.globalAvgPool2d, image)],
  // positions between pixels: an image of 4 × 4 puts its pixels at −1, −1/3, 1/3, 1
  gridSample: [
    check(t.gridSample, plain(2, 3, 4, 4), [[2, 3, 2, 2], -0.28, 0.28]),
    check(t.gridSample, plain(1, 2, 4, 4), [[1, 3, 3, 2], -0.95, -0.4]),
    check(t.gridSample, plain(1, 2, 4, 4), [[1, 3, 3, 2], 1.05, 1.6]),
  ],
  layerNorm: [
    check((x, g, b) => t.layerNorm(x, g, b), plain(3, 8), positive(8), plain(8)),
    check((x, g, b) => t.layerNorm(x, g, b, { axes: 2 }), plain(2, 3, 4), positive(3, 4), plain(3, 4)),
  ],
  leakyRelu: [check((x) => t.leakyRelu(x, 0.2), spread(3, 4))],
  linear: [check((x, w, b) => t.linear(x, w, b), plain(2, 3, 4), plain(5, 4), plain(5))],
  log: [check(t.log, positive(3, 4))],
  logSoftmax: [check((x) => t.logSoftmax(x, 1), plain(3, 4, 2))],
  matmul: [
    check((a, b) => t.matmul(a, b), plain(2, 1, 3, 4), plain(5, 4, 2)),
    check((a, b) => t.matmul(a, b, { transposeA: true }), plain(4, 3), plain(4, 5)),
    check((a, b) => t.matmul(a, b, { transposeB: true }), plain(2, 3, 4), plain(5, 4)),
    check((a, b) => t.matmul(a, b, { transposeA: true, transposeB: true }), plain(2, 4, 3), plain(2, 5, 4)),
  ],
  max: [check((x) => t.max(x, [1]), spread(3, 4)), check((x) => t.max(x), spread(3, 4))],
  maxPool2d: [
    check((x) => t.maxPool2d(x, { kernel: 3, stride: 2, padding: 1 }), spread(2, 3, 6, 5)),
    check((x) => t.maxPool2d(x, { kernel: 2 }), spread(1, 16, 4, 4)),
    check((x) => t.maxPool2d(x, { kernel: 3, stride: 2, padding: [0, 1, 2, 0] }), spread(1, 16, 4, 5)),
    check(
      (x) => t.maxPool2d(x, { kernel: [2, 3], stride: 1, dilation: 2, padding: [1, 0, 0, 1] }),
      spread(1, 16, 4, 5),
    ),
  ],
  maximum: [check(t.maximum, spread(3, 4), [[4], -0.01, 0.01])],
  mean: [check((x) => t.mean(x, [0, 2]), plain(2, 3, 4)), check((x) => t.mean(x), image)],
  minimum: [check(t.minimum, spread(3, 4), [[4], -0.01, 0.01])],
  mul: [check(t.mul, plain(3, 4), plain(3, 1)), check((x) => t.mul(x, x), image)],
  neg: [check(t.neg, plain(3, 4))],
  pad: [
    check(
      (x) =>
        t.pad(
          x,
          [
            [1, 0],
            [0, 2],
          ],
          3,
        ),
      plain(3, 4),
    ),
  ],
  pow: [check((x) => t.pow(x, 2.5), positive(3, 4)), check((x) => t.pow(x, 3), plain(3, 4))],
  power: [check(t.power, positive(3, 4), plain(4))],
  reciprocal: [check(t.reciprocal, positive(3, 4))],
  relu: [check(t.relu, spread(3, 4)), check(t.relu, spread(1, 16, 2, 3))],
  reshape: [check((x) => t.square(t.reshape(x, [-1, 2])), plain(3, 4))],
  round: [check((x) => t.add(t.round(x), x), [[3, 4], 0.6, 1.4])],
  sigmoid: [check(t.sigmoid, plain(3, 4))],
  sign: [check((x) => t.add(t.sign(x), x), spread(3, 4))],
  stepAbove: [check((x) => t.add(t.stepAbove(x), x), spread(3, 4))],
  stepFrom: [check((x) => t.add(t.stepFrom(x), x), spread(3, 4))],
  sin: [check(t.sin, plain(3, 4))],
  slice: [
    check((x) => t.slice(x, [1, 0], [3, 4], { steps: [1, 2] }), plain(3, 4)),
    check((x) => t.slice(x, [3], [0], { axes: [1], steps: [-2] }), plain(3, 4)),
  ],
  softmax: [check((x) => t.softmax(x, 1), plain(3, 4, 2))],
  softplus: [check(t.softplus, plain(3, 4))],
  sqrt: [check(t.sqrt, positive(3, 4))],
  square: [check(t.square, plain(3, 4))],
  squeeze: [check((x) => t.square(t.squeeze(x, 1)), plain(3, 1, 4))],
  stack: [check((a, b) => t.stack([a, b, a], 1), plain(3, 4), plain(3, 4))],
  sub: [check(t.sub, plain(3, 4), plain(3, 1))],
  sum: [check((x) => t.square(t.sum(x, [1], true)), plain(3, 4)), check((x) => t.sum(x, [0, 2, 3]), image)],
  tanh: [check(t.tanh, plain(3, 4))],
  transpose: [check((x) => t.transpose(x, [2, 0, 1]), plain(2, 3, 4))],
  unsqueeze: [check((x) => t.square(t.unsqueeze(x, 1)), plain(3, 4))],
  variance: [check((x) => t.variance(x, [1], true), plain(3, 4)), check((x) => t.variance(x), plain(3, 4))],
  where: [check((a, b) => t.where(t.greater(a, t.constant(0)), a, b), spread(3, 4), plain(4))],
};

/** Their gradient is by definition not the derivative of their value; each has its own test below. */
const OWN_GRADIENT = [
  "customGradient",
  "customGradients",
  "roundStraightThrough",
  "stopGradient",
  "straightThrough",
];
/** Booleans, indices, random numbers: no gradient is defined. */
const NOT_DIFFERENTIABLE = [
  "argmax",
  "both",
  "equal",
  "greater",
  "greaterEqual",
  "less",
  "lessEqual",
  "mask",
  "randomUniform",
];
/** Not operators: inputs, constants, and what is done with a graph. */
const NOT_OPERATORS = [
  "constant",
  "constantValues",
  "describeShape",
  "encodeOnnx",
  "fill",
  "grad",
  "gradientSources",
  "input",
  "sizeOf",
  "sourceOf",
  "toOnnx",
  "variable",
  "withScope",
];

/** Values ±0.1, ±0.3, … in a scrambled order, so that no operator meets a kink or a tie within the step. */
function spreadValues(shape: readonly number[]): Float32Array {
  const count = sizeOf(shape);
  const order = [...draw(count, count)].map((key, i) => ({ key, i })).sort((a, b) => a.key - b.key);
  return Float32Array.from(order, ({ i }) => (i - Math.floor(count / 2)) * 0.2 + 0.1);
}

const operandShape = (operand: Operand) => ("spread" in operand ? operand.spread : operand[0]);
const operandValues = (operand: Operand, seed: number) =>
  "spread" in operand ? spreadValues(operand.spread) : draw(sizeOf(operand[0]), seed, operand[1], operand[2]);

const checks = Object.entries(CHECKS).flatMap(([name, list]) =>
  list.map((entry, i) => ({ name: `${name} ${i}`, ...entry })),
);

/** Everything in one graph: outputs y, and the gradient of Σ c·y with respect to each operand. */
function traceAll() {
  const inputs: Tensor[] = [];
  const outputs: Record<string, Tensor> = {};
  const feeds: Record<string, Float32Array> = {};
  const weights = new Map<string, Float32Array>();
  for (const [index, { name, build, operands }] of checks.entries()) {
    const arrays = operands.map((operand, k) => {
      const key = `${name}/${k}`;
      feeds[key] = operandValues(operand, 1000 * index + 17 * k + 1);
      return t.input(key, operandShape(operand));
    });
    const y = build(...arrays);
    const c = draw(sizeOf(y.shape), 1000 * index + 999);
    weights.set(name, c);
    outputs[`${name}/y`] = y;
    const gradients = t.grad(t.sum(t.mul(y, t.constant(c, y.shape))), arrays);
    for (const [k, gradient] of gradients.entries()) outputs[`${name}/d${k}`] = gradient;
    inputs.push(...arrays);
  }
  return { inputs, outputs, feeds, weights };
}

const random = { fillUniform: (values: Float32Array) => values.set(draw(values.length, 12, 0, 1)) };
const hasBlocks = (await blockSize()) > 0;
if (!hasBlocks) console.warn("skipped: this machine's runtime has no blocked convolution");

it("knows every export: a new operator needs a check here, or a place in one of the lists", () => {
  const functions = Object.entries(t).flatMap(([name, value]) => (typeof value === "function" ? [name] : []));
  const listed = [...Object.keys(CHECKS), ...OWN_GRADIENT, ...NOT_DIFFERENTIABLE, ...NOT_OPERATORS];
  expect(new Set(listed).size).toBe(listed.length);
  expect(functions.sort()).toEqual(listed.sort());
});

describe.each([
  { lowering: "portable", skip: false },
  { lowering: "blocked", skip: !hasBlocks },
] as const)("gradients against finite differences, $lowering", ({ lowering, skip }) => {
  const traced = traceAll();
  const mostOperands = Math.max(...checks.map(({ operands }) => operands.length));

  /** For every check and operand: <grad, d>, its scale, and the finite difference. */
  const measure = async () => {
    const program = await compile(traced, { lowering, random });
    const base = await program.run(traced.feeds);
    const results = new Map<string, { given: number; expected: number; scale: number }>();
    for (let k = 0; k < mostOperands; k++) {
      const direction = (name: string) => draw(traced.feeds[`${name}/${k}`].length, 77 + k);
      const lossesAt = async (step: number) => {
        const feeds = { ...traced.feeds };
        for (const { name, operands } of checks) {
          if (k >= operands.length) continue;
          const d = direction(name);
          feeds[`${name}/${k}`] = feeds[`${name}/${k}`].map((value, i) => value + step * d[i]);
        }
        const found = await program.run(feeds);
        return (name: string) => {
          const y = found[`${name}/y`].data;
          return traced.weights.get(name)!.reduce((loss, c, i) => loss + c * Number(y[i]), 0);
        };
      };
      const [ahead, behind, far, farBehind] = [
        await lossesAt(STEP),
        await lossesAt(-STEP),
        await lossesAt(2 * STEP),
        await lossesAt(-2 * STEP),
      ];
      for (const { name, operands } of checks) {
        if (k >= operands.length) continue;
        const difference = 8 * (ahead(name) - behind(name)) - (far(name) - farBehind(name));
        const gradient = base[`${name}/d${k}`].data as Float32Array;
        const terms = [...direction(name)].map((d, i) => d * gradient[i]);
        results.set(`${name}/${k}`, {
          given: terms.reduce((sum, term) => sum + term, 0),
          expected: difference / (12 * STEP),
          scale: Math.hypot(...terms),
        });
      }
    }
    await program.release();
    return results;
  };
  let measured: ReturnType<typeof measure> | undefined;

  it.skipIf(skip).each(checks)("$name", async ({ name, operands }) => {
    measured ??= measure();
    const results = await measured;
    for (const k of operands.keys()) {
      const { given, expected, scale } = results.get(`${name}/${k}`)!;
      expect(Math.abs(given - expected), `operand ${k}: ${given} for ${expected}`).toBeLessThanOrEqual(
        TOLERANCE * scale + 1e-5,
      );
    }
  });
});

describe("gradients that are not derivatives", () => {
  const values = Float32Array.from([-1.5, -0.4, 0.5, 0.6, 2.5]);
  const weights = t.constant([1, 2, 3, 4, 5]);
  const x = t.input("x", [5]);

  const evaluate = async (y: Tensor, wrt: Tensor[] = [x]) => {
    const [dx] = t.grad(t.sum(t.mul(y, weights)), wrt);
    const program = await compile({ inputs: [x], outputs: { y, dx } });
    const out = await program.run({ x: values });
    await program.release();
    return { y: [...out.y.data].map(Number), dx: [...out.dx.data].map(Number) };
  };

  it("roundStraightThrough passes the gradient unchanged", async () => {
    const { y, dx } = await evaluate(t.roundStraightThrough(x));
    expect(y).toEqual([-2, -0, 0, 1, 2]);
    expect(dx).toEqual([1, 2, 3, 4, 5]);
  });

  it("stopGradient passes none", async () => {
    const { y, dx } = await evaluate(t.add(t.stopGradient(t.square(x)), x));
    expect(y[0]).toBeCloseTo(0.75);
    expect(dx).toEqual([1, 2, 3, 4, 5]);
  });

  it("straightThrough takes its value from one array and its gradient from another", async () => {
    const { y, dx } = await evaluate(t.straightThrough(t.sign(x), t.mul(x, t.constant(10))));
    expect(y).toEqual([-1, -1, 1, 1, 1]);
    expect(dx).toEqual([10, 20, 30, 40, 50]);
  });

  it("customGradient calls its rule with the upstream gradient", async () => {
    const fired = t.cast(t.greater(x, t.constant(0)), "float32");
    const { y, dx } = await evaluate(
      t.customGradient(fired, [x], (upstream) => [t.mul(upstream, t.constant(-2))]),
    );
    expect(y).toEqual([0, 0, 1, 1, 1]);
    expect(dx).toEqual([-2, -4, -6, -8, -10]);
  });

  it("customGradients waits for the gradient of every member, unused ones being zero", async () => {
    const make = () =>
      t.customGradients([t.square(x), t.neg(x), t.exp(x)], [x], ([a, b, c]) => [
        t.add(a, t.add(t.mul(b, t.constant(10)), c)),
      ]);
    const [first, second] = make();
    expect((await evaluate(t.add(second, t.mul(first, t.constant(3))))).dx).toEqual([13, 26, 39, 52, 65]);
    expect((await evaluate(make()[1])).dx).toEqual([10, 20, 30, 40, 50]);
  });

  it("gives zero for what the loss does not depend on, and sums over several uses", async () => {
    expect((await evaluate(t.constant([1, 1, 1, 1, 1]))).dx).toEqual([0, 0, 0, 0, 0]);
    expect((await evaluate(t.add(t.add(x, x), t.sub(x, t.mul(x, t.constant(2)))))).dx).toEqual([
      1, 2, 3, 4, 5,
    ]);
  });
});

describe("second derivatives", () => {
  const second: Readonly<
    Record<string, { build: (x: Tensor, w: Tensor) => Tensor; shapes: [number[], number[]] }>
  > = {
    conv2d: {
      build: (x, w) => t.tanh(t.conv2d(x, w, { stride: 2, padding: 1 })),
      shapes: [
        [2, 3, 6, 5],
        [4, 3, 3, 3],
      ],
    },
    matmul: {
      build: (x, w) => t.sigmoid(t.matmul(x, w, { transposeB: true })),
      shapes: [
        [3, 4],
        [5, 4],
      ],
    },
    gather: {
      build: (x, w) => t.mul(t.square(t.gather(x, indices)), w),
      shapes: [
        [4, 3],
        [3, 3],
      ],
    },
    slice: {
      build: (x, w) => t.mul(t.square(t.slice(x, [1], [3])), w),
      shapes: [
        [4, 3],
        [2, 3],
      ],
    },
    softmax: {
      build: (x, w) => t.mul(t.softmax(x), w),
      shapes: [
        [3, 4],
        [3, 4],
      ],
    },
  };

  it.each(Object.entries(second))("%s", async (_name, { build, shapes }) => {
    const x = t.input("x", shapes[0]);
    const w = t.input("w", shapes[1]);
    const direction = t.input("direction", shapes[0]);
    const [gradient] = t.grad(t.sum(build(x, w)), [x]);
    const slope = t.sum(t.mul(gradient, direction));
    const [curvature] = t.grad(slope, [x]);
    const program = await compile({ inputs: [x, w, direction], outputs: { slope, curvature } });
    const at = draw(sizeOf(shapes[0]), 3);
    const d = draw(sizeOf(shapes[0]), 4);
    const feeds = { w: draw(sizeOf(shapes[1]), 5), direction: d };
    const slopeAt = async (step: number) =>
      Number((await program.run({ ...feeds, x: at.map((value, i) => value + step * d[i]) })).slope.data[0]);
    const expected =
      (8 * ((await slopeAt(STEP)) - (await slopeAt(-STEP))) -
        ((await slopeAt(2 * STEP)) - (await slopeAt(-2 * STEP)))) /
      (12 * STEP);
    const found = (await program.run({ ...feeds, x: at })).curvature.data as Float32Array;
    await program.release();
    const terms = [...d].map((value, i) => value * found[i]);
    expect(Math.abs(terms.reduce((a, b) => a + b, 0) - expected)).toBeLessThanOrEqual(
      2e-3 * Math.hypot(...terms) + 1e-4,
    );
  });
});
