import type { NumericArrayLike } from "../src/formats/array.ts";
import type { LoweringName } from "../src/runtime/index.ts";
import type { CaseResult } from "./compare.ts";
import type { MachineRates } from "./machine.ts";

/** What one round of steps took. */
export interface Round {
  /** Wall-clock time. */
  readonly seconds: number;
  /** Processor time of the contender's own process. */
  readonly cpuSeconds: number;
}

/** One way of doing a case: ours, or a variant of a peer. */
export interface Contender {
  readonly name: string;
  /** True where it rounds on purpose, with 8-bit weights say: its time is shown, but it is not what peers are compared with. */
  readonly approximates?: boolean;
  /** Numbers to compare with the other contenders', from the initial weights. Called once, before any round. */
  check(): Promise<number[]>;
  /** Does this many steps. */
  round(steps: number): Promise<Round>;
  /** Gives back what it holds, after its last round. */
  release?(): Promise<void>;
}

/** What is done in one step: the same for every contender. */
export interface Case {
  readonly name: string;
  /** Floating-point operations (two for each multiply-accumulate), bytes moved or events decoded in one step. */
  readonly work: { readonly amount: number; readonly unit: "operations" | "bytes" | "events" };
  /** What spikes make of it: for the distance from the machine's limits. */
  readonly events?: EventWork;
  /** What check() returns, in words. */
  readonly compared: string;
  /** How far check() may lie from a peer's, relative to its largest number. */
  readonly tolerance: number;
  /** Our ways of doing it; the peers are compared with the fastest. Results are compared with the first one's. */
  ours(): Promise<Contender | readonly Contender[]>;
}

/** The least that a step can be done with when nothing is computed that no spike asks for. */
export interface EventWork {
  /** Additions of one weight to one membrane. */
  readonly additions: number;
  /** Bytes of weights, inputs and outputs, each read or written once. */
  readonly bytes: number;
}

export interface BenchmarkOptions {
  readonly threads: number;
  readonly lowering: LoweringName | "auto";
}

/** Cases, and what the peer needs to do them too. */
export interface Prepared {
  /** What to know of the networks and inputs: printed first. */
  readonly remarks?: readonly string[];
  readonly cases: readonly Case[];
  /** Written to config.json in the peer's folder. */
  readonly config: object;
  /** Written as safetensors files by these names. */
  readonly files: Readonly<Record<string, Readonly<Record<string, NumericArrayLike>>>>;
}

export interface Benchmark {
  readonly name: string;
  readonly title: string;
  /** The peer's program in bench/peers. */
  readonly peer: string;
  prepare(options: BenchmarkOptions): Promise<Prepared>;
  /** Figures of the results: SVG, by the names of files in runs/bench/. */
  figures?(results: readonly CaseResult[], rates: MachineRates | undefined): Readonly<Record<string, string>>;
}

/** A contender in this process. */
export function local(name: string, check: () => Promise<number[]>, step: () => Promise<unknown>): Contender {
  return {
    name,
    check,
    round: async (steps) => {
      const cpu = process.cpuUsage();
      const start = performance.now();
      for (let i = 0; i < steps; i++) await step();
      const seconds = (performance.now() - start) / 1000;
      const { user, system } = process.cpuUsage(cpu);
      return { seconds, cpuSeconds: (user + system) / 1e6 };
    },
  };
}
