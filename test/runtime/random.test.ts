import { describe, expect, it } from "vitest";
import { StriateError } from "../../src/error.ts";
import { kernelsOver } from "../../src/runtime/kernels/parameters.ts";
import { Random } from "../../src/runtime/random.ts";

type Four = readonly [number, number, number, number];

/** One Philox block as the paper writes it, in exact integers. */
function philoxScalar(counter: Four, key: readonly [number, number]): number[] {
  const mask = 0xffffffffn;
  let [x0, x1, x2, x3] = counter.map(BigInt);
  let [k0, k1] = key.map(BigInt);
  for (let round = 0; round < 10; round++) {
    const [p0, p1] = [0xd2511f53n * x0, 0xcd9e8d57n * x2];
    [x0, x1, x2, x3] = [(p1 >> 32n) ^ x1 ^ k0, p1 & mask, (p0 >> 32n) ^ x3 ^ k1, p0 & mask];
    [k0, k1] = [(k0 + 0x9e3779b9n) & mask, (k1 + 0xbb67ae85n) & mask];
  }
  return [x0, x1, x2, x3].map(Number);
}

function philoxKernel(counter: Four, key: readonly [number, number], blocks: number): number[] {
  const memory = new WebAssembly.Memory({ initial: 1 });
  kernelsOver(memory).philoxWords(64, blocks, ...key, ...counter);
  return [...new Uint32Array(memory.buffer, 64, blocks * 4)];
}

describe("Philox 4x32-10", () => {
  // kat_vectors of Random123, the authors' implementation
  it.each([
    [
      [0, 0, 0, 0],
      [0, 0],
      [0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8],
    ],
    [
      [0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff],
      [0xffffffff, 0xffffffff],
      [0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd],
    ],
    [
      [0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344],
      [0xa4093822, 0x299f31d0],
      [0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1],
    ],
  ] as [Four, [number, number], number[]][])(
    "gives the published answer for counter %j",
    (counter, key, answer) => {
      expect(philoxKernel(counter, key, 1)).toEqual(answer);
      expect(philoxScalar(counter, key)).toEqual(answer);
    },
  );

  it("numbers blocks one after the other, also where the low word of the counter wraps", () => {
    const key = [0x12345678, 0x9abcdef0] as const;
    for (const [low, high] of [
      [0, 0],
      [1001, 3],
      [0xfffffffd, 7],
      [0xffffffff, 0xffffffff],
    ]) {
      const first = (BigInt(high) << 32n) | BigInt(low);
      const expected = Array.from({ length: 11 }, (_, i) => {
        const number = BigInt.asUintN(64, first + BigInt(i));
        return philoxScalar([Number(number & 0xffffffffn), Number(number >> 32n), 5, 6], key);
      });
      expect(philoxKernel([low, high, 5, 6], key, 11)).toEqual(expected.flat());
    }
  });
});

