import { StriateError } from "../src/error.ts";
import type { Case, Contender } from "./benchmark.ts";
import type { IdleWatch } from "./idle.ts";
import type { Peer } from "./peer.ts";

export interface CompareOptions {
  /** Rounds that count, of each contender. */
  readonly rounds: number;
  /** Aimed length of one round. */
  readonly roundSeconds: number;
}

export interface Timing {
  readonly name: string;
  /** Milliseconds a step: the median of the rounds, and every round. */
  readonly milliseconds: number;
  readonly rounds: readonly number[];
  readonly stepsPerRound: number;
  /** Milliseconds of processor time a step, waiting threads included: the median of the rounds. */
  readonly cpuMilliseconds: number;
  /** Operations, bytes or events in one second, in units of 10⁹. */
  readonly rate: number;
  /** Median share of the machine that other processes took meanwhile. */
  readonly foreign: number;
  /** Largest distance of the outputs from our first contender's, relative to the largest of them; undefined for that. */
  readonly difference?: number;
  readonly approximates?: boolean;
}

export interface CaseResult {
  readonly name: string;
  readonly work: Case["work"];
  readonly events?: Case["events"];
  readonly compared: string;
  readonly tolerance: number;
  readonly ours: readonly Timing[];
  readonly peers: readonly Timing[];
  /** Our fastest that approximates nothing, and the fastest peer whose outputs agree, with how many times longer it takes. */
  readonly fastest: Timing;
  readonly best?: { readonly name: string; readonly ratio: number };
}

/** Times our ways and each of the peer's in turn, round by round, while all others are idle. */
export async function compare(
  task: Case,
  peer: Peer | undefined,
  watch: IdleWatch,
  options: CompareOptions,
): Promise<CaseResult> {
  const ours = [await task.ours()].flat();
  const contenders: Contender[] = [];
  const outputs: number[][] = [];
  for (const contender of [...ours, ...(peer?.contenders(task.name) ?? [])]) {
    const output = await contender.check().catch((error: unknown) => {
      // What PyTorch cannot compile is no reason not to time the rest.
      if (ours.includes(contender) || !(error instanceof StriateError)) throw error;
      console.warn(`bench: ${contender.name} left out: ${error.message.split("\n", 1)[0]}`);
    });
    if (output === undefined) continue;
    contenders.push(contender);
    outputs.push(output);
  }
  const steps: number[] = [];
  for (const contender of contenders) steps.push(await stepsOfRound(contender, watch, options.roundSeconds));

  const measured = contenders.map(() => ({
    rounds: [] as number[],
    cpu: [] as number[],
    foreign: [] as number[],
  }));
  for (let round = 0; round < options.rounds; round++) {
    for (const [i, contender] of contenders.entries()) {
      const { seconds, cpuSeconds, foreign } = await watch.time(() => contender.round(steps[i]!));
      measured[i]!.rounds.push((seconds * 1000) / steps[i]!);
      measured[i]!.cpu.push((cpuSeconds * 1000) / steps[i]!);
      measured[i]!.foreign.push(foreign);
    }
  }
  for (const contender of contenders) await contender.release?.();
  const timings = contenders.map(({ name, approximates }, i): Timing => {
    const { rounds, cpu, foreign } = measured[i]!;
    const milliseconds = median(rounds);
    return {
      name,
      milliseconds,
      rounds,
      stepsPerRound: steps[i]!,
      cpuMilliseconds: median(cpu),
      rate: task.work.amount / milliseconds / 1e6,
      foreign: median(foreign),
      ...(i > 0 && { difference: distance(outputs[0]!, outputs[i]!) }),
      ...(approximates && { approximates }),
    };
  });
  const { name, work, events, compared, tolerance } = task;
  const fastestOf = (some: readonly Timing[]) =>
    some
      .filter(({ difference = 0, approximates }) => difference <= tolerance && !approximates)
      .sort((a, b) => a.milliseconds - b.milliseconds)[0];
  const own = timings.slice(0, ours.length);
  const peers = timings.slice(ours.length);
  const fastest = fastestOf(own)!;
  const result = { name, work, ...(events && { events }), compared, tolerance, ours: own, peers, fastest };
  const best = fastestOf(peers);
  if (best === undefined) return result;
  return { ...result, best: { name: best.name, ratio: best.milliseconds / fastest.milliseconds } };
}

/** Warms a contender up, and finds how many steps fill a round. */
async function stepsOfRound(contender: Contender, watch: IdleWatch, roundSeconds: number): Promise<number> {
  await watch.wait();
  let steps = 1;
  for (;;) {
    const { seconds } = await contender.round(steps);
    if (seconds >= roundSeconds / 2) return Math.max(1, Math.round((steps * roundSeconds) / seconds));
    steps = Math.min(steps * 4, Math.ceil((steps * roundSeconds) / Math.max(seconds, 1e-6)));
  }
}

/** The largest difference of two lists, relative to the largest number of the second. */
export function distance(a: readonly number[], b: readonly number[]): number {
  if (a.length !== b.length) {
    throw new StriateError(
      `${a.length} numbers cannot agree with ${b.length}`,
      "The contenders do not do the same",
    );
  }
  let largest = 0;
  let difference = 0;
  for (const [i, value] of b.entries()) {
    largest = Math.max(largest, Math.abs(value));
    const gap = Math.abs(a[i]! - value);
    difference = Number.isNaN(gap) ? Number.POSITIVE_INFINITY : Math.max(difference, gap);
  }
  return difference / largest;
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}
