import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { StriateError } from "../../src/error.ts";
import type { Shape, Tensor } from "../../src/tensor/index.ts";
import * as t from "../../src/tensor/index.ts";

const x = (...shape: number[]) => t.input("x", shape);
const shown = (shape: Shape) => `(${shape.join(", ")})`;

function failure(body: () => unknown): Error {
  try {
    body();
  } catch (error) {
    return error as Error;
  }
  throw new Error("nothing was thrown");
}

/** What the user called, with what, and the shapes that the message must show. */
const MISMATCHES: readonly [operator: string, build: () => unknown, ...shapes: Shape[]][] = [
  ["add", () => t.add(x(2, 3), x(4)), [2, 3], [4]],
  ["sub", () => t.sub(x(2, 3), x(2)), [2, 3], [2]],
  ["mul", () => t.mul(x(2, 3, 1), x(3, 3, 3)), [2, 3, 1], [3, 3, 3]],
  ["div", () => t.div(x(5), x(4)), [5], [4]],
  ["maximum", () => t.maximum(x(5), x(4)), [5], [4]],
  ["greater", () => t.greater(x(2, 2), x(3, 1, 5)), [2, 2], [3, 1, 5]],
  ["where", () => t.where(t.greater(x(2), x(2)), x(3), x(3)), [2], [3]],
  ["broadcastTo", () => t.broadcastTo(x(2, 3), [3, 2]), [2, 3], [3, 2]],
  ["matmul", () => t.matmul(x(2, 3), x(4, 5)), [2, 3], [4, 5]],
  ["matmul", () => t.matmul(x(2, 3, 4), x(3, 4, 5)), [2, 3, 4], [3, 4, 5]],
  ["matmul", () => t.matmul(x(3), x(3, 4)), [3], [3, 4]],
  ["linear", () => t.linear(x(2, 7, 3), x(5, 4)), [2, 7, 3], [5, 4]],
  ["linear", () => t.linear(x(2, 4), x(5, 4), x(4)), [5, 4], [4]],
  ["conv2d", () => t.conv2d(x(2, 3, 8, 8), x(4, 5, 3, 3)), [2, 3, 8, 8], [4, 5, 3, 3]],
  ["conv2d", () => t.conv2d(x(2, 3, 8), x(4, 3, 3, 3)), [2, 3, 8], [4, 3, 3, 3]],
  ["conv2d", () => t.conv2d(x(2, 4, 8, 8), x(3, 2, 3, 3), { groups: 2 }), [2, 4, 8, 8], [3, 2, 3, 3]],
  ["conv2d", () => t.conv2d(x(2, 3, 8, 8), x(4, 3, 3, 3), { bias: x(3) }), [2, 3, 8, 8], [3]],
  ["conv2d", () => t.conv2d(x(2, 3, 2, 2), x(4, 3, 3, 3)), [2, 3, 2, 2], [4, 3, 3, 3]],
  ["maxPool2d", () => t.maxPool2d(x(2, 3, 8), { kernel: 2 }), [2, 3, 8]],
  ["maxPool2d", () => t.maxPool2d(x(2, 3, 2, 2), { kernel: 3 }), [2, 3, 2, 2]],
  ["avgPool2d", () => t.avgPool2d(x(3, 8, 8), { kernel: 2 }), [3, 8, 8]],
  ["globalAvgPool2d", () => t.globalAvgPool2d(x(2, 3, 8)), [2, 3, 8]],
  ["sum", () => t.sum(x(2, 3), [2]), [2, 3]],
  ["mean", () => t.mean(x(2, 3), [-3]), [2, 3]],
  ["max", () => t.max(x(2, 3), [0, 0]), [2, 3]],
  ["variance", () => t.variance(x(2, 3), [5]), [2, 3]],
  ["argmax", () => t.argmax(x(2, 3), 2), [2, 3]],
  ["reshape", () => t.reshape(x(2, 3), [4, 2]), [2, 3], [4, 2]],
  ["reshape", () => t.reshape(x(2, 3), [4, -1]), [2, 3], [4, -1]],
  ["reshape", () => t.reshape(x(2, 3), [-1, -1]), [2, 3], [-1, -1]],
  ["flatten", () => t.flatten(x(2, 3), 2), [2, 3]],
  ["squeeze", () => t.squeeze(x(2, 3), 0), [2, 3]],
  ["unsqueeze", () => t.unsqueeze(x(2, 3), 4), [2, 3]],
  ["stack", () => t.stack([x(2, 3), x(3, 2)]), [2, 3], [3, 2]],
  ["transpose", () => t.transpose(x(2, 3, 4), [0, 1]), [2, 3, 4]],
  ["transpose", () => t.transpose(x(2, 3), [0, 0]), [2, 3]],
  ["slice", () => t.slice(x(2, 3), [0], [1], { axes: [2] }), [2, 3]],
  ["slice", () => t.slice(x(2, 3), [2], [2]), [2, 3]],
  ["slice", () => t.slice(x(2, 3), [0], [2], { steps: [0] }), [2, 3]],
  ["slice", () => t.slice(x(2, 3), [0, 0], [2]), [2, 3]],
  ["slice", () => t.slice(x(4, 3), [0, 0], [2, 2], { axes: [0, 0] }), [4, 3]],
  ["concat", () => t.concat([x(2, 3), x(2, 4)], 0), [2, 3], [2, 4]],
  ["concat", () => t.concat([x(2, 3), x(2, 3, 1)], 0), [2, 3], [2, 3, 1]],
  ["concat", () => t.concat([x(2, 3), x(2, 3)], 2), [2, 3]],
  ["pad", () => t.pad(x(2, 3), [[1, 1]]), [2, 3]],
  [
    "pad",
    () =>
      t.pad(x(2, 3), [
        [1, 1],
        [-1, 0],
      ]),
    [2, 3],
  ],
  ["gather", () => t.gather(x(2, 3), t.constant([0], [1], "int64"), 2), [2, 3]],
  ["softmax", () => t.softmax(x(2, 3), 2), [2, 3]],
  ["logSoftmax", () => t.logSoftmax(x(2, 3), -3), [2, 3]],
  ["layerNorm", () => t.layerNorm(x(2, 3), x(2), x(3)), [2, 3], [2]],
  ["layerNorm", () => t.layerNorm(x(2, 3), x(3), x(3), { axes: 3 }), [2, 3]],
  ["batchNorm", () => t.batchNorm(x(2, 3, 4, 4), x(4), x(3)), [2, 3, 4, 4], [4]],
  [
    "batchNormInference",
    () => t.batchNormInference(x(2, 3, 4, 4), x(4), x(4), x(4), x(4)),
    [2, 3, 4, 4],
    [4],
  ],
  ["channelAffine", () => t.channelAffine(x(2, 3, 4), x(4), x(3)), [2, 3, 4], [4]],
  ["gridSample", () => t.gridSample(x(2, 3, 4, 4), x(3, 5, 5, 2)), [2, 3, 4, 4], [3, 5, 5, 2]],
  ["gridSample", () => t.gridSample(x(2, 3, 4), x(2, 5, 5, 2)), [2, 3, 4], [2, 5, 5, 2]],
  ["batchNormOver", () => t.batchNormOver([x(2, 3), x(2, 4)], x(3), x(3)), [2, 4], [3]],
  ["batchNorm", () => t.batchNorm(x(3), x(3), x(3)), [3]],
  ["slice", () => t.slice(x(2, 3), [0.5], [1]), [2, 3]],
  ["layerNorm", () => t.layerNorm(x(2, 3), x(3), x(3), { axes: 0 }), [2, 3]],
  ["input", () => x(2, 0, 3), [2, 0, 3]],
  ["input", () => x(2, 1.5), [2, 1.5]],
  ["constant", () => t.constant([1, 2, 3], [2, 2]), [2, 2]],
  ["straightThrough", () => t.straightThrough(x(2), x(3)), [2], [3]],
  ["grad", () => t.grad(x(2, 3), []), [2, 3]],
];

