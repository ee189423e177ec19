import type { Benchmark } from "./benchmark.ts";
import type { CaseResult, Timing } from "./compare.ts";
import type { MachineRates } from "./machine.ts";

/** Printed above the numbers. */
export const tableHead = row(["", "ms", "rounds", "cpu ms", "10⁹/s", "of matmul", "times ours"]);

/** The table of one case: a line for each contender, what the comparison says, and what the machine could do. */
export function caseTable(result: CaseResult, machine: MachineRates | undefined): string {
  const { name, work, ours, peers, fastest, best, tolerance, compared } = result;
  const share = (rate: number) =>
    machine === undefined || work.unit !== "operations" ? "" : percent(rate / machine.multiplyOperations);
  const line = (timing: Timing) => {
    const { milliseconds, cpuMilliseconds, rounds, rate, difference = 0, approximates } = timing;
    const agrees = difference <= tolerance || approximates;
    const ratio =
      timing === fastest ? "" : agrees ? (milliseconds / fastest.milliseconds).toFixed(2) : "disagrees";
    const range = `${significant(Math.min(...rounds))}–${significant(Math.max(...rounds))}`;
    const mark = timing.name === best?.name ? " *" : "";
    return row([
      `    ${timing.name}${mark}`,
      significant(milliseconds),
      range,
      significant(cpuMilliseconds),
      significant(rate),
      share(rate),
      ratio,
    ]);
  };
  const lines = [`  ${name}  (${amount(work)} a step)`, ...ours.map(line), ...peers.map(line)];
  const others = [...ours, ...peers].slice(1);
  const exact = others.filter(({ approximates }) => !approximates);
  if (exact.length > 0) {
    const largest = Math.max(...exact.map(({ difference }) => difference!));
    const verdict =
      largest <= tolerance ? "agree" : "DISAGREE: no ratio where the difference is above tolerance";
    lines.push(
      `    ${compared} ${verdict}; largest relative difference ${largest.toExponential(1)}, tolerance ${tolerance}`,
    );
  }
  for (const { name, difference, approximates } of others)
    if (approximates)
      lines.push(`    ${name} is not exact: relative difference ${difference!.toExponential(1)}`);
  if (machine !== undefined) lines.push(...limits(result, machine));
  const disturbed = Math.max(...[...ours, ...peers].map(({ foreign }) => foreign));
  if (disturbed > 0.1)
    lines.push(`    disturbed: other processes took up to ${(100 * disturbed).toFixed(0)} % of the machine`);
  return lines.join("\n");
}

/** How far our fastest is from what the machine could do: every product, only the additions of spikes, the bytes alone. */
function limits({ work, events, fastest }: CaseResult, machine: MachineRates): string[] {
  if (events === undefined) return [];
  const { milliseconds } = fastest;
  const least = [
    [work.amount / machine.multiplyOperations, "every product at the matrix-multiply rate"],
    [
      events.additions / machine.additions,
      `the ${amount({ amount: events.additions, unit: "additions" })} of spikes`,
    ],
    [
      events.bytes / machine.memoryBytes,
      `${amount({ amount: events.bytes, unit: "bytes" })} of weights, inputs and outputs once`,
    ],
  ] as const;
  const rate = events.additions / milliseconds / 1e6;
  return [
    `    limits: ${least.map(([nanoseconds, words]) => `${significant(nanoseconds / 1e6)} ms for ${words}`).join("; ")}`,
    `    ${fastest.name}: ${significant(rate)} · 10⁹ synaptic operations/s, ${percent(rate / machine.additions)} of the rate of additions in the nearest cache`,
  ];
}

/** One line a case, for the end. */
export function verdicts({ name }: Benchmark, results: readonly CaseResult[]): string[] {
  return results.flatMap((result) => {
    if (result.peers.length === 0) return [];
    const subject = `${name}, ${result.name}`.padEnd(46);
    if (result.best === undefined) return [`  ${subject} no peer agrees`];
    return [
      `  ${subject} ${result.best.ratio.toFixed(2).padStart(5)} × as fast as ${result.best.name}${result.ours.length > 1 ? ` (${result.fastest.name})` : ""}`,
    ];
  });
}

function amount({ amount, unit }: { readonly amount: number; readonly unit: string }): string {
  if (unit === "bytes") return `${significant(amount / 1e6)} MB`;
  if (unit === "events") return `${significant(amount / 1e6)} million events`;
  const word = unit === "additions" ? " additions" : "flop";
  return amount >= 1e9 ? `${significant(amount / 1e9)} G${word}` : `${significant(amount / 1e6)} M${word}`;
}

const percent = (share: number): string => `${(100 * share).toFixed(0)} %`;

const significant = (value: number): string => (value >= 1000 ? value.toFixed(0) : value.toPrecision(3));

function row([first, ...rest]: readonly [string, ...string[]]): string {
  const widths = [9, 16, 9, 8, 10, 11];
  return first.padEnd(54) + rest.map((cell, i) => cell.padStart(widths[i]!)).join("");
}
