import { describe, expect, it } from "vitest";
import { type ArrayValue, blockSize, compile } from "../../src/runtime/node.ts";
import type { Tensor } from "../../src/tensor/index.ts";
import * as t from "../../src/tensor/index.ts";
import { mismatch, readFixture, type StoredArray, valuesOf } from "./fixture.ts";

interface Case {
  readonly name: string;
  readonly op: string;
  readonly inputs: Readonly<Record<string, StoredArray>>;
  // biome-ignore lint/suspicious/noExplicitAny: each operator has its own options
  readonly options?: any;
  readonly outputs: Readonly<Record<string, StoredArray>>;
  readonly cotangent?: StoredArray;
  readonly gradients?: Readonly<Record<string, StoredArray>>;
}

type Arrays = Readonly<Record<string, Tensor>>;
// biome-ignore lint/suspicious/noExplicitAny: as above
type Build = (inputs: Arrays, options: any) => Tensor | Readonly<Record<string, Tensor>>;

const unary =
  (operator: (x: Tensor) => Tensor): Build =>
  ({ x }) =>
    operator(x);
const binary =
  (operator: (a: Tensor, b: Tensor) => Tensor): Build =>
  ({ a, b }) =>
    operator(a, b);

const OPERATORS: Readonly<Record<string, Build>> = {
  neg: unary(t.neg),
  abs: unary(t.abs),
  exp: unary(t.exp),
  log: unary(t.log),
  sqrt: unary(t.sqrt),
  square: unary(t.square),
  reciprocal: unary(t.reciprocal),
  sigmoid: unary(t.sigmoid),
  tanh: unary(t.tanh),
  relu: unary(t.relu),
  elu: unary((x) => t.elu(x)),
  softplus: unary(t.softplus),
  gelu: unary(t.gelu),
  erf: unary(t.erf),
  sin: unary(t.sin),
  cos: unary(t.cos),
  atan: unary(t.atan),
  floor: unary(t.floor),
  sign: unary(t.sign),
  round: unary(t.round),
  roundStraightThrough: unary(t.roundStraightThrough),
  pow: ({ x }, { exponent }) => t.pow(x, exponent),
  leakyRelu: ({ x }, { slope }) => t.leakyRelu(x, slope),
  clip: ({ x }, { lo, hi }) => t.clip(x, lo, hi),
  add: binary(t.add),
  sub: binary(t.sub),
  mul: binary(t.mul),
  div: binary(t.div),
  maximum: binary(t.maximum),
  minimum: binary(t.minimum),
  greater: binary(t.greater),
  greaterEqual: binary(t.greaterEqual),
  less: binary(t.less),
  lessEqual: binary(t.lessEqual),
  equal: binary(t.equal),
  both: ({ a, b }) => t.both(t.greater(a, t.constant(0)), t.greater(b, t.constant(0))),
  cast: ({ x }, { dtype }) => t.cast(x, dtype),
  where: ({ c, a, b }) => t.where(t.greater(c, t.constant(0)), a, b),
  matmul: binary(t.matmul),
  linear: ({ x, w, b }) => t.linear(x, w, b),
  conv2d: ({ x, w, bias }, options) => t.conv2d(x, w, { ...options, bias }),
  maxPool2d: ({ x }, options) => t.maxPool2d(x, options),
  avgPool2d: ({ x }, options) => t.avgPool2d(x, options),
  globalAvgPool2d: unary(t.globalAvgPool2d),
  sum: ({ x }, { axes, keepDims }) => t.sum(x, axes ?? undefined, keepDims),
  mean: ({ x }, { axes, keepDims }) => t.mean(x, axes ?? undefined, keepDims),
  max: ({ x }, { axes, keepDims }) => t.max(x, axes, keepDims),
  variance: ({ x }, { axes, keepDims }) => t.variance(x, axes, keepDims),
  argmax: ({ x }, { axis }) => t.argmax(x, axis),
  reshape: ({ x }, { shape }) => t.reshape(x, shape),
  transpose: ({ x }, { perm }) => t.transpose(x, perm),
  slice: ({ x }, { starts, ends, axes, steps }) => t.slice(x, starts, ends, { axes, steps }),
  concat: (parts, { axis }) => t.concat(Object.values(parts), axis),
  stack: (parts, { axis }) => t.stack(Object.values(parts), axis),
  pad: ({ x }, { widths, value }) => t.pad(x, widths, value),
  gather: ({ x, indices }, { axis }) => t.gather(x, indices, axis),
  flatten: ({ x }, options) => t.flatten(x, options?.startAxis),
  squeeze: ({ x }, { axis }) => t.squeeze(x, axis),
  unsqueeze: ({ x }, { axis }) => t.unsqueeze(x, axis),
  broadcastTo: ({ x }, { shape }) => t.broadcastTo(x, shape),
  softmax: ({ x }, { axis }) => t.softmax(x, axis),
  logSoftmax: ({ x }, { axis }) => t.logSoftmax(x, axis),
  layerNorm: ({ x, gamma, beta }, options) => t.layerNorm(x, gamma, beta, options),
  batchNorm: ({ x, gamma, beta }, options) => ({ ...t.batchNorm(x, gamma, beta, options) }),
  batchNormInference: ({ x, gamma, beta, mean, variance }, options) =>
    t.batchNormInference(x, gamma, beta, mean, variance, options),
  channelAffine: ({ x, scale, shift }) => t.channelAffine(x, scale, shift),
  gridSample: ({ x, grid }) => t.gridSample(x, grid),

  "chain:residual": ({ x, w1, w2, w3 }) => {
    const a = t.relu(t.conv2d(x, w1, { padding: 1 }));
    const b = t.conv2d(t.relu(t.conv2d(a, w2, { padding: 1 })), w3, { padding: 1 });
    return t.mean(t.relu(t.add(a, b)), [2, 3]);
  },
  "chain:downsample": ({ x, w1, w2, w3, g, b }) => {
    const a = t.relu(t.batchNorm(t.conv2d(x, w1, { padding: 1 }), g, b).y);
    const left = t.conv2d(a, w2, { stride: 2, padding: 1 });
    return t.maxPool2d(t.add(left, t.conv2d(a, w3, { stride: 2 })), { kernel: 2, stride: 2 });
  },
  "chain:branches": ({ x, w1, w2, w3 }) => {
    const a = t.sigmoid(t.conv2d(x, w1, { padding: 1 }));
    const b = t.tanh(t.conv2d(x, w2, { padding: 1 }));
    const pooled = t.avgPool2d(t.concat([a, b], 1), { kernel: 3, stride: 2, padding: 1 });
    return t.flatten(t.conv2d(pooled, w3));
  },
  "chain:transposed": ({ x, w1, w2, s }) => {
    const a = t.mul(t.conv2d(x, w1, { padding: 1 }), t.reshape(s, [1, 16, 1, 1]));
    const rows = t.softmax(t.reshape(t.transpose(a, [0, 2, 3, 1]), [-1, 16]), -1);
    const back = t.transpose(t.reshape(rows, [2, 5, 5, 16]), [0, 3, 1, 2]);
    const lower = t.slice(back, [1], [5], { axes: [2] });
    return t.add(t.conv2d(lower, w2, { padding: [0, 1, 1, 0] }), t.mean(a));
  },
  "chain:recurrent": ({ x, w, v }) => {
    let current = x;
    let potential = v;
    for (let step = 0; step < 3; step++) {
      const drive = t.conv2d(current, w, { padding: 1 });
      potential = t.tanh(t.add(drive, t.mul(t.constant(0.5), potential)));
      current = potential;
    }
    return potential;
  },
  "chain:fusion": ({ x, y, w1, w2, b1, s }) => {
    const a = t.conv2d(x, w1, { padding: 1, bias: b1 });
    const b = t.conv2d(x, w2, { padding: 1 });
    const twice = t.add(a, a);
    const both = t.relu(t.add(a, b));
    const alone = t.relu(t.add(t.conv2d(both, w2, { padding: 1, bias: b1 }), y));
    const scaled = t.add(t.conv2d(alone, w1, { padding: 1 }), s);
    const last = t.conv2d(t.relu(t.conv2d(y, w1, { padding: 1 })), w2);
    const corner = t.slice(last, [0, 0], [1, 1], { axes: [2, 3] });
    return t.add(t.add(t.relu(scaled), twice), corner);
  },
  "chain:masked": ({ x, w, m, z }) => {
    const a = t.conv2d(x, w, { padding: 1 });
    const counts = t.cast(t.cast(t.mul(a, t.constant(3)), "int64"), "float32");
    const chosen = t.add(
      t.where(t.greater(z, t.constant(0)), a, x),
      t.where(t.greater(m, t.constant(0)), x, a),
    );
    return t.add(t.add(chosen, t.cast(t.greater(a, x), "float32")), counts);
  },
  "chain:pooled": ({ x, w1, w2, head }) => {
    const a = t.maxPool2d(t.relu(t.conv2d(x, w1, { padding: 1 })), { kernel: 2, stride: 2 });
    const b = t.avgPool2d(t.relu(t.conv2d(a, w2, { padding: 1 })), { kernel: 2, stride: 2 });
    return t.logSoftmax(t.linear(t.flatten(b), head));
  },
  "chain:attention": ({ x, q, k, v }) => {
    const heads = (w: Tensor) => t.transpose(t.reshape(t.linear(x, w), [2, 5, 2, 4]), [0, 2, 1, 3]);
    const scores = t.div(t.matmul(heads(q), t.transpose(heads(k), [0, 1, 3, 2])), t.constant(2));
    return t.reshape(t.transpose(t.matmul(t.softmax(scores), heads(v)), [0, 2, 1, 3]), [2, 5, 8]);
  },
};

