import { compile, type Program } from "../src/runtime/node.ts";
import { add, input, matmul, reshape, slice } from "../src/tensor/index.ts";
import { addition, additionsOf } from "./additions.ts";
import { type Benchmark, type BenchmarkOptions, type Contender, local } from "./benchmark.ts";
import type { CaseResult } from "./compare.ts";

const size = 1024;
/** 64 MB an array: larger than the caches of most processors. */
const count = 16 * 2 ** 20;
const additions = 8;
/** Numbers of each result that are compared. */
const compared = 1000;

/** Small whole numbers, so that every order of summation gives the same product. */
const ramp = (length: number, period: number): Float32Array =>
  Float32Array.from({ length }, (_, i) => (i % period) - Math.floor(period / 2));

const pair = (length: number) => ({ a: ramp(length, 7), b: ramp(length, 5) });

// Both return only the start of their result, since the runtime copies what it returns.

async function matrixMultiply({ threads }: BenchmarkOptions): Promise<Contender> {
  const product = matmul(input("a", [size, size]), input("b", [size, size]));
  const y = slice(reshape(product, [size * size]), [0], [compared]);
  return contender(await compile({ outputs: { y } }, { threads }), pair(size * size));
}

/** Adds one array over and over. */
async function sums({ threads }: BenchmarkOptions): Promise<Contender> {
  const b = input("b", [count]);
  let sum = input("a", [count]);
  for (let i = 0; i < additions; i++) sum = add(sum, b);
  const y = slice(sum, [0], [compared]);
  return contender(await compile({ outputs: { y } }, { threads }), pair(count));
}

function contender(program: Program, feeds: Record<string, Float32Array>): Contender {
  const run = () => program.run(feeds);
  return local("ONNX Runtime", async () => Array.from((await run()).y!.data.slice(0, compared), Number), run);
}

/** In units of 10⁹ a second: the fastest measured of either side. */
export interface MachineRates {
  readonly multiplyOperations: number;
  readonly memoryBytes: number;
  readonly additions: number;
}

export function machineRates(results: readonly CaseResult[]): MachineRates {
  const rates = results.map(({ ours, peers }) => Math.max(...[...ours, ...peers].map(({ rate }) => rate)));
  const [multiplyOperations, memoryBytes, additions] = rates as [number, number, number];
  return { multiplyOperations, memoryBytes, additions };
}

/** What the machine can do: every other benchmark gives its rate as a share of the matrix multiply's. */
export const machine: Benchmark = {
  name: "machine",
  title:
    "What the machine can do: a product of two 1024 × 1024 matrices; sums of two arrays of 64 MB; additions",
  peer: "machine.py",
  prepare: async (options) => ({
    config: { size, count, additions, compared },
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
        work: { amount: additions * 3 * 4 * count, unit: "bytes" },
        compared: "sums",
        tolerance: 0,
        ours: () => sums(options),
      },
      {
        name: "additions in the nearest cache",
        work: { amount: additionsOf(options.threads), unit: "operations" },
        compared: "sums",
        tolerance: 0,
        ours: () => addition(options.threads),
      },
    ],
  }),
};
