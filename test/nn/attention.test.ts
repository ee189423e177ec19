import { describe, expect, it } from "vitest";
import { Attention, denseContext, LayerNormalization, Linear, type Parameter } from "../../src/nn/index.ts";
import { compile } from "../../src/runtime/node.ts";
import { Random } from "../../src/runtime/random.ts";
import {
  add,
  concat,
  constant,
  fill,
  gelu,
  grad,
  input,
  mul,
  slice,
  sum,
  type Tensor,
} from "../../src/tensor/index.ts";
import { mismatch, readFixture, type StoredArray, valuesOf } from "../tensor/fixture.ts";

interface Block {
  readonly heads: number;
  readonly epsilon: number;
  readonly x: StoredArray;
  readonly cotangent: StoredArray;
  readonly parameters: Readonly<Record<string, StoredArray>>;
  readonly y: StoredArray;
  readonly gradients: Readonly<Record<string, StoredArray>>;
}

const { attention: reference } = readFixture<{ attention: Block }>("layers");
const storedValues = (name: string) => valuesOf(reference.parameters[name]!);

describe("a transformer block of our layers", async () => {
  const [batch, tokens, width] = reference.x.shape as [number, number, number];
  const { heads } = reference;
  const headWidth = width / heads;
  const random = new Random(1);
  const context = denseContext(true);
  const norm1 = new LayerNormalization("norm1", width, random);
  const norm2 = new LayerNormalization("norm2", width, random);
  const hidden = reference.parameters["fc1.bias"]!.shape[0]!;
  const fc1 = new Linear("fc1", width, hidden, random);
  const fc2 = new Linear("fc2", hidden, width, random);
  // Attention has no bias in its projections: a feature that is always 1 stands for it, in one more column of weights
  const attention = new Attention("attention", { width: width + 1, heads, headWidth }, random);

  const set = (parameter: Parameter, name: string) => parameter.data.set(storedValues(name));
  set(norm1.gamma, "norm1.gamma");
  set(norm1.beta, "norm1.beta");
  set(norm2.gamma, "norm2.gamma");
  set(norm2.beta, "norm2.beta");
  set(fc1.weight, "fc1.weight");
  set(fc1.bias, "fc1.bias");
  set(fc2.weight, "fc2.weight");
  set(fc2.bias, "fc2.bias");
  const [weight, bias] = [storedValues("qkv.weight"), storedValues("qkv.bias")];
  attention.project.data = Float32Array.from({ length: 3 * width * (width + 1) }, (_, i) => {
    const [row, column] = [Math.floor(i / (width + 1)), i % (width + 1)];
    return column === width ? bias[row]! : weight[row * width + column]!;
  });
  attention.output.data.fill(0).set(storedValues("proj.weight"));
  attention.bias.data.fill(0).set(storedValues("proj.bias"));

  const x = input("x", reference.x.shape);
  const call = (layer: { call(x: Tensor[], c: typeof context): readonly Tensor[] }, tensor: Tensor) =>
    layer.call([tensor], context)[0]!;
  const extended = concat([call(norm1, x), fill([batch, tokens, 1], 1)], 2);
  const mixed = slice(call(attention, extended), [0, 0, 0], [batch, tokens, width]);
  const middle = add(x, mixed);
  const y = add(middle, call(fc2, gelu(call(fc1, call(norm2, middle)))));
  const loss = sum(mul(y, constant(valuesOf(reference.cotangent), reference.cotangent.shape)));
  const sources: Record<string, Tensor> = {
    x,
    "norm1.gamma": norm1.gamma.tensor,
    "norm1.beta": norm1.beta.tensor,
    "norm2.gamma": norm2.gamma.tensor,
    "norm2.beta": norm2.beta.tensor,
    "fc1.weight": fc1.weight.tensor,
    "fc1.bias": fc1.bias.tensor,
    "fc2.weight": fc2.weight.tensor,
    "fc2.bias": fc2.bias.tensor,
  };
  const names = Object.keys(sources);
  const gradients = Object.fromEntries(
    grad(loss, Object.values(sources)).map((g, i) => [`to ${names[i]}`, g]),
  );
  const [toProject, toOutput, toBias] = grad(loss, [
    attention.project.tensor,
    attention.output.tensor,
    attention.bias.tensor,
  ]);
  gradients["to qkv.weight"] = slice(toProject!, [0, 0], [3 * width, width]);
  gradients["to qkv.bias"] = slice(toProject!, [0, width], [3 * width, width + 1]);
  gradients["to proj.weight"] = slice(toOutput!, [0, 0], [width, width]);
  gradients["to proj.bias"] = slice(toBias!, [0], [width]);
  const program = await compile({ inputs: [x], outputs: { y, ...gradients } }, { threads: 1 });
  const results = await program.run({ x: valuesOf(reference.x) });

  it("has the output of PyTorch", () => {
    expect(norm1.eps).toBe(reference.epsilon);
    expect(results.y!.shape).toEqual(reference.y.shape);
    expect(mismatch(results.y!.data as Float32Array, reference.y)).toBeLessThan(2e-6);
  });

  it.each(Object.keys(reference.gradients))("has the gradient of PyTorch for %s", (name) => {
    expect(mismatch(results[`to ${name}`]!.data as Float32Array, reference.gradients[name]!)).toBeLessThan(
      5e-6,
    );
  });
});