const { cases } = readFixture<{ cases: readonly Case[] }>("operators");
const byOperator = new Map<string, Case[]>();
for (const entry of cases) byOperator.set(entry.op, [...(byOperator.get(entry.op) ?? []), entry]);

/** Relative to the largest value of the array. */
const TOLERANCE = 1e-5;

/** Images whose channels fill whole blocks. */
const isBlockable = ({ shape, dtype }: Tensor) =>
  shape.length === 4 && shape[1] % 16 === 0 && dtype === "float32";

/** The same values out of a convolution, which is what puts them into the blocked layout. */
function throughConvolution(x: Tensor): Tensor {
  const channels = x.shape[1];
  const identity = new Float32Array(channels * channels);
  for (let c = 0; c < channels; c++) identity[c * channels + c] = 1;
  return t.conv2d(x, t.constant(identity, [channels, channels, 1, 1]));
}

/**
 * All cases of one operator in one graph: each prefixes its inputs and outputs with its index. With `convolve`, every
 * image passes through an identity convolution before and after the operator.
 */
function trace(group: readonly Case[], convolve: boolean) {
  const inputs: Tensor[] = [];
  const outputs: Record<string, Tensor> = {};
  const feeds: Record<string, Float32Array> = {};
  for (const [index, { name, op, inputs: stored, options, cotangent, gradients }] of group.entries()) {
    const arrays: Record<string, Tensor> = {};
    for (const [key, array] of Object.entries(stored)) {
      if (array.dtype === "int64") {
        arrays[key] = t.constant(valuesOf(array), array.shape, "int64");
        continue;
      }
      arrays[key] = t.input(`c${index}_in_${key}`, array.shape);
      inputs.push(arrays[key]);
      feeds[`c${index}_in_${key}`] = valuesOf(array);
    }
    const wrap = (tensor: Tensor) => (convolve && isBlockable(tensor) ? throughConvolution(tensor) : tensor);
    const operands = Object.fromEntries(Object.entries(arrays).map(([key, tensor]) => [key, wrap(tensor)]));
    const built = t.withScope(name, () => OPERATORS[op](operands, options));
    const results: Record<string, Tensor> = "dtype" in built ? { y: built as Tensor } : { ...built };
    results.y = wrap(results.y);
    for (const [key, tensor] of Object.entries(results)) outputs[`c${index}_${key}`] = tensor;
    if (cotangent === undefined || gradients === undefined) continue;
    const weights = t.input(`c${index}_cotangent`, cotangent.shape);
    inputs.push(weights);
    feeds[`c${index}_cotangent`] = valuesOf(cotangent);
    const wanted = Object.keys(gradients);
    const found = t.grad(
      t.sum(t.mul(results.y, weights)),
      wanted.map((key) => arrays[key]),
    );
    for (const [i, key] of wanted.entries()) outputs[`c${index}_d_${key}`] = found[i];
  }
  return { inputs, outputs, feeds };
}

