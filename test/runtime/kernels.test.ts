import { execFileSync } from "node:child_process";
import { readFileSync, statSync } from "node:fs";
import { InferenceSession, Tensor } from "onnxruntime-node";
import { describe, expect, it } from "vitest";
import { StriateError } from "../../src/error.ts";
import { kernelBytes } from "../../src/runtime/kernels/parameters.ts";
import { ParameterMemory } from "../../src/runtime/memory.ts";
import { Random } from "../../src/runtime/random.ts";

const f = Math.fround;
/** Lengths around the kernels' step of four and the regions' step of sixteen. */
const LENGTHS = [1, 2, 3, 4, 5, 7, 8, 15, 16, 17, 31, 33, 1003];

/** Arrays side by side in one memory, filled with normal numbers, and their addresses. */
function spans(length: number, ...names: string[]) {
  const memory = new ParameterMemory(
    ["before", ...names, "after"].map((name) => ({ name, shape: [length] })),
  );
  const arrays = names.map((name) => new Random(length).split(name).fillNormal(memory.get(name)));
  memory.get("before").fill(7);
  memory.get("after").fill(7);
  return { memory, kernels: memory.kernels, arrays, addresses: arrays.map((array) => memory.address(array)) };
}

function expectNeighboursUntouched(memory: ParameterMemory) {
  for (const name of ["before", "after"]) {
    expect(memory.get(name)).toEqual(new Float32Array(memory.get(name).length).fill(7));
  }
}

const flush = (x: number, least = 1e-30) => (Math.abs(x) < f(least) ? 0 : x);

describe.each(LENGTHS)("kernels over %i numbers equal their scalar form bit for bit", (length) => {
  const [rate, decay, scale] = [0.1, 0.01, 0.7].map(f);

  it("sgd", () => {
    const { memory, kernels, arrays, addresses } = spans(length, "value", "gradient");
    const [value, gradient] = arrays;
    const expected = value.map((w, i) => f(w - f(rate * f(f(scale * gradient[i]) + f(decay * w)))));
    kernels.sgd(addresses[0], addresses[1], length, rate, decay, scale);
    expect(value).toEqual(expected);
    expectNeighboursUntouched(memory);
  });

  it.each([0, 1])("sgdMomentum, nesterov %i", (nesterov) => {
    const { memory, kernels, arrays, addresses } = spans(length, "value", "gradient", "velocity");
    const [value, gradient, velocity] = arrays;
    const momentum = f(0.9);
    const expected = { value: value.slice(), velocity: velocity.slice() };
    for (const [i, w] of value.entries()) {
      const g = f(f(scale * gradient[i]) + f(decay * w));
      const u = flush(f(f(momentum * velocity[i]) + g));
      expected.velocity[i] = u;
      expected.value[i] = f(w - f(rate * (nesterov ? f(g + f(momentum * u)) : u)));
    }
    const [w, g, u] = addresses;
    kernels.sgdMomentum(w, g, u, length, rate, momentum, nesterov, decay, scale);
    expect(value).toEqual(expected.value);
    expect(velocity).toEqual(expected.velocity);
    expectNeighboursUntouched(memory);
  });

  it("adam", () => {
    const { memory, kernels, arrays, addresses } = spans(length, "value", "gradient", "first", "second");
    const [value, gradient, first, second] = arrays;
    for (const [i, x] of second.entries()) second[i] = x * x;
    if (length > 4) gradient.set([1e-16, 1e-31, 1e-40, -1e-16], 0);
    if (length > 4) second.set([0, 0, 1e-30, 1e-29], 0);
    const [gain1, hold2, gain2, size, root, epsilon, keep] = [0.1, 0.99, 0.01, 0.02, 1.5, 1e-8, 0.999].map(f);
    const expected = { value: value.slice(), first: first.slice(), second: second.slice() };
    for (let i = 0; i < length; i++) {
      const w = f(keep * value[i]);
      const g = f(f(scale * flush(gradient[i], 1e-15)) + f(decay * w));
      const m = flush(f(first[i] + f(gain1 * f(g - first[i]))));
      const v = flush(f(f(hold2 * second[i]) + f(f(gain2 * g) * g)));
      expected.first[i] = m;
      expected.second[i] = v;
      expected.value[i] = f(w - f(f(size * m) / f(f(root * f(Math.sqrt(v))) + epsilon)));
    }
    const [w, g, m, v] = addresses;
    kernels.adam(w, g, m, v, length, gain1, hold2, gain2, size, root, epsilon, keep, decay, scale);
    expect(value).toEqual(expected.value);
    expect(first).toEqual(expected.first);
    expect(second).toEqual(expected.second);
    expectNeighboursUntouched(memory);
  });

  it("sumOfSquares", () => {
    const { kernels, arrays, addresses } = spans(length, "x");
    const sums = [0, 0, 0, 0];
    for (const [i, x] of arrays[0].entries()) sums[i % 4] += x * x;
    expect(kernels.sumOfSquares(addresses[0], length)).toBe(sums[0] + sums[2] + (sums[1] + sums[3]));
    arrays[0].fill(3e38);
    expect(kernels.sumOfSquares(addresses[0], length) / (length * f(3e38) ** 2)).toBeCloseTo(1, 12);
  });

  it("firstNonFinite", () => {
    const { kernels, arrays, addresses } = spans(length, "x");
    const [x] = arrays;
    x[0] = 3.4028234663852886e38;
    expect(kernels.firstNonFinite(addresses[0], length)).toBe(-1);
    for (const strange of [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]) {
      for (let index = length - 1; index >= 0; index -= Math.ceil(length / 40)) {
        x[index] = strange;
        expect(kernels.firstNonFinite(addresses[0], length)).toBe(index);
      }
      x.fill(1);
    }
  });
});