describe("a shape error names the operator, the layer and the shapes", () => {
  it.each(
    MISMATCHES.map(([operator, build, ...shapes]) => ({
      title: `${operator} ${shapes.map(shown).join(" ")}`,
      operator,
      build,
      shapes,
    })),
  )("$title", ({ operator, build, shapes }) => {
    const error = failure(() => t.withScope("stage2", () => t.withScope("block1", build)));
    expect(error).toBeInstanceOf(StriateError);
    expect(error.message).toMatch(new RegExp(`\\b${operator}\\b`));
    if (operator !== "grad") expect(error.message).toContain("stage2/block1");
    for (const shape of shapes) expect(error.message).toContain(shown(shape));
  });

  it("leaves the layer out where there is none, and leaves the scope when the body throws", () => {
    expect(() => t.withScope("conv1", () => t.add(x(2), x(3)))).toThrow("conv1");
    expect(failure(() => t.add(x(2), x(3))).message).not.toContain("layer");
  });
});

describe("an operator made of others", () => {
  it.each(
    MISMATCHES.map(([operator, build]) => ({ operator, build })).filter(
      ({ operator }) => operator !== "grad",
    ),
  )("names itself, once, and nothing inside it: $operator", ({ operator, build }) => {
    const { message } = failure(() => t.withScope("stage2/block1", build));
    expect(message.startsWith(`${operator} in layer "stage2/block1": `)).toBe(true);
    expect(message.split("in layer")).toHaveLength(2);
    expect(message.split("[inputs").length).toBeLessThanOrEqual(2);
  });

  it("keeps the advice apart", () => {
    const error = failure(() => t.square(t.greater(x(2), x(2)))) as StriateError;
    expect(error.advice).toBe("Use cast first");
    expect(error.message.endsWith("[inputs (2)]. Use cast first")).toBe(true);
  });

  it("lets other errors through unchanged", () => {
    const mistake = new TypeError("a mistake in a gradient rule");
    const broken = t.customGradient(x(2), [x(2)], () => {
      throw mistake;
    });
    expect(failure(() => t.grad(t.sum(broken), [broken.inputs[1]]))).toBe(mistake);
  });
});