describe("streams", () => {
  it("fill arrays with the words of their key, 2^-24 apart", () => {
    const seed = 2 ** 40 + 99;
    const words = [0, 1, 2].flatMap((block) => philoxScalar([block, 0, 0, 0], [99, 256]));
    const expected = Float32Array.from(words, (word) => Math.floor(word / 256) / 2 ** 24);
    expect(new Random(seed).fillUniform(new Float32Array(12))).toEqual(expected);
  });

  it("give the same numbers whatever the pieces a fill is made in, when these are whole blocks", () => {
    const whole = new Random(5).fillNormal(new Float32Array(20_000));
    const pieces = new Random(5);
    for (const [from, to] of [
      [0, 4],
      [4, 8200],
      [8200, 16_392],
      [16_392, 20_000],
    ]) {
      expect(pieces.fillNormal(new Float32Array(to - from))).toEqual(whole.subarray(from, to));
    }
  });

  it.each([1, 2, 3, 5, 8191, 8193])("fill %i numbers and write nothing beyond them", (length) => {
    const room = new Float32Array(length + 8).fill(9);
    new Random(1).fillUniform(room.subarray(0, length));
    expect(room.subarray(0, length).every((x) => x < 1)).toBe(true);
    new Random(1).fillNormal(room.subarray(0, length));
    expect(room.subarray(0, length).every((x) => x !== 9)).toBe(true);
    expect([...room.subarray(length)]).toEqual(Array(8).fill(9));
  });

  it("never repeat: single draws and fills take turns on one stream", () => {
    const random = new Random(8);
    const seen = new Set<number>();
    let drawn = 0;
    for (let turn = 0; turn < 300; turn++) {
      seen.add(random.integer(2 ** 32));
      random.fillUniform(new Float32Array(turn % 7)).forEach((x) => void seen.add(x));
      seen.add(random.uniform());
      drawn += 2 + (turn % 7);
    }
    expect(seen.size).toBe(drawn);
  });

  it("differ by seed and agree for one seed", () => {
    const draw = (seed: number) =>
      Array.from(
        { length: 8 },
        (
          (r) => () =>
            r.integer(2 ** 32)
        )(new Random(seed)),
      );
    const seeds = [0, 1, 2, 2 ** 32, 2 ** 32 + 1, Number.MAX_SAFE_INTEGER];
    expect(seeds.map(draw)).toEqual(seeds.map(draw));
    expect(new Set(seeds.flatMap(draw)).size).toBe(seeds.length * 8);
  });

  it("keep their bits from release to release", () => {
    const random = new Random(42);
    expect(random.uniform()).toBe(GOLDEN.uniform);
    expect(random.normal()).toBe(GOLDEN.normal);
    expect(random.integer(1000)).toBe(GOLDEN.integer);
    expect([...random.permutation(8)]).toEqual(GOLDEN.permutation);
    expect([...random.fillNormal(new Float32Array(3), 1, 2)]).toEqual(GOLDEN.normals);
    expect([...random.fillUniform(new Float32Array(3), -1, 1)]).toEqual(GOLDEN.uniforms);
    expect(random.split("dropout").state()).toEqual(GOLDEN.child);
  });
});

/** Recorded with pure-rand 8.4.2: a change means that old runs cannot be repeated. */
const GOLDEN = {
  uniform: 0.22943240396333608,
  normal: -0.07318153232336044,
  integer: 365,
  permutation: [2, 1, 0, 4, 5, 7, 6, 3],
  normals: [2.588416814804077, -1.536442518234253, 1.2695176601409912],
  uniforms: [-0.37030506134033203, -0.4130643606185913, -0.8964322805404663],
  child: { algorithm: "philox4x32-10", key: [1557763320, 2094252045], position: 0 },
};

describe("split", () => {
  it("depends on the seed and the label, not on what was drawn before", () => {
    const [used, fresh] = [new Random(3), new Random(3)];
    used.fillNormal(new Float32Array(1000));
    used.split("another");
    expect(used.split("weights").state()).toEqual(fresh.split("weights").state());
    expect(fresh.state().position).toBe(0);
  });

  it("gives every seed, label and path its own key", () => {
    const labels = ["", "a", "b", "ab", "a\0", "12345678", "123456789", "1234567", "é", "weights", "bias"];
    const keys = new Set<string>();
    for (const seed of [0, 1, 2 ** 33]) {
      keys.add(new Random(seed).state().key.join());
      for (const label of labels) {
        const child = new Random(seed).split(label);
        keys.add(child.state().key.join());
        for (const next of labels) keys.add(child.split(next).state().key.join());
      }
    }
    expect(keys.size).toBe(3 * (1 + labels.length + labels.length ** 2));
  });

  it("gives children whose numbers do not correlate", () => {
    const n = 100_000;
    const parent = new Random(7);
    const [a, b] = ["1", "2"].map((label) => parent.split(label).fillNormal(new Float32Array(n)));
    const c = parent.fillNormal(new Float32Array(n));
    for (const [x, y] of [
      [a, b],
      [a, c],
      [b, c],
    ]) {
      let sum = 0;
      for (let i = 0; i < n; i++) sum += x[i] * y[i];
      expect(Math.abs(sum / Math.sqrt(n))).toBeLessThan(4);
    }
  });
});

