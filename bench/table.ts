import type { Benchmark } from "./benchmark.ts";
import type { CaseResult, Timing } from "./compare.ts";

/** Printed above the numbers. */
export const tableHead = row(["", "ms", "rounds", "cpu ms", "10⁹/s", "of matmul", "times ours"]);

/** The table of one case: a line for each contender, and what the comparison says. */
export function caseTable(result: CaseResult, matmulRate: number | undefined): string {
  const { name, work, ours, peers, best, tolerance, compared } = result;
  const share = (rate: number) =>
    matmulRate === undefined || work.unit !== "operations"
      ? ""
      : `${((100 * rate) / matmulRate).toFixed(0)} %`;
  const line = (timing: Timing) => {
    const agrees = timing.difference === undefined || timing.difference <= tolerance;
    const ratio =
      timing === ours ? "" : agrees ? (timing.milliseconds / ours.milliseconds).toFixed(2) : "disagrees";
    const { milliseconds, cpuMilliseconds, rounds, rate } = timing;
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
  const lines = [`  ${name}  (${amount(work)} a step)`, line(ours), ...peers.map(line)];
  if (peers.length > 0) {
    const largest = Math.max(...peers.map(({ difference }) => difference!));
    const verdict =
      largest <= tolerance ? "agree" : "DISAGREE: no ratio where the difference is above tolerance";
    lines.push(
      `    ${compared} ${verdict}; largest relative difference ${largest.toExponential(1)}, tolerance ${tolerance}`,
    );
  }
  const disturbed = Math.max(...[ours, ...peers].map(({ foreign }) => foreign));
  if (disturbed > 0.1)
    lines.push(`    disturbed: other processes took up to ${(100 * disturbed).toFixed(0)} % of the machine`);
  return lines.join("\n");
}

/** One line a case, for the end. */
export function verdicts({ name }: Benchmark, results: readonly CaseResult[]): string[] {
  return results.flatMap((result) => {
    if (result.peers.length === 0) return [];
    const subject = `${name}, ${result.name}`.padEnd(46);
    if (result.best === undefined) return [`  ${subject} no peer agrees`];
    return [`  ${subject} ${result.best.ratio.toFixed(2).padStart(5)} × as fast as ${result.best.name}`];
  });
}

function amount({ amount, unit }: CaseResult["work"]): string {
  const [name, scale] =
    unit === "bytes"
      ? ["MB", 1e6]
      : unit === "events"
        ? ["million events", 1e6]
        : amount >= 1e9
          ? ["Gflop", 1e9]
          : ["Mflop", 1e6];
  return `${significant(amount / scale)} ${name}`;
}

const significant = (value: number): string => (value >= 1000 ? value.toFixed(0) : value.toPrecision(3));

function row([first, ...rest]: readonly [string, ...string[]]): string {
  const widths = [9, 16, 9, 8, 10, 11];
  return first.padEnd(54) + rest.map((cell, i) => cell.padStart(widths[i]!)).join("");
}