describe("a wrong type is refused while tracing", () => {
  const whole = () => t.cast(x(2, 3), "int64");
  const flag = () => t.greater(x(2, 3), x(2, 3));
  const cases: readonly [string, () => unknown, ...string[]][] = [
    ["add", () => t.add(x(2, 3), whole()), "float32", "int64"],
    ["mul", () => t.mul(flag(), x(2, 3)), "bool", "float32"],
    ["greater", () => t.greater(x(2, 3), whole()), "float32", "int64"],
    ["exp", () => t.exp(whole()), "int64"],
    ["relu", () => t.relu(flag()), "bool"],
    ["where", () => t.where(x(2, 3), x(2, 3), x(2, 3)), "bool", "float32"],
    ["where", () => t.where(flag(), x(2, 3), whole()), "float32", "int64"],
    ["matmul", () => t.matmul(x(2, 2), whole()), "int64"],
    ["conv2d", () => t.conv2d(x(1, 2, 3, 3), t.cast(x(1, 2, 3, 3), "int64")), "int64"],
    ["sum", () => t.sum(flag()), "bool"],
    ["both", () => t.both(flag(), x(2, 3)), "float32"],
    ["softmax", () => t.softmax(whole()), "int64"],
    ["gather", () => t.gather(x(2, 3), x(2)), "int64", "float32"],
    ["concat", () => t.concat([x(2, 3), whole()], 0), "float32", "int64"],
    ["maxPool2d", () => t.maxPool2d(t.cast(x(1, 2, 4, 4), "uint8"), { kernel: 2 }), "uint8"],
    ["add", () => t.add(flag(), flag()), "bool"],
    ["div", () => t.div(t.cast(x(2), "uint8"), t.cast(x(2), "uint8")), "uint8"],
    ["less", () => t.less(flag(), flag()), "bool"],
    ["where", () => t.where(flag(), flag(), flag()), "bool"],
    ["conv2d", () => t.conv2d(x(1, 2, 3, 3), x(4, 2, 1, 1), { bias: t.cast(x(4), "int32") }), "int32"],
    ["gelu", () => t.gelu(whole()), "int64"],
    ["elu", () => t.elu(flag()), "bool"],
    ["square", () => t.square(flag()), "bool"],
    ["leakyRelu", () => t.leakyRelu(whole()), "int64"],
    ["roundStraightThrough", () => t.roundStraightThrough(whole()), "int64"],
    ["dropout", () => t.dropout(whole(), 0.5, "mask"), "int64"],
    ["variance", () => t.variance(whole(), [1]), "int64"],
    ["gridSample", () => t.gridSample(x(1, 2, 3, 3), t.cast(x(1, 2, 2, 2), "int64")), "int64"],
    ["layerNorm", () => t.layerNorm(whole(), x(3), x(3)), "int64"],
    ["batchNorm", () => t.batchNorm(whole(), x(3), x(3)), "int64"],
  ];
  it.each(
    cases.map(([operator, build, ...types]) => ({
      title: `${operator} of ${types.join(" and ")}`,
      operator,
      build,
      types,
    })),
  )("$title", ({ operator, build, types }) => {
    const error = failure(() => t.withScope("stage2/block1", build));
    expect(error).toBeInstanceOf(StriateError);
    expect(error.message).toMatch(new RegExp(`\\b${operator}\\b`));
    expect(error.message).toContain("stage2/block1");
    for (const type of types) expect(error.message).toContain(type);
  });
});