it("has a fixture and a build rule for the same operators", () => {
  expect([...byOperator.keys()].sort()).toEqual(Object.keys(OPERATORS).sort());
});

const hasBlocks = (await blockSize()) > 0;
if (!hasBlocks) console.warn("skipped: this machine's runtime has no blocked convolution");

describe.each([
  { title: "the portable lowering", lowering: "portable", convolve: false, skip: false },
  { title: "the blocked lowering", lowering: "blocked", convolve: false, skip: !hasBlocks },
  {
    title: "the blocked lowering between convolutions",
    lowering: "blocked",
    convolve: true,
    skip: !hasBlocks,
  },
] as const)("$title equals PyTorch", ({ lowering, convolve, skip }) => {
  for (const [op, group] of byOperator) {
    describe.skipIf(skip)(op, () => {
      const runTogether = async (entries: readonly Case[]) => {
        const { inputs, outputs, feeds } = trace(entries, convolve);
        const program = await compile({ inputs, outputs }, { lowering });
        try {
          return await program.run(feeds);
        } finally {
          await program.release();
        }
      };
      // one graph for all cases is quick; when it fails, each case alone tells which one it was
      let together: Promise<Record<string, ArrayValue> | undefined> | undefined;
      const resultsOf = async (index: number) => {
        together ??= runTogether(group).catch(() => undefined);
        const all = await together;
        if (all === undefined) return runTogether([group[index]]);
        const own = Object.entries(all).filter(([name]) => name.startsWith(`c${index}_`));
        return Object.fromEntries(own.map(([name, value]) => [name.replace(/^c\d+_/, "c0_"), value]));
      };

      it.each(group.map((entry, index) => [entry.name, entry, index] as const))(
        "%s",
        async (_name, entry, index) => {
          const results = await resultsOf(index);
          const expected: Record<string, StoredArray> = { ...entry.outputs };
          for (const [key, array] of Object.entries(entry.gradients ?? {})) expected[`d_${key}`] = array;
          for (const [key, array] of Object.entries(expected)) {
            const { data, shape } = results[`c0_${key}`];
            expect(shape, `shape of ${key}`).toEqual(array.shape);
            expect(mismatch(data, array), `${key} differs`).toBeLessThanOrEqual(TOLERANCE);
          }
        },
      );
    });
  }
});