describe("state", () => {
  const drawAll = (random: Random) => [
    random.uniform(),
    random.normal(),
    ...random.fillUniform(new Float32Array(5)),
    random.integer(6),
    ...random.permutation(30),
    ...random.fillNormal(new Float32Array(7)),
    random.split("x").uniform(),
  ];

  it("continues with the same bits from JSON, wherever it was taken", () => {
    for (const draws of [0, 1, 2, 3, 4, 5, 255, 256, 257]) {
      const random = new Random(11).split("order");
      for (let i = 0; i < draws; i++) random.integer(2 ** 32);
      const resumed = Random.fromState(JSON.parse(JSON.stringify(random.state())));
      expect(drawAll(resumed)).toEqual(drawAll(random));
      expect(resumed.state()).toEqual(random.state());
    }
  });

  it("continues far along a stream", () => {
    const state = { algorithm: "philox4x32-10", key: [1, 2], position: 2 ** 34 - 8 } as const;
    const words = [2 ** 32 - 2, 2 ** 32 - 1, 2 ** 32].flatMap((block) =>
      philoxScalar([block % 2 ** 32, Math.floor(block / 2 ** 32), 0, 0], [1, 2]),
    );
    const expected = Float32Array.from(words, (word) => Math.floor(word / 256) / 2 ** 24);
    expect(Random.fromState(state).fillUniform(new Float32Array(12))).toEqual(expected);
    const random = Random.fromState(state);
    // pure-rand's integers count words from −2³¹
    expect(words.map(() => random.integer(2 ** 32))).toEqual(words.map((word) => (word + 2 ** 31) % 2 ** 32));
  });

  it.each([
    undefined,
    null,
    {},
    { algorithm: "mt19937", key: [1, 2], position: 0 },
    { algorithm: "philox4x32-10", key: [1], position: 0 },
    { algorithm: "philox4x32-10", key: [1, -2], position: 0 },
    { algorithm: "philox4x32-10", key: [1, 2 ** 32], position: 0 },
    { algorithm: "philox4x32-10", key: "12", position: 0 },
    { algorithm: "philox4x32-10", key: [1, 2], position: -1 },
    { algorithm: "philox4x32-10", key: [1, 2], position: 0.5 },
    { algorithm: "philox4x32-10", key: [1, 2] },
  ])("refuses %j", (state) => {
    expect(() => Random.fromState(state as never)).toThrow(StriateError);
  });
});

/** Mean of the k-th powers, and how far it may lie from the true one: five standard errors. */
function expectMoment(numbers: Float32Array, power: number, mean: number, variance: number) {
  let sum = 0;
  for (const x of numbers) sum += x ** power;
  expect(Math.abs(sum / numbers.length - mean)).toBeLessThan(5 * Math.sqrt(variance / numbers.length));
}

/** Pearson's χ² of counts against expected ones, as deviations from its mean: about standard normal. */
function chiSquareDeviation(counts: ArrayLike<number>, expected: (bin: number) => number): number {
  let sum = 0;
  for (let bin = 0; bin < counts.length; bin++) sum += (counts[bin] - expected(bin)) ** 2 / expected(bin);
  const freedom = counts.length - 1;
  return (sum - freedom) / Math.sqrt(2 * freedom);
}