describe("a wrong option is refused while tracing", () => {
  const image = () => x(1, 4, 8, 8);
  const weights = () => x(4, 4, 3, 3);
  const cases: readonly [operator: string, option: string, value: number, build: () => unknown][] = [
    ["conv2d", "stride", 0, () => t.conv2d(image(), weights(), { stride: 0 })],
    ["conv2d", "stride", 1.5, () => t.conv2d(image(), weights(), { stride: 1.5 })],
    ["conv2d", "padding", -1, () => t.conv2d(image(), weights(), { padding: -1 })],
    ["conv2d", "dilation", 0, () => t.conv2d(image(), weights(), { dilation: 0 })],
    ["conv2d", "group", 3, () => t.conv2d(image(), weights(), { groups: 3 })],
    ["maxPool2d", "kernel", 0, () => t.maxPool2d(image(), { kernel: 0 })],
    ["maxPool2d", "stride", 0, () => t.maxPool2d(image(), { kernel: 2, stride: 0 })],
    ["maxPool2d", "padding", 2, () => t.maxPool2d(image(), { kernel: 2, padding: 2 })],
    ["avgPool2d", "padding", 2, () => t.avgPool2d(image(), { kernel: 2, padding: 2 })],
    ["clip", "bound", 7, () => t.clip(x(2), 7, 0)],
    ["dropout", "rate", 1, () => t.dropout(x(2), 1, "mask")],
    ["dropout", "rate", Number.NaN, () => t.dropout(x(2), Number.NaN, "mask")],
  ];
  it.each(cases)("%s with %s %d", (operator, option, value, build) => {
    const error = failure(() => t.withScope("stage2", build));
    expect(error).toBeInstanceOf(StriateError);
    expect(error.message).toMatch(new RegExp(`\\b${operator}\\b`));
    expect(error.message).toContain("stage2");
    expect(error.message).toContain(option);
    expect(error.message).toContain(String(value));
  });
});