describe("ParameterMemory", () => {
  it("lays regions out in order, aligned to 64 bytes, zero, apart from each other", () => {
    const memory = new ParameterMemory([
      { name: "scalar", shape: [] },
      { name: "kernel", shape: [3, 2, 3, 3] },
      { name: "bias", shape: [17] },
    ]);
    expect(memory.names).toEqual(["scalar", "kernel", "bias"]);
    expect(memory.names.map((name) => memory.get(name).length)).toEqual([1, 54, 17]);
    expect(memory.names.map((name) => memory.get(name).byteOffset)).toEqual([0, 64, 320]);
    expect(memory.shape("kernel")).toEqual([3, 2, 3, 3]);
    expect(memory.get("kernel")).toBe(memory.get("kernel"));
    expect(memory.has("kernel")).toBe(true);
    expect(memory.has("weight")).toBe(false);
    expect(memory.get("kernel").every((number) => number === 0)).toBe(true);
    expect(memory.get("bias").buffer).toBeInstanceOf(ArrayBuffer);
  });

  it("never grows, so that views stay attached", () => {
    const memory = new ParameterMemory([{ name: "a", shape: [70_000] }]);
    const view = memory.get("a");
    expect(() => memory.memory.grow(1)).toThrow(RangeError);
    expect(view.length).toBe(70_000);
  });

  it.each([
    [
      "two regions are named",
      [
        { name: "a", shape: [1] },
        { name: "a", shape: [2] },
      ],
    ],
    ['region "a" has shape [2, 0]', [{ name: "a", shape: [2, 0] }]],
    ['region "a" has shape [2.5]', [{ name: "a", shape: [2.5] }]],
    ['region "a" has shape [-1]', [{ name: "a", shape: [-1] }]],
    ["1 regions need 4.00 GiB", [{ name: "a", shape: [1024, 1024, 1024] }]],
    ["GiB, one WebAssembly memory holds under 4 GiB", [{ name: "a", shape: [2 ** 40, 2 ** 40] }]],
  ])("refuses a layout: %s", (message, regions) => {
    expect(() => new ParameterMemory(regions)).toThrow(StriateError);
    expect(() => new ParameterMemory(regions)).toThrow(message);
  });

  it("knows its own regions only", () => {
    const memory = new ParameterMemory([{ name: "a", shape: [20] }]);
    const other = new ParameterMemory([{ name: "a", shape: [20] }]);
    expect(memory.address(memory.get("a"))).toBe(0);
    for (const array of [other.get("a"), memory.get("a").subarray(4), memory.get("a").subarray(0, 4)]) {
      expect(() => memory.address(array)).toThrow("is not a region of this memory");
    }
    expect(() => memory.get("b")).toThrow('no region is named "b". The regions are: a');
  });

  it("is read and written in place by ONNX Runtime", async () => {
    // y = x + x over five float32
    const model = "CAg6NQoOCgF4CgF4EgF5IgNBZGQSAWdaDwoBeBIKCggIARIECgIIBWIPCgF5EgoKCAgBEgQKAggFQgQKABAN";
    const memory = new ParameterMemory([
      { name: "x", shape: [5] },
      { name: "y", shape: [5] },
      { name: "z", shape: [5] },
    ]);
    memory.get("x").set([1, 2, 3, 4, 5]);
    const session = await InferenceSession.create(Buffer.from(model, "base64"));
    const x = new Tensor("float32", memory.get("x"), [5]);
    await session.run({ x }, { y: new Tensor("float32", memory.get("y"), [5]) });
    expect([...memory.get("y")]).toEqual([2, 4, 6, 8, 10]);
    memory.kernels.sgd(memory.address(memory.get("x")), memory.address(memory.get("y")), 5, 0.5, 0, 1);
    memory.get("x").fill(9, 2, 3);
    await session.run({ x }, { y: new Tensor("float32", memory.get("y"), [5]) });
    expect([...memory.get("y")]).toEqual([0, 0, 18, 0, 0]);
    expect([...memory.get("z")]).toEqual([0, 0, 0, 0, 0]);
    await session.release();
  });
});

describe("the compiled module", () => {
  it("needs a memory and nothing else, and carries no data that could overwrite parameters", async () => {
    const module = await WebAssembly.compile(kernelBytes());
    expect(WebAssembly.Module.imports(module)).toEqual([{ module: "env", name: "memory", kind: "memory" }]);
    const memory = new WebAssembly.Memory({ initial: 1, maximum: 1 });
    new Uint8Array(memory.buffer).fill(0xa5);
    await WebAssembly.instantiate(module, { env: { memory } });
    expect(new Uint8Array(memory.buffer).every((byte) => byte === 0xa5)).toBe(true);
  });

  it("is up to date, and writing it again changes nothing", () => {
    const path = new URL("../../src/runtime/kernels/parameters.generated.ts", import.meta.url);
    const before = { text: readFileSync(path, "utf8"), time: statSync(path).mtimeMs };
    execFileSync(process.execPath, ["scripts/kernels.js"], { cwd: new URL("../..", import.meta.url) });
    expect(readFileSync(path, "utf8")).toBe(before.text);
    expect(statSync(path).mtimeMs).toBe(before.time);
  });
});