describe("distributions", () => {
  it("fillUniform: moments, χ² over 256 bins, pairs over 64 × 64", () => {
    const n = 1_000_000;
    const u = new Random(1).fillUniform(new Float32Array(n));
    for (const k of [1, 2, 3, 4]) expectMoment(u, k, 1 / (k + 1), 1 / (2 * k + 1) - 1 / (k + 1) ** 2);
    const bins = new Uint32Array(256);
    const pairs = new Uint32Array(64 * 64);
    for (const x of u) bins[Math.floor(x * 256)]++;
    for (let i = 0; i < n; i += 2) pairs[Math.floor(u[i] * 64) * 64 + Math.floor(u[i + 1] * 64)]++;
    expect(Math.abs(chiSquareDeviation(bins, () => n / 256))).toBeLessThan(4);
    expect(Math.abs(chiSquareDeviation(pairs, () => n / 2 / 4096))).toBeLessThan(4);
  });

  it("fillUniform between bounds", () => {
    const x = new Random(2).fillUniform(new Float32Array(100_000), -3, 5);
    expect(x.every((number) => number >= -3 && number <= 5)).toBe(true);
    expectMoment(x, 1, 1, 64 / 12);
  });

  it("fillNormal: moments, χ² over 60 bins, tails, pairs uncorrelated in value and square", () => {
    const n = 2_000_000;
    const z = new Random(3).fillNormal(new Float32Array(n));
    const moment = [1, 0, 1, 0, 3, 0, 15, 0, 105, 0, 945, 0, 10395];
    for (const k of [1, 2, 3, 4, 6]) expectMoment(z, k, moment[k], moment[2 * k] - moment[k] ** 2);
    const bins = new Uint32Array(60);
    for (const x of z) bins[Math.min(59, Math.max(0, Math.floor((x + 3) * 10)))]++;
    const edge = (bin: number) => (bin <= 0 ? 0 : bin >= 60 ? 1 : cumulativeNormal(bin / 10 - 3));
    expect(Math.abs(chiSquareDeviation(bins, (bin) => n * (edge(bin + 1) - edge(bin))))).toBeLessThan(4);
    const beyond4 = z.filter((x) => Math.abs(x) > 4).length;
    expect(Math.abs(beyond4 - n * 6.334e-5)).toBeLessThan(5 * Math.sqrt(n * 6.334e-5));
    for (const lag of [1, 2, 3, 4]) {
      let [products, squares] = [0, 0];
      for (let i = lag; i < n; i++) {
        products += z[i] * z[i - lag];
        squares += (z[i] ** 2 - 1) * (z[i - lag] ** 2 - 1);
      }
      expect(Math.abs(products / Math.sqrt(n))).toBeLessThan(5);
      expect(Math.abs(squares / (2 * Math.sqrt(n)))).toBeLessThan(5);
    }
  });

  it("fillNormal equals Box and Muller's formula on the same words", () => {
    const n = 400_000;
    const z = new Random(4).fillNormal(new Float32Array(n));
    const source = new Random(4);
    let error = 0;
    for (let i = 0; i < n; i += 2) {
      const [a, b] = [source.integer(2 ** 32), source.integer(2 ** 32)].map(
        (word) => (word + 2 ** 31) % 2 ** 32,
      );
      const radius = Math.sqrt(-2 * Math.log(Math.fround(Math.floor(a / 2) | 1) / 2 ** 31));
      const angle = (2 * Math.PI * b) / 2 ** 32;
      error = Math.max(error, Math.abs(z[i] - radius * Math.cos(angle)));
      error = Math.max(error, Math.abs(z[i + 1] - radius * Math.sin(angle)));
    }
    expect(error).toBeLessThan(1e-6);
    const shifted = new Random(4).fillNormal(new Float32Array(n), 10, 2);
    expect(shifted).toEqual(z.map((x) => 10 + 2 * x));
  });

  it("fillNormal is finite and exact at the ends of the words' range", () => {
    const memory = new WebAssembly.Memory({ initial: 1 });
    const words = new Uint32Array(memory.buffer, 0, 8);
    const numbers = new Float32Array(memory.buffer, 0, 8);
    words.set([0, 0, 0, 0x40000000, 0xffffffff, 0x80000000, 0x80000000, 0xffffffff]);
    kernelsOver(memory).wordsToNormal(0, 8, 0, 1);
    const most = Math.sqrt(-2 * Math.log(2 ** -31));
    const middle = Math.sqrt(2 * Math.LN2);
    const expected = [most, 0, 0, most, 0, 0, middle, 0];
    for (const [i, x] of expected.entries()) expect(Math.abs(numbers[i] - x)).toBeLessThan(2e-6);
  });

  it("uniform and normal: moments", () => {
    const random = new Random(5);
    const u = Float32Array.from({ length: 100_000 }, () => random.uniform());
    for (const k of [1, 2]) expectMoment(u, k, 1 / (k + 1), 1 / (2 * k + 1) - 1 / (k + 1) ** 2);
    const z = Float32Array.from({ length: 20_000 }, () => random.normal());
    expectMoment(z, 1, 0, 1);
    expectMoment(z, 2, 1, 2);
  });

  it("integer: every value alike, for sizes that do not divide 2^32 and above it", () => {
    const random = new Random(6);
    for (const n of [1, 2, 3, 7, 100]) {
      const counts = new Uint32Array(n);
      for (let i = 0; i < 50_000; i++) counts[random.integer(n)]++;
      if (n > 1) expect(chiSquareDeviation(counts, () => 50_000 / n)).toBeLessThan(5);
      else expect(counts[0]).toBe(50_000);
    }
    // 3 · 2³⁰ values by taking the remainder alone would give the first third twice as often
    const thirds = new Uint32Array(3);
    for (let i = 0; i < 50_000; i++) thirds[Math.floor(random.integer(3 * 2 ** 30) / 2 ** 30)]++;
    expect(chiSquareDeviation(thirds, () => 50_000 / 3)).toBeLessThan(5);
    const large = Array.from({ length: 1000 }, () => random.integer(Number.MAX_SAFE_INTEGER));
    expect(large.every(Number.isSafeInteger)).toBe(true);
    expect(Math.max(...large)).toBeGreaterThan(2 ** 52);
  });

  it("permutation: each order of four alike, each number once", () => {
    const random = new Random(7);
    const counts = new Map<string, number>();
    for (let i = 0; i < 24_000; i++) {
      const order = random.permutation(4).join();
      counts.set(order, (counts.get(order) ?? 0) + 1);
    }
    expect(counts.size).toBe(24);
    expect(chiSquareDeviation([...counts.values()], () => 1000)).toBeLessThan(4);
    const long = random.permutation(10_000);
    expect(long).not.toEqual(long.slice().sort());
    expect(long.slice().sort()).toEqual(Uint32Array.from({ length: 10_000 }, (_, i) => i));
    expect([...random.permutation(0)]).toEqual([]);
    expect([...random.permutation(1)]).toEqual([0]);
  });
});

/** Φ(x) by Simpson's rule over the density, far more exact than the counts compared with it. */
function cumulativeNormal(x: number): number {
  const steps = 2000;
  const h = x / steps;
  let sum = 0;
  for (let i = 0; i <= steps; i++) {
    const weight = i === 0 || i === steps ? 1 : i % 2 === 1 ? 4 : 2;
    sum += weight * Math.exp(-((i * h) ** 2) / 2);
  }
  return 0.5 + (sum * h) / 3 / Math.sqrt(2 * Math.PI);
}

it.each([
  ["the seed is -1", () => new Random(-1)],
  ["the seed is 0.5", () => new Random(0.5)],
  ["the seed is 9007199254740992", () => new Random(2 ** 53)],
  ["the seed is undefined", () => new Random(undefined as never)],
  ["integer(0)", () => new Random(1).integer(0)],
  ["integer(1.5)", () => new Random(1).integer(1.5)],
  ["permutation(-1)", () => new Random(1).permutation(-1)],
  ["permutation(4294967296)", () => new Random(1).permutation(2 ** 32)],
])("refuses: %s", (message, act) => {
  expect(act).toThrow(StriateError);
  expect(act).toThrow(message);
});