describe("shape rules", () => {
  const extent = fc.integer({ min: 1, max: 5 });
  const shape = fc.array(extent, { maxLength: 4 });
  const shapeOf = (build: () => Tensor): Shape | "refused" => {
    try {
      return build().shape;
    } catch (error) {
      if (!(error instanceof StriateError)) throw error;
      return "refused";
    }
  };

  /** numpy's rule, from the last axis on. */
  const broadcast = (a: Shape, b: Shape): Shape | "refused" => {
    const result: number[] = [];
    for (let i = 1; i <= Math.max(a.length, b.length); i++) {
      const [m, n] = [a.at(-i) ?? 1, b.at(-i) ?? 1];
      if (i > a.length) result.unshift(n);
      else if (i > b.length || n === 1) result.unshift(m);
      else if (m === 1 || m === n) result.unshift(n);
      else return "refused";
    }
    return result;
  };

  it("broadcasting follows numpy, in both orders", () => {
    const small = fc.array(fc.constantFrom(1, 2, 3), { maxLength: 4 });
    fc.assert(
      fc.property(small, small, (a, b) => {
        const expected = broadcast(a, b);
        expect(shapeOf(() => t.add(x(...a), x(...b)))).toEqual(expected);
        expect(shapeOf(() => t.mul(x(...b), x(...a)))).toEqual(expected);
        expect(shapeOf(() => t.less(x(...a), x(...b)))).toEqual(expected);
        const target = expected === "refused" || expected.join() !== b.join() ? "refused" : b;
        expect(shapeOf(() => t.broadcastTo(x(...a), b))).toEqual(target);
      }),
      { numRuns: 300 },
    );
  });

  it("the gradient of a broadcast operand has the shape of the operand", () => {
    const small = fc.array(fc.constantFrom(1, 2), { maxLength: 3 });
    fc.assert(
      fc.property(small, small, (a, b) => {
        const [p, q] = [x(...a), x(...b)];
        const [dp, dq] = t.grad(t.sum(t.div(p, q)), [p, q]);
        expect([dp.shape, dq.shape]).toEqual([a, b]);
      }),
    );
  });

  it("matmul multiplies the last two axes and broadcasts the others", () => {
    const lead = fc.array(fc.constantFrom(1, 2, 3), { maxLength: 2 });
    fc.assert(
      fc.property(lead, lead, extent, extent, extent, extent, (a, b, m, k, l, n) => {
        const front = broadcast(a, b);
        const expected = front === "refused" || k !== l ? "refused" : [...front, m, n];
        expect(shapeOf(() => t.matmul(x(...a, m, k), x(...b, l, n)))).toEqual(expected);
        expect(shapeOf(() => t.matmul(x(...a, m, k), x(...b, n, l), { transposeB: true }))).toEqual(expected);
        expect(shapeOf(() => t.matmul(x(...a, k, m), x(...b, l, n), { transposeA: true }))).toEqual(expected);
      }),
    );
  });

  it("convolution and pooling have PyTorch's output size", () => {
    const dimension = fc.record({
      size: fc.integer({ min: 1, max: 12 }),
      kernel: fc.integer({ min: 1, max: 5 }),
      stride: fc.integer({ min: 1, max: 4 }),
      before: fc.integer({ min: 0, max: 3 }),
      after: fc.integer({ min: 0, max: 3 }),
      dilation: fc.integer({ min: 1, max: 3 }),
    });
    type Dimension = {
      size: number;
      kernel: number;
      stride: number;
      before: number;
      after: number;
      dilation: number;
    };
    // torch.nn.Conv2d: floor((size + padding − dilation (kernel − 1) − 1) / stride + 1)
    const out = ({ size, kernel, stride, before, after, dilation }: Dimension) =>
      Math.floor((size + before + after - dilation * (kernel - 1) - 1) / stride + 1);
    fc.assert(
      fc.property(dimension, dimension, (h, w) => {
        const sizes = [out(h), out(w)];
        const fits = sizes.every((size) => size >= 1);
        const padding = [h.before, w.before, h.after, w.after] as const;
        const options = {
          stride: [h.stride, w.stride],
          dilation: [h.dilation, w.dilation],
          padding,
        } as const;
        expect(
          shapeOf(() => t.conv2d(x(2, 3, h.size, w.size), x(4, 3, h.kernel, w.kernel), options)),
        ).toEqual(fits ? [2, 4, ...sizes] : "refused");
      }),
      { numRuns: 300 },
    );
    fc.assert(
      fc.property(dimension, dimension, (h, w) => {
        const legal = (d: Dimension) => ({
          ...d,
          dilation: 1,
          before: Math.floor(d.kernel / 2),
          after: Math.floor(d.kernel / 2),
        });
        const sizes = [out(legal(h)), out(legal(w))];
        const options = {
          kernel: [h.kernel, w.kernel],
          stride: [h.stride, w.stride],
          padding: [legal(h).before, legal(w).before],
        } as const;
        const expected = sizes.every((size) => size >= 1) ? [2, 3, ...sizes] : "refused";
        expect(shapeOf(() => t.maxPool2d(x(2, 3, h.size, w.size), options))).toEqual(expected);
        expect(shapeOf(() => t.avgPool2d(x(2, 3, h.size, w.size), options))).toEqual(expected);
      }),
      { numRuns: 300 },
    );
  });

  it("slice takes what Python's slices take", () => {
    const place = fc.integer({ min: -9, max: 9 });
    const step = fc.integer({ min: -3, max: 3 }).filter((value) => value !== 0);
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 7 }), place, place, step, (size, start, end, by) => {
        // Python: for a negative step the same walk over the reversed list, with positions counted from its end
        const forward = [...Array(size).keys()];
        const reversed = forward.toReversed();
        const flip = (position: number) =>
          size - 1 - (position < 0 ? Math.max(position + size, -1) : Math.min(position, size - 1));
        const walked =
          by > 0 ? forward.slice(start, end) : reversed.slice(flip(start), Math.max(0, flip(end)));
        const expected = walked.filter((_, i) => i % Math.abs(by) === 0).length;
        const found = shapeOf(() => t.slice(x(2, size), [start], [end], { axes: [1], steps: [by] }));
        expect(found).toEqual(expected === 0 ? "refused" : [2, expected]);
      }),
      { numRuns: 500 },
    );
  });

  it("reshape keeps the number of values and computes −1", () => {
    fc.assert(
      fc.property(shape, shape, fc.nat({ max: 4 }), (from, to, hole) => {
        const size = t.sizeOf(from);
        expect(shapeOf(() => t.reshape(x(...from), to))).toEqual(t.sizeOf(to) === size ? to : "refused");
        const open = to.toSpliced(hole, 0, -1);
        const rest = t.sizeOf(to);
        expect(shapeOf(() => t.reshape(x(...from), open))).toEqual(
          size % rest === 0 ? open.map((extent) => (extent === -1 ? size / rest : extent)) : "refused",
        );
      }),
      { numRuns: 300 },
    );
  });

  it("transpose, squeeze and unsqueeze move axes and nothing else", () => {
    fc.assert(
      fc.property(shape, fc.infiniteStream(fc.nat()), (from, keys) => {
        const order = from.map((_, axis) => ({ axis, key: keys.next().value as number }));
        const permutation = order.sort((a, b) => a.key - b.key).map(({ axis }) => axis);
        const moved = t.transpose(x(...from), permutation);
        expect(moved.shape).toEqual(permutation.map((axis) => from[axis]));
        const inverse = permutation.map((_, axis) => permutation.indexOf(axis));
        expect(t.transpose(moved, inverse).shape).toEqual(from);
        for (let axis = -from.length - 1; axis <= from.length; axis++) {
          expect(t.squeeze(t.unsqueeze(x(...from), axis), axis).shape).toEqual(from);
        }
      }),
    );
  });

  it("concat adds up one axis and wants the others equal", () => {
    fc.assert(
      fc.property(shape, shape, fc.integer({ min: -4, max: 3 }), (a, b, axis) => {
        const normal = axis < 0 ? axis + a.length : axis;
        const fits = normal >= 0 && normal < a.length && a.length === b.length;
        const same = fits && a.every((n, i) => i === normal || n === b[i]);
        const expected = same ? a.with(normal, a[normal] + b[normal]) : "refused";
        expect(shapeOf(() => t.concat([x(...a), x(...b)], axis))).toEqual(expected);
      }),
      { numRuns: 300 },
    );
  });

  it("reductions drop their axes, or keep them as 1", () => {
    fc.assert(
      fc.property(
        shape,
        fc.array(fc.integer({ min: -5, max: 4 }), { maxLength: 3 }),
        fc.boolean(),
        (from, axes, keep) => {
          const normal = axes.map((axis) => (axis < 0 ? axis + from.length : axis));
          const legal =
            normal.every((axis) => axis >= 0 && axis < from.length) && new Set(normal).size === normal.length;
          const kept = from.map((n, i) => (normal.includes(i) ? 1 : n));
          const expected = !legal ? "refused" : keep ? kept : from.filter((_, i) => !normal.includes(i));
          for (const reduce of [t.sum, t.mean, t.variance]) {
            expect(shapeOf(() => reduce(x(...from), axes, keep))).toEqual(expected);
          }
        },
      ),
      { numRuns: 300 },
    );
  });

  it("every error of a random call is a StriateError", () => {
    const wild = fc.array(
      fc.oneof(fc.integer({ min: -3, max: 5 }), fc.constantFrom(Number.NaN, 0.5, 2 ** 31)),
      { maxLength: 4 },
    );
    fc.assert(
      fc.property(shape, wild, wild, (from, p, q) => {
        const a = x(...from);
        // shapeOf rethrows anything else
        shapeOf(() => t.reshape(a, p));
        shapeOf(() => t.transpose(a, p));
        shapeOf(() => t.slice(a, p, q));
        shapeOf(() => t.slice(a, p, q, { steps: q }));
        shapeOf(() => t.sum(a, p));
        shapeOf(() => t.squeeze(a, p[0]));
        shapeOf(() => t.unsqueeze(a, p[0]));
        shapeOf(() => t.flatten(a, p[0]));
        shapeOf(() => t.softmax(a, p[0]));
        shapeOf(() => t.argmax(a, p[0]));
        shapeOf(() => t.concat([a, a], p[0]));
        shapeOf(() => t.stack([a, a], p[0]));
        shapeOf(() => t.broadcastTo(a, p));
        shapeOf(() => t.input("y", p));
      }),
      { numRuns: 300 },
    );
  });
});
