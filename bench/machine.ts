import { compile } from "../src/runtime/node.ts";
import { add, input, matmul } from "../src/tensor/index.ts";
import { type Benchmark, type BenchmarkOptions, type Contender, local } from "./benchmark.ts";

const size = 1024;
/** 64 MB an array: larger than the caches of most processors. */
const count = 16 * 2 ** 20;

/** Small whole numbers, so that every order of summation gives the same product. */
const ramp = (length: number, period: number): Float32Array =>
  Float32Array.from({ length }, (_, i) => (i % period) - Math.floor(period / 2));

async function matrixMultiply(options: BenchmarkOptions): Promise<Contender> {
  const y = matmul(input("a", [size, size]), input("b", [size, size]));
  return contender({ y }, size * size, options);
}

async function addition(options: BenchmarkOptions): Promise<Contender> {
  return contender({ y: add(input("a", [count]), input("b", [count])) }, count, options);
}

async function contender(
  outputs: Parameters<typeof compile>[0]["outputs"],
  length: number,
  { threads }: BenchmarkOptions,
) {
  const program = await compile({ outputs }, { threads });
  const feeds = { a: ramp(length, 7), b: ramp(length, 5) };
  const into = { y: new Float32Array(length) };
  const run = () => program.run(feeds, into);
  return local("ONNX Runtime", async () => Array.from((await run()).y!.data.slice(0, 1000), Number), run);
}

/** What the machine can do: every other benchmark gives its rate as a share of the matrix multiply's. */
export const machine: Benchmark = {
  name: "machine",
  title: "What the machine can do: a product of two 1024 × 1024 matrices; a sum of two arrays of 64 MB",
  peer: "machine.py",
  prepare: async (options) => ({
    config: { size, count },
    files: {},
    cases: [
      {
        name: "matrix multiply",
        work: { amount: 2 * size ** 3, unit: "operations" },
        compared: "products",
        tolerance: 0,
        ours: () => matrixMultiply(options),
      },
      {
        name: "memory",
        work: { amount: 3 * 4 * count, unit: "bytes" },
        compared: "sums",
        tolerance: 0,
        ours: () => addition(options),
      },
    ],
  }),
};
